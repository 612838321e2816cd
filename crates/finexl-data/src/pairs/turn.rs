//! Whether the two pictures of a pair lie otherwise: mirrored, upside down, on a side.

use super::sketch::{SIDE, Sketch};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Pictures of one thing have at least this correlation in small,
const ALIKE: f64 = 0.75;
/// and by so much more than as they lie.
const GAIN: f64 = 0.35;

/// A way to turn a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// Left and right exchanged.
    Mirrored,
    /// Top and bottom exchanged.
    Flipped,
    /// By 180 degrees.
    UpsideDown,
    /// By 90 degrees to the right.
    ToTheRight,
    /// By 90 degrees to the left.
    ToTheLeft,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mirrored => "mirrored left to right",
            Self::Flipped => "mirrored top to bottom",
            Self::UpsideDown => "upside down",
            Self::ToTheRight => "turned to the right",
            Self::ToTheLeft => "turned to the left",
        })
    }
}

impl Turn {
    pub(super) const ALL: [Self; 5] = [
        Self::Mirrored,
        Self::Flipped,
        Self::UpsideDown,
        Self::ToTheRight,
        Self::ToTheLeft,
    ];

    /// The turn of the second picture that makes it fit the first; nothing where it fits as it lies, or in no way.
    pub(super) fn of(sketches: &[Sketch; 2]) -> Option<Self> {
        let [base, other] = sketches.each_ref().map(standardized);
        let fit = |place: &dyn Fn(usize, usize) -> (usize, usize)| {
            let mut sum = 0.0;
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let (y, x) = place(row, column);
                    sum += base[row * SIDE + column] * other[y * SIDE + x];
                }
            }
            sum
        };
        let own = fit(&|row, column| (row, column));
        if own > 1.0 - GAIN {
            return None;
        }
        let fits = Self::ALL.map(|turn| (turn, fit(&|row, column| turn.place(row, column))));
        let (turn, best) = (fits.into_iter()).max_by(|one, other| one.1.total_cmp(&other.1))?;
        (best >= ALIKE && best - own >= GAIN).then_some(turn)
    }

    /// Where in a picture lies what stands at a row and column once it is turned.
    fn place(self, row: usize, column: usize) -> (usize, usize) {
        const END: usize = SIDE - 1;
        match self {
            Self::Mirrored => (row, END - column),
            Self::Flipped => (END - row, column),
            Self::UpsideDown => (END - row, END - column),
            Self::ToTheRight => (END - column, row),
            Self::ToTheLeft => (column, END - row),
        }
    }
}

/// Values with mean 0 and length 1.
fn standardized(sketch: &Sketch) -> Vec<f64> {
    let mean = sketch.mean();
    let values: Vec<f64> = sketch
        .0
        .iter()
        .map(|value| f64::from(*value) - mean)
        .collect();
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    values
        .iter()
        .map(|value| value / length.max(1e-9))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_pictures_are_told() {
        let value = |row: usize, column: usize| {
            let far = row.abs_diff(20).pow(2) + column.abs_diff(30).pow(2);
            if far < 300 { 250 } else { (row / 4) as u8 }
        };
        let picture = |place: &dyn Fn(usize, usize) -> (usize, usize)| {
            let cells = (0..SIDE * SIDE).map(|at| place(at / SIDE, at % SIDE));
            Sketch(cells.map(|(row, column)| value(row, column)).collect())
        };
        let plain = picture(&|row, column| (row, column));
        assert_eq!(Turn::of(&[plain.clone(), plain.clone()]), None);
        for turn in [Turn::Mirrored, Turn::Flipped, Turn::UpsideDown] {
            let turned = picture(&|row, column| turn.place(row, column));
            assert_eq!(Turn::of(&[plain.clone(), turned]), Some(turn));
        }
        let turned = picture(&|row, column| Turn::ToTheLeft.place(row, column));
        assert_eq!(Turn::of(&[plain, turned]), Some(Turn::ToTheRight));
        let grey = Sketch(vec![9; SIDE * SIDE]);
        assert_eq!(Turn::of(&[grey.clone(), grey]), None);
    }
}
