//! Sets that other programs' filters made: folders of pictures before and after, with what was done.
//!
//! A folder of sets has a table `sets.csv` with the columns `set` and `aspects` (`warm=0.5;grainy=0.3`, empty where
//! nothing was done), and per set a folder with `base` and `personalized` (`scripts/make_sets.py`). A set is
//! seen as a whole and by its tiles, and learned from by the view that shows an aspect more strongly.

use crate::cache::Cache;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::heads::{Episode, HeadAspect};
use crate::image_features::encode_pairs;
use crate::views::Views;
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_zoo::encoders::{Encoder, Features};
use std::path::Path;

/// Name of the table in a folder of sets.
const TABLE: &str = "sets.csv";

/// The sets of a folder in the order of its table, as features; `progress` is told sets done and in all.
///
/// # Errors
/// A table that cannot be read, or names an aspect that is not learned, by line; images that cannot be used.
pub(super) fn made_sets(
    folder: &Path,
    encoder: &dyn Encoder,
    aspects: &[HeadAspect],
    cache: &Cache,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Episode>, ExplainError> {
    let path = folder.join(TABLE);
    let bytes = finexl_core::atomic::read(&path)?;
    let rows = rows(&path, &String::from_utf8_lossy(&bytes), aspects)?;
    let options = PairOptions::plain(BadFiles::Refuse);
    let mut episodes = Vec::new();
    for (done, row) in rows.iter().enumerate() {
        progress(done, rows.len());
        let [base, personalized] =
            ["base", "personalized"].map(|side| folder.join(&row.set).join(side));
        let set = PairSet::open(&base, &personalized, None, &options)?;
        let seen = encode_pairs(encoder, &set, &options, Views::Tiles, cache, &|_, _| ())?;
        let tiles = seen.tiles.as_ref().map(difference);
        episodes.push(Episode {
            divergences: difference(&[seen.base, seen.personalized])?,
            tiles: tiles.transpose()?,
            levels: row.levels.clone(),
        });
    }
    Ok(episodes)
}

/// Features of the second side less those of the first, `[n, d]`.
fn difference([base, personalized]: &[Features; 2]) -> Result<Features, ExplainError> {
    let divergences = Divergences::between(base, personalized)?;
    Ok(Features {
        dimension: divergences.dimension(),
        values: divergences.values().iter().map(|v| *v as f32).collect(),
    })
}

/// A line of the table.
#[derive(Debug, PartialEq)]
struct Row {
    set: String,
    /// `[A]`
    levels: Vec<f32>,
}

fn rows(path: &Path, text: &str, aspects: &[HeadAspect]) -> Result<Vec<Row>, ExplainError> {
    let fault = |line: usize, problem: String| ExplainError::Vocabulary {
        path: path.to_path_buf(),
        line,
        problem,
    };
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines.next().map_or("", |l| l.1).split(',').collect();
    let column = |name: &str| {
        let place = header.iter().position(|column| column.trim() == name);
        place.ok_or_else(|| {
            fault(
                1,
                format!("there is no column \"{name}\"; make the sets anew"),
            )
        })
    };
    let [set, worn] = [column("set")?, column("aspects")?];
    let mut rows = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let (Some(set), Some(worn)) = (cells.get(set), cells.get(worn)) else {
            return Err(fault(index + 1, "it has too few cells".to_string()));
        };
        let mut levels = vec![0.0; aspects.len()];
        for part in worn.split(';').filter(|part| !part.is_empty()) {
            let level = part.split_once('=').and_then(|(name, level)| {
                let place = aspects.iter().position(|a| a.concept.name == name)?;
                let level: f32 = level.parse().ok()?;
                (0.0..=1.0).contains(&level).then_some((place, level))
            });
            let (place, level) = level.ok_or_else(|| {
                fault(
                    index + 1,
                    format!("\"{part}\" is no aspect of this head with a level from 0 to 1"),
                )
            })?;
            levels[place] = level;
        }
        rows.push(Row {
            set: (*set).to_string(),
            levels,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::heads::training::aspects_file::own_aspects;

    fn read(text: &str) -> Result<Vec<Row>, ExplainError> {
        rows(Path::new("sets.csv"), text, &own_aspects().unwrap())
    }

    #[test]
    fn lines_say_what_was_done() {
        let aspects = own_aspects().unwrap();
        let place = |name: &str| aspects.iter().position(|a| a.concept.name == name).unwrap();
        let rows = read("set,side,aspects\n0001,256,warm=0.5;flat colour=1\n0002,96,\n").unwrap();
        assert_eq!(rows[0].set, "0001");
        assert_eq!(rows[0].levels[place("warm")], 0.5);
        assert_eq!(rows[0].levels[place("flat colour")], 1.0);
        assert!(rows[1].levels.iter().all(|level| *level == 0.0));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, message) in [
            ("set\n", "line 1"),
            ("set,aspects\n1,warm=2\n", "line 2"),
            ("set,aspects\n1,\n2,none=0.5\n", "line 3: \"none=0.5\""),
            ("set,aspects\n1\n", "too few"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
