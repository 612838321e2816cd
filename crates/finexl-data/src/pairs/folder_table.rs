//! Tables of prompts that lie in a folder of images, as data sets of Hugging Face and FineXL's own folders have them.

use super::lookup::NameIndex;
use super::pair_set::{Pair, plain_prompts};
use super::side::Side;
use crate::manifest::{PromptFile, RowImages};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Names of such tables, the first that is there counting.
const NAMES: [&str; 3] = ["metadata.jsonl", "metadata.csv", crate::scenes::MANIFEST];

/// A table in the folder of a side.
pub(super) struct FolderTable {
    /// The file.
    pub path: PathBuf,
    side: usize,
}

impl FolderTable {
    /// The table of the base's folder, else of the personalized one's.
    pub(super) fn of(sides: &[Side; 2]) -> Option<Self> {
        sides.iter().enumerate().find_map(|(at, side)| {
            let there = |name: &&str| {
                let path = side.listing.folder.join(name);
                side.listing.others.contains(&path).then_some(path)
            };
            let path = NAMES.iter().find_map(there)?;
            Some(Self { path, side: at })
        })
    }

    /// Gives pairs the prompts that the table has for their images; says so, or why it does not.
    pub(super) fn fill(
        &self,
        pairs: &mut [Pair],
        sides: &[Side; 2],
        positions: &[(usize, usize)],
    ) -> String {
        let shown = self.path.display();
        let manifest = match PromptFile::read(&self.path) {
            Ok(PromptFile::Manifest(manifest)) => manifest,
            Ok(PromptFile::List(_)) => {
                return format!("{shown} was not used: it names no images");
            }
            Err(error) => return format!("{shown} was not used: {error}"),
        };
        let images = &sides[self.side].images;
        let index = NameIndex::new(images.iter().map(|image| image.inside.clone()));
        let mut prompts: BTreeMap<usize, &String> = BTreeMap::new();
        for row in &manifest.rows {
            if let (RowImages::Same(cell), Some(prompt)) = (&row.images, &row.prompt)
                && let [one] = index.fitting(cell.trim_start_matches("./"), true).names[..]
            {
                prompts.insert(one, prompt);
            }
        }
        let mut filled = 0;
        for (pair, position) in pairs.iter_mut().zip(positions) {
            if let Some(prompt) = prompts.get(&[position.0, position.1][self.side]) {
                pair.prompt = Some((*prompt).clone());
                filled += 1;
            }
        }
        plain_prompts(pairs);
        match filled == pairs.len() {
            true => format!("the prompts were read from {shown}"),
            false => format!(
                "the prompts of {filled} of {} pairs were read from {shown}",
                pairs.len()
            ),
        }
    }
}
