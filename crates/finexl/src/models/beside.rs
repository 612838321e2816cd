//! What lies beside a record: its page, and what `finexl inspect` says of its adapter.

use crate::Error;
use finexl_core::atomic;
use finexl_core::fingerprint::FingerprintBuilder;
use finexl_core::inspection::{InspectedFile, Inspection, SCHEMA};
use finexl_data::decode::decode_bytes;
use finexl_data::encode::jpeg_bytes;
use finexl_data::resize::resize;
use finexl_index::entry::{Inspected, Pictures};
use finexl_plot::page_pictures;
use std::path::{Path, PathBuf};

/// Longest side of a picture that the index keeps, in pixels.
const SIDE: usize = 160;
/// Quality of pictures as JPEG.
const QUALITY: u8 = 82;
/// Tags of a training that are kept.
const TAGS: usize = 12;
/// End of the name of a file that `finexl inspect --json` wrote for the index.
const INSPECTION: &str = "inspection.json";

/// Files beside a record, as bytes.
#[derive(Debug, Default)]
pub(super) struct BesideFiles {
    page: Option<(PathBuf, Vec<u8>)>,
    inspection: Option<(PathBuf, Vec<u8>)>,
}

/// Whether a file of a folder is no record, but lies beside one.
pub(super) fn is_beside(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(&format!(".{INSPECTION}"))
}

impl BesideFiles {
    /// Looks for `NAME.html` and `NAME.inspection.json` beside `NAME.json`.
    pub(super) fn of(record: &Path) -> Result<Self, Error> {
        let read = |end: &str| -> Result<Option<(PathBuf, Vec<u8>)>, Error> {
            let path = record.with_extension(end);
            match path.is_file() {
                true => Ok(Some((path.clone(), atomic::read(&path)?))),
                false => Ok(None),
            }
        };
        Ok(Self {
            page: read("html")?,
            inspection: read(INSPECTION)?,
        })
    }

    /// Adds their content to a fingerprint.
    pub(super) fn add_to(&self, mut builder: FingerprintBuilder) -> FingerprintBuilder {
        for (what, file) in [("page", &self.page), ("inspection", &self.inspection)] {
            if let Some((_, bytes)) = file {
                builder = builder.bytes(what, bytes);
            }
        }
        builder
    }

    pub(super) fn page_path(&self) -> Option<String> {
        let (path, _) = self.page.as_ref()?;
        Some(path.to_string_lossy().into_owned())
    }

    /// The first telling pair of the page, made small; a picture that cannot be read is none.
    pub(super) fn pictures(&self) -> Option<Pictures> {
        let (path, bytes) = self.page.as_ref()?;
        let first = page_pictures(&String::from_utf8_lossy(bytes))
            .into_iter()
            .next()?;
        Some(Pictures {
            base: small_jpeg(path, &first.base_png, SIDE)?,
            personalized: small_jpeg(path, &first.personalized_png, SIDE)?,
            note: first.note,
        })
    }

    /// What the inspection says, and a note where it cannot be read.
    pub(super) fn inspected(&self) -> (Option<Inspected>, Option<String>) {
        let Some((path, bytes)) = &self.inspection else {
            return (None, None);
        };
        let left_out = |problem: String| Some(format!("left out: {}: {problem}", path.display()));
        let inspection: Inspection = match serde_json::from_slice(bytes) {
            Ok(inspection) => inspection,
            Err(error) => {
                let problem = format!("{error}; make it anew with `finexl inspect --json`");
                return (None, left_out(problem));
            }
        };
        match inspection.files.first() {
            Some(file) if inspection.schema == SCHEMA => (Some(inspected(file)), None),
            _ => (
                None,
                left_out(format!("it is no inspection of the form {SCHEMA}")),
            ),
        }
    }
}

/// A picture of a page as JPEG, its longer side at most `most` pixels; nothing of one that cannot be read.
pub(crate) fn small_jpeg(path: &Path, png: &[u8], most: usize) -> Option<Vec<u8>> {
    let image = decode_bytes(path, png).ok()?.image;
    let longest = image.width.max(image.height).max(1);
    let side = |side: usize| (side * most.min(longest) / longest).max(1);
    let image = resize(&image, side(image.width), side(image.height));
    jpeg_bytes(&image, QUALITY).ok()
}

/// Facts of an adapter, as names and values.
fn inspected(file: &InspectedFile) -> Inspected {
    let entries = |entries: &[finexl_core::inspection::Entry]| {
        let values = entries.iter().map(|entry| entry.value.to_string());
        values.collect::<Vec<_>>().join(", ")
    };
    let networks: Vec<String> = (file.networks.iter())
        .map(|network| {
            format!(
                "{} of {} in {}",
                network.changed, network.layers, network.name
            )
        })
        .collect();
    let facts = [
        ("kind", file.kind.clone()),
        ("fits", file.base.candidates.join(", ")),
        ("layers changed", networks.join("; ")),
        (
            "norm of the change",
            file.norm
                .map(|norm| format!("{norm:.3}"))
                .unwrap_or_default(),
        ),
        ("words for the prompt", entries(&file.triggers)),
        ("problems", file.problems.join("; ")),
    ];
    let facts: Vec<(&str, String)> = facts
        .into_iter()
        .filter(|(_, said)| !said.is_empty())
        .collect();
    Inspected {
        json: serde_json::to_string(&facts).unwrap_or_default(),
        family: file.base.candidates.first().cloned(),
        tags: file
            .tags
            .iter()
            .take(TAGS)
            .map(|tag| tag.tag.clone())
            .collect(),
    }
}
