//! Width and height of pictures.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// Longest side that is made; no published model comes near it.
    const MOST: usize = 8192;

    /// A square.
    pub fn square(side: usize) -> Self {
        Self {
            width: side,
            height: side,
        }
    }

    /// From "512x768", width first, or "512".
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let side = |text: &str| match text.trim().parse() {
            Ok(side) if (1..=Self::MOST).contains(&side) => Ok(side),
            _ => Err(format!(
                "write it as WIDTHxHEIGHT in pixels, e.g. 512x768, at most {}",
                Self::MOST
            )),
        };
        match text.split_once(['x', 'X']) {
            Some((width, height)) => Ok(Self {
                width: side(width)?,
                height: side(height)?,
            }),
            None => side(text).map(Self::square),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}
