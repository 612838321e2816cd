//! Where in the pictures an aspect shows.

use serde::{Deserialize, Serialize};

/// How strongly an aspect shows in every place of a picture, on a grid of places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AspectMap {
    /// Places from left to right.
    pub columns: usize,
    /// Places from top to bottom.
    pub rows: usize,
    /// The mean over pairs, row by row from the upper left: contributions in the units of the weight, larger where the
    /// aspect shows more.
    pub mean: Vec<f32>,
    /// How many pairs were looked at.
    pub pairs: usize,
    /// The part of the pictures that the aspect is confined to, where it is confined to one.
    pub region: Option<Region>,
    /// The same for single pairs: those that show the leading aspects most.
    pub by_pair: Vec<PairMap>,
}

impl AspectMap {
    /// Whether it has a finite number for every place of its grid, and every pair too.
    pub fn is_whole(&self) -> bool {
        let places = self.columns.checked_mul(self.rows);
        let fits = |values: &[f32]| {
            !values.is_empty()
                && places == Some(values.len())
                && values.iter().all(|value| value.is_finite())
        };
        fits(&self.mean) && self.by_pair.iter().all(|pair| fits(&pair.values))
    }
}

/// How strongly an aspect shows in every place of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairMap {
    /// Name of the pair.
    pub pair: String,
    /// As [`AspectMap::mean`].
    pub values: Vec<f32>,
}

/// A part of a picture that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// The upper half.
    Upper,
    /// The lower half.
    Lower,
    /// The left half.
    Left,
    /// The right half.
    Right,
    /// The middle.
    Middle,
    /// All but the middle.
    Edges,
}

impl Region {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Upper,
        Self::Lower,
        Self::Left,
        Self::Right,
        Self::Middle,
        Self::Edges,
    ];

    /// As it is said behind an aspect: "blurrier in the upper half".
    pub fn words(self) -> &'static str {
        match self {
            Self::Upper => "in the upper half",
            Self::Lower => "in the lower half",
            Self::Left => "in the left half",
            Self::Right => "in the right half",
            Self::Middle => "in the middle",
            Self::Edges => "towards the edges",
        }
    }

    /// Whether a place of a grid lies in it.
    pub fn holds(self, column: usize, row: usize, columns: usize, rows: usize) -> bool {
        let inner = |at: usize, all: usize| 4 * at + 2 > all && 4 * at + 2 < 3 * all;
        let middle = inner(column, columns) && inner(row, rows);
        match self {
            Self::Upper => 2 * row + 1 < rows,
            Self::Lower => 2 * row + 1 > rows,
            Self::Left => 2 * column + 1 < columns,
            Self::Right => 2 * column + 1 > columns,
            Self::Middle => middle,
            Self::Edges => !middle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_a_number_for_every_place() {
        let map = |columns, mean: &[f32], of_pair: &[f32]| AspectMap {
            columns,
            rows: 2,
            mean: mean.to_vec(),
            pairs: 1,
            region: None,
            by_pair: vec![PairMap {
                pair: "a".to_string(),
                values: of_pair.to_vec(),
            }],
        };
        assert!(map(1, &[0.1, 0.2], &[0.1, 0.2]).is_whole());
        assert!(!map(1, &[0.1], &[0.1, 0.2]).is_whole());
        assert!(!map(1, &[0.1, 0.2], &[0.1]).is_whole());
        assert!(!map(0, &[], &[]).is_whole());
        assert!(!map(1, &[0.1, f32::INFINITY], &[0.1, 0.2]).is_whole());
    }

    #[test]
    fn regions_of_a_grid() {
        let of = |region: Region| -> String {
            (0..16)
                .map(|place| match region.holds(place % 4, place / 4, 4, 4) {
                    true => 'x',
                    false => '.',
                })
                .collect()
        };
        assert_eq!(of(Region::Upper), "xxxxxxxx........");
        assert_eq!(of(Region::Right), "..xx..xx..xx..xx");
        assert_eq!(of(Region::Middle), ".....xx..xx.....");
        assert_eq!(of(Region::Edges), "xxxxx..xx..xxxxx");
    }
}
