//! The files of a gallery, made where they are asked for.

use super::assets::ASSETS;
use super::{models_data, telling_pairs};
use crate::Error;
use finexl_core::fingerprint::Fingerprint;
use finexl_index::columns::Text;
use finexl_index::group_file::GroupFile;
use finexl_index::models_index::ModelsIndex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Models whose details are one file.
pub(super) const BLOCK: usize = 20;
/// Digits of the name of a model in addresses.
const DIGITS: usize = 16;

/// A model as the gallery shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownModel {
    pub(super) group: usize,
    pub(super) row: usize,
}

/// All that a gallery consists of, by the names of its files.
#[derive(Debug)]
pub struct Gallery {
    index: ModelsIndex,
    live: bool,
    models: Vec<ShownModel>,
    ids: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Gallery {
    /// Of an index; `live` where words are looked for by a server.
    pub fn new(index: ModelsIndex, live: bool) -> Self {
        let mut models = Vec::new();
        for (group, file) in index.groups().iter().enumerate() {
            models.extend((0..file.len()).map(|row| ShownModel { group, row }));
        }
        let id =
            |model: &ShownModel| id_of(index.groups()[model.group].bytes(Text::Record, model.row));
        let ids: Vec<String> = models.iter().map(id).collect();
        let places = ids.iter().cloned().enumerate().map(|(at, id)| (id, at));
        Self {
            places: places.collect(),
            live,
            models,
            ids,
            index,
        }
    }

    /// The index.
    pub fn index(&self) -> &ModelsIndex {
        &self.index
    }

    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    pub(super) fn models(&self) -> &[ShownModel] {
        &self.models
    }

    pub(super) fn file(&self, model: ShownModel) -> &GroupFile {
        &self.index.groups()[model.group]
    }

    /// Name of a model in addresses.
    pub(super) fn id(&self, at: usize) -> &str {
        self.ids.get(at).map_or("", String::as_str)
    }

    /// Name of the model of a record in addresses.
    pub(super) fn id_of(&self, record: &str) -> String {
        id_of(record.as_bytes())
    }

    /// Name of a model of a group in addresses.
    pub(super) fn id_in(&self, group: usize, row: usize) -> &str {
        let before: usize = self.index.groups()[..group]
            .iter()
            .map(GroupFile::len)
            .sum();
        self.id(before + row)
    }

    /// Where the page of a model is, where it has one that is still there.
    pub(super) fn page(&self, model: ShownModel) -> Option<PathBuf> {
        let path = PathBuf::from(self.file(model).text(Text::Page, model.row));
        path.is_file().then_some(path)
    }

    /// Models that had a page when they were indexed, and have none now.
    pub(super) fn without_their_page(&self) -> usize {
        let had = |model: &&ShownModel| !self.file(**model).text(Text::Page, model.row).is_empty();
        let gone = self.models.iter().filter(had);
        gone.filter(|model| self.page(**model).is_none()).count()
    }

    /// Names of all files, with `/` between folder and file.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = ASSETS.iter().map(|(name, _)| (*name).to_string()).collect();
        names.push("data/models.js".to_string());
        let blocks = self.models.len().div_ceil(BLOCK);
        names.extend((0..blocks).map(|block| format!("data/details-{block}.js")));
        for (model, id) in self.models.iter().zip(&self.ids) {
            if !self
                .file(*model)
                .bytes(Text::PictureBase, model.row)
                .is_empty()
            {
                names.push(format!("pictures/{id}-base.jpg"));
                names.push(format!("pictures/{id}-model.jpg"));
            }
            if self.page(*model).is_some() {
                names.push(format!("pairs/{id}.js"));
                names.push(format!("reports/{id}.html"));
            }
        }
        names
    }

    /// Content of a file; nothing for a name that no file has.
    ///
    /// # Errors
    /// The page of a model that is gone or cannot be read.
    pub fn content(&self, name: &str) -> Result<Option<Cow<'_, [u8]>>, Error> {
        if let Some((_, text)) = ASSETS.iter().find(|(known, _)| *known == name) {
            return Ok(Some(Cow::Borrowed(text.as_bytes())));
        }
        if name == "data/models.js" {
            return Ok(Some(Cow::Owned(models_data::models(self))));
        }
        let middle = |begin: &str, end: &str| name.strip_prefix(begin)?.strip_suffix(end);
        if let Some(block) = middle("data/details-", ".js").and_then(|block| block.parse().ok()) {
            return Ok(models_data::details(self, block).map(Cow::Owned));
        }
        let model = |id: &str| {
            self.places
                .get(id)
                .and_then(|at| self.models.get(*at))
                .copied()
        };
        let pictures = [
            ("-base.jpg", Text::PictureBase),
            ("-model.jpg", Text::PicturePersonalized),
        ];
        for (end, text) in pictures {
            if let Some(model) = middle("pictures/", end).and_then(model) {
                let bytes = self.file(model).bytes(text, model.row);
                return Ok((!bytes.is_empty()).then_some(Cow::Borrowed(bytes)));
            }
        }
        let page = |id: &str| model(id).and_then(|model| self.page(model));
        if let Some(path) = middle("reports/", ".html").and_then(page) {
            return Ok(Some(Cow::Owned(finexl_core::atomic::read(&path)?)));
        }
        if let Some(id) = middle("pairs/", ".js")
            && let Some(path) = page(id)
        {
            let bytes = finexl_core::atomic::read(&path)?;
            return Ok(Some(Cow::Owned(telling_pairs::script_of(
                id, &path, &bytes,
            ))));
        }
        Ok(None)
    }
}

/// Digits for a record's path: names of folders are nobody's business on a web server.
fn id_of(record: &[u8]) -> String {
    Fingerprint::of_bytes(record)
        .as_str()
        .chars()
        .take(DIGITS)
        .collect()
}
