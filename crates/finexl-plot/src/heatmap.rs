//! A table of shares as colours: what was taken for what.

use crate::canvas::{self, Area, Drawn, SMALL, Type, WIDTH};
use crate::error::PlotError;
use crate::palette::{GRID, series};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

const FIGURE: &str = "heat map";
const EDGE: i32 = 16;
const LONGEST_NAME: i32 = 240;
/// Largest side of a cell in pixels.
const LARGEST_CELL: i32 = 44;
/// Smallest cell that a value is written in.
const SMALLEST_WRITTEN: i32 = 26;
/// Share of the colour beyond which a value is written in white.
const DEEP: f64 = 0.55;
/// A cell without a share, and letters on deep cells. Nearly paper, but not among the colours that a dark
/// page replaces: cells keep their order from light to deep.
const LIGHTEST: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);
/// Letters on light cells, which stay dark for the same reason.
const LETTERS: RGBColor = RGBColor(0x1B, 0x1F, 0x25);

/// Rows and columns with a share in [0, 1] in every cell, 880 pixels wide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heatmap {
    /// Headline, or none where the page around it says it.
    pub title: Option<String>,
    /// What rows are, written above their names.
    pub row_axis: String,
    /// What columns are, written below their names.
    pub column_axis: String,
    /// Names of the rows, from top to bottom.
    pub rows: Vec<String>,
    /// Names of the columns, from left to right.
    pub columns: Vec<String>,
    /// `[rows][columns]`, each in [0, 1].
    pub shares: Vec<Vec<f64>>,
}

struct Layout {
    left: i32,
    top: i32,
    cell: i32,
    height: i32,
}

impl Heatmap {
    /// Draws the figure as SVG.
    ///
    /// # Errors
    /// [`PlotError::Empty`] without rows or columns, [`PlotError::Mismatch`] where a row has not one
    /// share per column, [`PlotError::NotFinite`] for a share that is not finite.
    pub fn svg(&self) -> Result<String, PlotError> {
        self.check()?;
        let layout = self.layout();
        let label = self.title.as_deref().unwrap_or(&self.row_axis);
        canvas::svg(FIGURE, layout.height.unsigned_abs(), label, |area| {
            self.draw(area, &layout)
        })
    }

    fn check(&self) -> Result<(), PlotError> {
        for (what, names) in [("row", &self.rows), ("column", &self.columns)] {
            if names.is_empty() {
                return Err(PlotError::Empty {
                    figure: FIGURE,
                    what,
                });
            }
        }
        let mismatch = |name: &str, found, expected| PlotError::Mismatch {
            figure: FIGURE,
            name: name.to_string(),
            found,
            expected,
        };
        if self.shares.len() != self.rows.len() {
            let found = self.shares.len();
            return Err(mismatch(&self.row_axis, found, self.rows.len()));
        }
        for (name, shares) in self.rows.iter().zip(&self.shares) {
            if shares.len() != self.columns.len() {
                return Err(mismatch(name, shares.len(), self.columns.len()));
            }
            if shares.iter().any(|share| !share.is_finite()) {
                return Err(PlotError::NotFinite {
                    figure: FIGURE,
                    name: name.clone(),
                });
            }
        }
        Ok(())
    }

    fn layout(&self) -> Layout {
        let widest = |names: &[String]| {
            let widths = names.iter().map(|name| canvas::text_width(name, SMALL));
            widths.max().unwrap_or(0).min(LONGEST_NAME)
        };
        let left = EDGE + widest(&self.rows).max(canvas::text_width(&self.row_axis, SMALL)) + 10;
        let room = WIDTH as i32 - left - EDGE;
        let cell = (room / self.columns.len() as i32).clamp(4, LARGEST_CELL);
        let title = if self.title.is_some() { 48 } else { EDGE };
        // Names of columns are written slanting, so they need less than their length.
        let top = title + widest(&self.columns) + 14;
        Layout {
            left,
            top,
            cell,
            height: top + cell * self.rows.len() as i32 + 34 + EDGE,
        }
    }

    fn draw(&self, area: &Area<'_>, layout: &Layout) -> Drawn {
        canvas::headline(area, self.title.as_deref(), EDGE)?;
        let names = layout.left - 8;
        let row_axis = Type::small().side(HPos::Right).bold(true);
        canvas::write(area, &self.row_axis, (names, layout.top - 10), row_axis)?;
        for (index, name) in self.columns.iter().enumerate() {
            self.draw_column_name(area, layout, index, name)?;
        }
        for (row, (name, shares)) in self.rows.iter().zip(&self.shares).enumerate() {
            let y = layout.top + layout.cell * row as i32;
            let name = canvas::fit(name, SMALL, LONGEST_NAME);
            let kind = Type::small().side(HPos::Right);
            canvas::write(area, &name, (names, y + layout.cell / 2), kind)?;
            for (column, share) in shares.iter().enumerate() {
                let x = layout.left + layout.cell * column as i32;
                draw_cell(area, (x, y), layout.cell, *share)?;
            }
        }
        let end = layout.top + layout.cell * self.rows.len() as i32;
        let below = (layout.left, end + 22);
        canvas::write(area, &self.column_axis, below, Type::small().bold(true))
    }

    /// A name above its column, from bottom to top.
    fn draw_column_name(
        &self,
        area: &Area<'_>,
        layout: &Layout,
        index: usize,
        name: &str,
    ) -> Drawn {
        let name = canvas::fit(name, SMALL, LONGEST_NAME);
        let x = layout.left + layout.cell * index as i32 + layout.cell / 2;
        let style = Type::small().style();
        let style = style.transform(FontTransform::Rotate270);
        area.draw(&Text::new(name, (x, layout.top - 8), style))
    }
}

fn draw_cell(area: &Area<'_>, (x, y): (i32, i32), cell: i32, share: f64) -> Drawn {
    let share = share.clamp(0.0, 1.0);
    let corners = [(x, y), (x + cell, y + cell)];
    area.draw(&Rectangle::new(corners, shade(share).filled()))?;
    area.draw(&Rectangle::new(corners, GRID))?;
    if cell < SMALLEST_WRITTEN || share < 0.005 {
        return Ok(());
    }
    let colour = if share > DEEP { LIGHTEST } else { LETTERS };
    let size = if cell >= LARGEST_CELL {
        SMALL
    } else {
        SMALL - 2.0
    };
    let kind = Type {
        size,
        ..Type::small().colour(colour).side(HPos::Center)
    };
    let middle = (x + cell / 2, y + cell / 2);
    canvas::write(area, &format!("{:.0}", 100.0 * share), middle, kind)
}

/// From the lightest to the first series' colour.
fn shade(share: f64) -> RGBColor {
    let full = series(0);
    let mix =
        |from: u8, to: u8| (f64::from(from) + share * (f64::from(to) - f64::from(from))) as u8;
    RGBColor(
        mix(LIGHTEST.0, full.0),
        mix(LIGHTEST.1, full.1),
        mix(LIGHTEST.2, full.2),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn small() -> Heatmap {
        Heatmap {
            title: Some("What was selected".to_string()),
            row_axis: "made with".to_string(),
            column_axis: "selected, in percent".to_string(),
            rows: vec!["warm".to_string(), "pixelated <b>".to_string()],
            columns: vec!["warm".to_string(), "pixelated".to_string()],
            shares: vec![vec![1.0, 0.0], vec![0.25, 0.75]],
        }
    }

    #[test]
    fn cells_say_their_share() {
        let svg = small().svg().unwrap();
        for share in ["100", "25", "75"] {
            assert!(svg.contains(&format!("\n{share}\n")), "{svg}");
        }
        assert!(!svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn tables_that_do_not_fit_are_refused() {
        let mut short = small();
        short.shares[1].pop();
        assert!(matches!(short.svg(), Err(PlotError::Mismatch { .. })));
        let mut broken = small();
        broken.shares[0][0] = f64::NAN;
        assert!(matches!(broken.svg(), Err(PlotError::NotFinite { .. })));
        assert!(matches!(
            Heatmap::default().svg(),
            Err(PlotError::Empty { .. })
        ));
    }
}
