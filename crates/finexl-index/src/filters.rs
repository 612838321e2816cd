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

    /// What they ask of the scores of the query's concepts.
    pub fn of_scores<'a>(&self, query: &Query, file: &'a GroupFile) -> ScoreFilters<'a> {
        let mut conditions = Vec::new();
        let mut holds = |concept: usize| {
            if let Some(min) = self.min {
                let scores = file.of_concept(Number::Score, concept);
                conditions.push(Condition::AtLeast(scores, min));
            }
            if self.significant {
                let flags = file.of_concept(Number::Significant, concept);
                conditions.push(Condition::Significant(flags, true));
            }
        };
        let mut absent = Vec::new();
        for Term { concept, want } in &query.terms {
            match want {
                Want::More | Want::Much | Want::Slightly => holds(*concept),
                Want::Less(opposite) => {
                    holds(*opposite);
                    absent.push(*concept);
                }
                Want::Not | Want::NotMuch => absent.push(*concept),
            }
        }
        if self.significant {
            conditions.extend(absent.into_iter().map(|concept| {
                Condition::Significant(file.of_concept(Number::Significant, concept), false)
            }));
        }
        ScoreFilters(conditions)
    }
}

/// Conditions on scores, with the columns that they look at.
#[derive(Clone, Debug)]
pub struct ScoreFilters<'a>(Vec<Condition<'a>>);

#[derive(Clone, Copy, Debug)]
enum Condition<'a> {
    AtLeast(&'a [f32], f32),
    Significant(&'a [f32], bool),
}

impl ScoreFilters<'_> {
    /// Whether the scores of a model are what is asked for.
    pub fn allow(&self, row: usize) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::AtLeast(scores, min) => scores.get(row).is_some_and(|score| score >= min),
            Condition::Significant(flags, wanted) => {
                flags.get(row).is_some_and(|flag| *flag != 0.0) == *wanted
            }
        })
    }
}
