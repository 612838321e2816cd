//! Pairs of two lists of pictures: files that somebody chose, and pictures in memory.

use super::choose::{Chosen, choose};
use super::options::PairOptions;
use super::pair_set::{FolderPairs, GIVEN_PROMPTS, PairSet};
use super::side::{Candidate, Side};
use crate::DataError;
use crate::decode::Pictures;
use crate::image_folder::{ImageFolder, path_inside, without_image_extension};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A picture of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedPicture {
    /// A file, which may say how it was made.
    File(PathBuf),
    /// One in memory, by the path under which [`Pictures`] have it.
    Held {
        /// What it is called.
        name: String,
        /// Its path there.
        path: PathBuf,
    },
}

/// One side of pairs as a list.
#[derive(Clone, Debug)]
pub struct PictureList {
    /// What the list is called in messages; files have the folder that holds them all.
    pub title: String,
    /// Its pictures.
    pub pictures: Vec<ListedPicture>,
}

impl PictureList {
    /// The folder that holds all of its files; none where some are in memory.
    pub fn folder(&self) -> Option<PathBuf> {
        self.is_of_files().then(|| common_folder(self.files()))
    }

    fn files(&self) -> impl Iterator<Item = &Path> + Clone {
        self.pictures.iter().filter_map(|picture| match picture {
            ListedPicture::File(file) => Some(file.as_path()),
            ListedPicture::Held { .. } => None,
        })
    }

    fn is_of_files(&self) -> bool {
        let file = |picture: &ListedPicture| matches!(picture, ListedPicture::File(_));
        !self.pictures.is_empty() && self.pictures.iter().all(file)
    }
}

impl PairSet {
    /// Pairs the pictures of two lists. Files make pairs as those of two folders do; where a list holds pictures in memory,
    /// which say nothing of themselves, the first belongs to the first. The prompts are in the order of the pairs, which is
    /// that of the base's list.
    ///
    /// # Errors
    /// An empty list; [`DataError::OrderCounts`] for lists of different length that are paired by order; else those of
    /// [`PairSet::from_folders`], and [`DataError::PromptCount`].
    pub fn from_lists(
        lists: [&PictureList; 2],
        prompts: Option<Vec<String>>,
        pictures: Pictures,
        options: &PairOptions,
    ) -> Result<Self, DataError> {
        let sides = [side(lists[0])?, side(lists[1])?];
        let of_files = lists.iter().all(|list| list.is_of_files());
        let chosen = match of_files || options.pairing.is_some() {
            true => choose(&sides, options)?,
            false => in_order(&sides)?,
        };
        let mut found = FolderPairs::of(sides, chosen);
        let mut set = match prompts {
            Some(prompts) => found.with_list(Path::new(GIVEN_PROMPTS), prompts, options)?,
            None => {
                let notes = found.fill_prompts(None);
                found.with_notes(options, None, notes)
            }
        };
        set.pictures = pictures;
        Ok(set)
    }
}

/// The first with the first.
fn in_order(sides: &[Side; 2]) -> Result<Chosen, DataError> {
    let [first, second] = sides.each_ref().map(|side| side.images.len());
    if first != second {
        return Err(DataError::ListCounts {
            base: sides[0].listing.folder.clone(),
            base_images: first,
            personalized: sides[1].listing.folder.clone(),
            personalized_images: second,
        });
    }
    Ok(Chosen {
        pairs: (0..first).map(|at| (at, at)).collect(),
        notes: Vec::new(),
    })
}

/// A list as a folder: its pictures in its order, by paths inside the folder that holds all files.
fn side(list: &PictureList) -> Result<Side, DataError> {
    let root = common_folder(list.files());
    let folder = list.folder().unwrap_or_else(|| PathBuf::from(&list.title));
    if list.pictures.is_empty() {
        let left_out = String::new();
        return Err(DataError::EmptyFolder {
            path: folder,
            left_out,
        });
    }
    let inside = |file: &Path| -> Result<String, DataError> {
        let inside = file.strip_prefix(&root).unwrap_or(file);
        path_inside(inside).ok_or_else(|| DataError::NameNotUtf8 {
            path: file.to_path_buf(),
        })
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for file in list.files() {
        let name = without_image_extension(&inside(file)?).to_string();
        *count.entry(name).or_default() += 1;
    }
    let candidate = |picture: &ListedPicture| match picture {
        ListedPicture::Held { name, path } => Ok(Candidate {
            name: name.clone(),
            inside: name.clone(),
            file: path.clone(),
            ..Candidate::default()
        }),
        ListedPicture::File(file) => {
            let inside = inside(file)?;
            let name = without_image_extension(&inside);
            let name = if count.get(name) == Some(&1) {
                name
            } else {
                inside.as_str()
            };
            Ok(Candidate::listed(name, &inside, file))
        }
    };
    let images: Result<Vec<Candidate>, DataError> =
        list.pictures.par_iter().map(candidate).collect();
    Ok(Side {
        images: images?,
        listing: ImageFolder {
            folder,
            ..ImageFolder::default()
        },
    })
}

/// The folder that holds all files, itself or in folders below it.
fn common_folder<'a>(mut files: impl Iterator<Item = &'a Path>) -> PathBuf {
    let above = |file: &Path| file.parent().unwrap_or(Path::new("")).to_path_buf();
    let Some(first) = files.next() else {
        return PathBuf::new();
    };
    let shared = |folder: PathBuf, file: &Path| -> PathBuf {
        let other = above(file);
        let both = folder.components().zip(other.components());
        both.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    };
    files.fold(above(first), shared)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::image_folder::BadFiles;

    fn held(title: &str, names: &[&str]) -> PictureList {
        let picture = |name: &&str| ListedPicture::Held {
            name: name.to_string(),
            path: PathBuf::from(format!("{title}[{name}]")),
        };
        PictureList {
            title: title.to_string(),
            pictures: names.iter().map(picture).collect(),
        }
    }

    fn pairs(lists: [&PictureList; 2], prompts: Option<&[&str]>) -> Result<PairSet, DataError> {
        let prompts = prompts.map(|all| all.iter().map(|p| p.to_string()).collect());
        let options = PairOptions::plain(BadFiles::Refuse);
        PairSet::from_lists(lists, prompts, Pictures::files(), &options)
    }

    #[test]
    fn pictures_in_memory_are_paired_as_they_stand() {
        let (base, other) = (held("base", &["0", "1"]), held("personalized", &["0", "1"]));
        let set = pairs([&base, &other], Some(&["a hare", "a <lora:x:1> fox"])).unwrap();
        assert_eq!(set.pairs[1].name, "1");
        assert_eq!(set.pairs[1].base, Path::new("base[1]"));
        assert_eq!(set.pairs[1].prompt.as_deref(), Some("a fox"));
        assert_eq!(set.notes.len(), 1, "{:?}", set.notes);
        let short = held("personalized", &["0"]);
        let message = pairs([&base, &short], None).unwrap_err().to_string();
        assert!(message.contains("base holds 2 pictures"), "{message}");
        let message = pairs([&base, &other], Some(&["a hare"])).unwrap_err();
        assert!(message.to_string().contains("the list of prompts has 1"));
        assert!(pairs([&held("base", &[]), &other], None).is_err());
    }

    #[test]
    fn the_folder_of_files_is_the_deepest_that_holds_them_all() {
        let folder = |files: &[&str]| common_folder(files.iter().map(Path::new));
        assert_eq!(
            folder(&["x/base/a.png", "x/base/b.png"]),
            Path::new("x/base")
        );
        assert_eq!(folder(&["x/a/0.png", "x/b/0.png"]), Path::new("x"));
        assert_eq!(folder(&["a.png"]), Path::new(""));
    }
}
