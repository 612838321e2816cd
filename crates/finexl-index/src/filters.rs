//! Which models may stand in a ranking at all.

use crate::columns::{Number, Text};
use crate::group_file::GroupFile;
use crate::query::{Query, Term, Want};

/// Conditions; all have to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    /// Least score of every concept that is wanted.
    pub min: Option<f32>,
    /// Every concept that is wanted is significant, and none that is not.
    pub significant: bool,
    /// Part of the family's name.
    pub family: Option<String>,
    /// Part of the base's name.
    pub base: Option<String>,
    /// Tags, whole.
    pub tags: Vec<String>,
}

impl Filters {
    /// Whether a model may be shown, by what is said of it.
    pub fn allow(&self, file: &GroupFile, row: usize) -> bool {
        let has = |part: &Option<String>, text: Text| match part {
            Some(part) => file
                .text(text, row)
                .to_lowercase()
                .contains(&part.to_lowercase()),
            None => true,
        };
        let tagged = |tag: &String| {
            let mut tags = file.tags(row);
            tags.any(|known| known.to_lowercase() == tag.to_lowercase())
        };
        has(&self.family, Text::Family)
            && has(&self.base, Text::Base)
            && self.tags.iter().all(tagged)
    }

    /// Whether its scores are what is asked for.
    pub fn allow_scores(&self, query: &Query, file: &GroupFile, row: usize) -> bool {
        if self.min.is_none() && !self.significant {
            return true;
        }
        let scores = file.numbers(Number::Score, row);
        let significant = file.numbers(Number::Significant, row);
        let holds = |concept: usize| {
            let enough = |min: f32| scores.get(concept).is_some_and(|score| *score >= min);
            self.min.is_none_or(enough) && (!self.significant || is_set(significant, concept))
        };
        let absent = |concept: usize| !self.significant || !is_set(significant, concept);
        query.terms.iter().all(|Term { concept, want }| match want {
            Want::More | Want::Much | Want::Slightly => holds(*concept),
            Want::Less(opposite) => holds(*opposite) && absent(*concept),
            Want::Not | Want::NotMuch => absent(*concept),
        })
    }
}

fn is_set(flags: &[f32], concept: usize) -> bool {
    flags.get(concept).is_some_and(|flag| *flag != 0.0)
}
