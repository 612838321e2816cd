//! An index, opened.

use crate::columns::Text;
use crate::error::IndexError;
use crate::group_file::GroupFile;
use crate::manifest::{Manifest, group_file};
use finexl_core::CoreError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How often an index that is changed meanwhile is opened anew.
const TRIES: usize = 5;

/// The groups of an index. What is open stays what it was when the index is changed.
#[derive(Debug)]
pub struct ModelsIndex {
    path: PathBuf,
    manifest: Manifest,
    groups: Vec<GroupFile>,
}

impl ModelsIndex {
    /// Opens an index.
    ///
    /// # Errors
    /// [`IndexError::File`] for what is none, for one of another version, and for damaged or cut files, by name.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match Self::attempt(path) {
                // Between reading what there is and opening it, another process has replaced it.
                Err(IndexError::Core(CoreError::Read { source, .. }))
                    if source.kind() == ErrorKind::NotFound && tried < TRIES => {}
                done => return done,
            }
        }
    }

    fn attempt(path: &Path) -> Result<Self, IndexError> {
        let manifest = Manifest::read(path)?;
        manifest.check_files(path)?;
        let mut groups = Vec::new();
        for known in &manifest.groups {
            let file = path.join(&manifest.data).join(group_file(&known.id));
            let group = GroupFile::open(&file)?;
            if *group.group() != known.group || group.len() != known.models {
                let problem =
                    "is not the group that index.json names; make the index anew from its records";
                return Err(IndexError::file(file, problem));
            }
            groups.push(group);
        }
        Ok(Self {
            path: path.to_path_buf(),
            manifest,
            groups,
        })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of its Parquet files.
    pub fn data(&self) -> PathBuf {
        self.path.join(&self.manifest.data)
    }

    /// All groups, by their short names.
    pub fn groups(&self) -> &[GroupFile] {
        &self.groups
    }

    /// Models in all.
    pub fn len(&self) -> usize {
        self.groups.iter().map(GroupFile::len).sum()
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The group of a short name or its beginning, or the only one.
    ///
    /// # Errors
    /// [`IndexError::Group`] with the list of groups where that leaves none, or several.
    pub fn group(&self, name: Option<&str>) -> Result<&GroupFile, IndexError> {
        let wanted =
            |file: &&GroupFile| name.is_none_or(|name| file.group().id().starts_with(name));
        let mut fitting = self.groups.iter().filter(wanted);
        let problem = match (fitting.next(), fitting.next(), name) {
            (Some(group), None, _) => return Ok(group),
            (None, _, None) => {
                "the index has no model; add records with `finexl index`".to_string()
            }
            (None, _, Some(name)) => format!("the index has no group {name}"),
            (Some(_), Some(_), None) => {
                "the index has several groups, whose scores do not compare; choose one with --group"
                    .to_string()
            }
            (Some(_), Some(_), Some(name)) => format!("several groups begin with {name}"),
        };
        Err(IndexError::Group(problem + &self.listed()))
    }

    /// All groups in lines for a person.
    pub fn listed(&self) -> String {
        let line = |file: &GroupFile| {
            let models = file.len();
            format!("\n  {}, {models} models", file.group().described())
        };
        self.groups.iter().map(line).collect()
    }

    /// Where a record stands, by its path.
    pub fn find(&self, record: &str) -> Option<(&GroupFile, usize)> {
        (self.groups.iter()).find_map(|group| Some((group, row_of(group, record)?)))
    }
}

/// The row of a record in a group, whose rows are ordered by it.
fn row_of(group: &GroupFile, record: &str) -> Option<usize> {
    let (mut low, mut high) = (0, group.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match group.text(Text::Record, middle).cmp(record) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}
