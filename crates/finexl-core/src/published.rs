//! Figures that others published on model selection, from `datasets/published.toml`.

use crate::selection::SAME_STYLE;
use crate::{CoreError, toml_file};
use serde::Deserialize;
use std::path::Path;

const FILE: &str = "datasets/published.toml";
const TEXT: &str = include_str!("../../../datasets/published.toml");
/// The published name of what is [`SAME_STYLE`] in columns of mixtures.
const SAME_MIX: &str = "same mix";

/// Who published a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The abstract of the paper.
    Abstract,
    /// Summaries of the paper.
    Summaries,
    /// The authors' rebuttal.
    Rebuttal,
    /// The authors' public reproduction on LoRAs of Stable Diffusion 1.5.
    Reproduction,
}

impl Source {
    /// Its name for a reader.
    pub fn name(self) -> &'static str {
        match self {
            Self::Abstract => "abstract",
            Self::Summaries => "summaries of the paper",
            Self::Rebuttal => "authors' rebuttal",
            Self::Reproduction => "authors' reproduction",
        }
    }
}

/// A published figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Row")]
pub struct PublishedFigure {
    /// Who published it.
    pub source: Source,
    /// Where it stands there.
    pub table: String,
    /// The column, by our name of it where we have the same.
    pub column: String,
    /// The method, by our name of it where we have the same.
    pub method: String,
    /// What is measured, by our name of it where we measure the same.
    pub figure: String,
    /// The figure: a share in [0, 1] or a distance.
    pub value: f64,
}

/// Source, table, column, method, figure and value.
type Row = (Source, String, String, String, String, f64);

impl From<Row> for PublishedFigure {
    fn from((source, table, column, method, figure, value): Row) -> Self {
        Self {
            source,
            table,
            column,
            method,
            figure,
            value,
        }
    }
}

impl PublishedFigure {
    /// Whether it belongs to a figure of a column of ours, whatever the method. What is published as
    /// "same mix" is what ours calls "same style" in columns of mixtures.
    pub fn belongs_to(&self, column: &str, figure: &str) -> bool {
        let same = self.figure == figure || (self.figure == SAME_MIX && figure == SAME_STYLE);
        self.column == column && same
    }
}

/// All published figures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Published {
    /// Where they are from, for a reader.
    pub from: String,
    /// The figures, in the order of their tables.
    pub rows: Vec<PublishedFigure>,
}

impl Published {
    /// The figures inside the program.
    ///
    /// # Errors
    /// [`CoreError::Toml`] where the file was damaged before the program was made.
    pub fn embedded() -> Result<Self, CoreError> {
        toml_file::parse(Path::new(FILE), TEXT)
    }

    /// Those that belong to a figure of a column of ours.
    pub fn of<'a>(
        &'a self,
        column: &'a str,
        figure: &'a str,
    ) -> impl Iterator<Item = &'a PublishedFigure> {
        let belongs = move |row: &&PublishedFigure| row.belongs_to(column, figure);
        self.rows.iter().filter(belongs)
    }

    /// What was published of a method for a figure of a column of ours.
    pub fn value(&self, column: &str, method: &str, figure: &str) -> Option<f64> {
        let row = self.of(column, figure).find(|row| row.method == method);
        row.map(|row| row.value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::selection::LPIPS;

    #[test]
    fn every_row_can_be_read_and_stands_once() {
        let published = Published::embedded().unwrap();
        assert_eq!(published.rows.len(), 66);
        for (index, row) in published.rows.iter().enumerate() {
            assert!((0.0..=1.0).contains(&row.value), "{row:?}");
            let key = |r: &PublishedFigure| {
                [&r.table, &r.column, &r.method, &r.figure].map(String::clone)
            };
            let before = published.rows[..index].iter();
            assert!(
                before.clone().all(|other| key(other) != key(row)),
                "{row:?}"
            );
        }
    }

    #[test]
    fn figures_are_found_by_our_names() {
        let published = Published::embedded().unwrap();
        let eight = "single aspect, 8 levels";
        assert_eq!(published.value(eight, "naive", SAME_STYLE), Some(0.5));
        assert_eq!(published.value(eight, "subspace-nnls", LPIPS), Some(0.196));
        assert_eq!(published.value(eight, "nnls", LPIPS), None);
        let mixtures: Vec<&str> = published
            .of("2 aspects", SAME_STYLE)
            .map(|row| row.method.as_str())
            .collect();
        assert_eq!(
            mixtures,
            ["naive", "gsclip", "visdiff", "paper", "subspace-nnls"]
        );
    }
}
