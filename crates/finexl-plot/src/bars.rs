//! Horizontal bars with intervals: one row per thing compared, one bar per series.

use crate::canvas::{self, Area, Drawn, Legend, SMALL, Shape, TEXT, Type, WIDTH};
use crate::error::PlotError;
use crate::palette::{FAINT, GOAL, GRID, INK, LIGHT, MARK, MUTED, series};
use crate::text;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

const FIGURE: &str = "bar chart";
const LONGEST_NAME: i32 = 360;
const AXIS: i32 = 30;
const EDGE: i32 = 16;

/// An estimate with the interval around it, in the units of the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How much a bar catches the eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// The colour of its series.
    #[default]
    Full,
    /// Light, for what is second to others of the same chart.
    Light,
    /// Grey, as not being a finding.
    Faint,
}

/// One bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Length and whisker.
    pub interval: Interval,
    /// How it is drawn.
    pub tone: Tone,
}

/// One row of bars.
#[derive(Clone, Debug, PartialEq)]
pub struct BarRow {
    /// Written on the left.
    pub name: String,
    /// One for each series; `None` leaves its place empty.
    pub bars: Vec<Option<Bar>>,
    /// A figure from elsewhere that is marked in this row.
    pub mark: Option<f64>,
}

impl BarRow {
    /// A row with a single bar.
    pub fn single(name: impl Into<String>, interval: Interval) -> Self {
        Self {
            name: name.into(),
            bars: vec![Some(Bar {
                interval,
                tone: Tone::Full,
            })],
            mark: None,
        }
    }
}

/// A chart of horizontal bars, 880 pixels wide and as high as its rows need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarChart {
    /// Headline, or none where the page around it says it.
    pub title: Option<String>,
    /// What the axis measures.
    pub axis: String,
    /// Ends of the axis; by default zero and the furthest interval ends. Bars are cut to it.
    pub range: Option<(f64, f64)>,
    /// Writes values as percent (0.94 as 94%).
    pub percent: bool,
    /// Names of the series. One name for a single series shows in the legend only with `faint`.
    pub series: Vec<String>,
    /// Legend of light bars, where there are any.
    pub light: Option<String>,
    /// Legend of faint bars, where there are any.
    pub faint: Option<String>,
    /// Legend of marks, where there are any.
    pub mark: Option<String>,
    /// A dashed line, e.g. at the figure that is to be reached, and its name.
    pub goal: Option<(f64, String)>,
    /// A second dashed line, at what anybody reaches, and its name.
    pub floor: Option<(f64, String)>,
    /// Sorts rows by the falling value of the first series; rows without one come last.
    pub sorted: bool,
    /// The rows, from top to bottom unless sorted.
    pub rows: Vec<BarRow>,
}

struct Layout {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    bar: i32,
    row: i32,
    height: i32,
    range: (f64, f64),
    legend: Legend,
}

impl BarChart {
    /// Draws the chart as SVG.
    ///
    /// # Errors
    /// [`PlotError::Empty`] without rows or series, [`PlotError::Mismatch`] where a row has not one
    /// place per series, [`PlotError::NotFinite`] for a value that is not finite.
    pub fn svg(&self) -> Result<String, PlotError> {
        self.check()?;
        let mut rows: Vec<&BarRow> = self.rows.iter().collect();
        if self.sorted {
            rows.sort_by(|a, b| first_value(b).total_cmp(&first_value(a)));
        }
        let layout = self.layout()?;
        let label = self.title.as_deref().unwrap_or(&self.axis);
        canvas::svg(FIGURE, layout.height.unsigned_abs(), label, |area| {
            self.draw(area, &layout, &rows)
        })
    }

    fn check(&self) -> Result<(), PlotError> {
        let empty = |what| PlotError::Empty {
            figure: FIGURE,
            what,
        };
        if self.series.is_empty() {
            return Err(empty("series"));
        }
        if self.rows.is_empty() {
            return Err(empty("row"));
        }
        for row in &self.rows {
            if row.bars.len() != self.series.len() {
                return Err(PlotError::Mismatch {
                    figure: FIGURE,
                    name: row.name.clone(),
                    found: row.bars.len(),
                    expected: self.series.len(),
                });
            }
            let bars = || row.bars.iter().flatten().map(|bar| bar.interval);
            let mut placed = bars().map(|interval| interval.value).chain(row.mark);
            let mut ends = bars().flat_map(|interval| [interval.low, interval.high]);
            if !placed.all(f64::is_finite) || ends.any(f64::is_nan) {
                return Err(not_finite(&row.name));
            }
        }
        Ok(())
    }

    fn layout(&self) -> Result<Layout, PlotError> {
        let bars = || self.rows.iter().flat_map(|row| row.bars.iter().flatten());
        // An end that nothing bounds has no place; its whisker goes to the edge.
        let values = bars()
            .flat_map(|bar| canvas::numbers(bar.interval))
            .filter(|value| value.is_finite());
        let lines = self.goal.iter().chain(&self.floor).map(|line| line.0);
        let marks = self.rows.iter().filter_map(|row| row.mark);
        let range = self.range.filter(|(low, high)| low < high);
        let range = match range {
            Some(range) => range,
            None => canvas::range(values.chain(lines).chain(marks).chain([0.0]))
                .ok_or_else(|| not_finite(&self.axis))?,
        };
        if !(range.1 - range.0).is_finite() {
            return Err(not_finite(&self.axis));
        }
        let widest = |words: &mut dyn Iterator<Item = String>, size: f64| {
            words.map(|w| canvas::text_width(&w, size)).max()
        };
        let names = widest(
            &mut self.rows.iter().map(|row| text::plain(&row.name)),
            TEXT,
        );
        let labels = widest(&mut bars().map(|bar| self.label(bar.interval).1), SMALL);
        let legend = self.legend();
        let count = self.series.len() as i32;
        let bar = if count == 1 { 16 } else { 13 };
        let row = count * (bar + 1) + if count == 1 { 9 } else { 13 };
        let top = if self.title.is_some() { 48 } else { EDGE };
        let legend_height = legend.height(WIDTH as i32 - 2 * EDGE);
        let bottom = AXIS + 24 + legend_height + EDGE / 2;
        Ok(Layout {
            left: EDGE + names.unwrap_or(0).clamp(50, LONGEST_NAME) + 12,
            right: 12 + self.value_width() + 10 + labels.unwrap_or(0) + EDGE,
            top,
            bottom,
            bar,
            row,
            height: top + row * self.rows.len() as i32 + bottom,
            range,
            legend,
        })
    }

    fn legend(&self) -> Legend {
        let mut legend = Legend::default();
        if self.series.len() > 1 || self.faint.is_some() || self.light.is_some() {
            for (index, name) in self.series.iter().enumerate() {
                let drawn = |row: &BarRow| row.bars[index].is_some_and(|b| b.tone == Tone::Full);
                if self.rows.iter().any(drawn) {
                    legend.push(Shape::Square, series(index), name);
                }
            }
        }
        for (name, colour) in [(&self.light, LIGHT), (&self.faint, FAINT)] {
            if let Some(name) = name {
                legend.push(Shape::Square, colour, name);
            }
        }
        if let Some(name) = &self.mark {
            legend.push(Shape::Diamond, MARK, name);
        }
        for (line, colour) in [(&self.goal, GOAL), (&self.floor, MUTED)] {
            if let Some((_, name)) = line {
                legend.push(Shape::Rule, colour, name);
            }
        }
        legend
    }

    /// Bars of several series stand closer than lines of the larger size.
    fn value_size(&self) -> f64 {
        if self.series.len() > 1 { SMALL } else { TEXT }
    }

    /// Room for an estimate; wider ones reach into the gap before it.
    fn value_width(&self) -> i32 {
        canvas::text_width("-0.00", TEXT)
    }

    /// The estimate and its interval as text.
    fn label(&self, interval: Interval) -> (String, String) {
        let write = |value: f64| {
            if self.percent {
                format!("{:.0}%", value * 100.0)
            } else {
                text::number(value)
            }
        };
        let ends = format!("{} to {}", write(interval.low), write(interval.high));
        (write(interval.value), ends)
    }

    fn draw(&self, area: &Area<'_>, layout: &Layout, rows: &[&BarRow]) -> Drawn {
        canvas::headline(area, self.title.as_deref(), EDGE)?;
        let x = self.draw_axis(area, layout)?;
        for (index, row) in rows.iter().enumerate() {
            let y = layout.top + layout.row * index as i32;
            self.draw_row(area, layout, row, y, &x)?;
        }
        let end = layout.top + layout.row * rows.len() as i32;
        let (low, high) = layout.range;
        if low <= 0.0 && high >= 0.0 {
            canvas::line(area, (x(0.0), layout.top), (x(0.0), end), MUTED, 1)?;
        }
        for (line, colour) in [(&self.goal, GOAL), (&self.floor, MUTED)] {
            if let Some((value, _)) = line {
                let from = (x(*value), layout.top);
                let dashes = DashedPathElement::new(vec![from, (from.0, end)], 5, 4, colour);
                area.draw(&dashes)?;
            }
        }
        let middle = (layout.left + WIDTH as i32 - layout.right) / 2;
        let axis = Type::small().side(HPos::Center);
        let axis_name = canvas::fit(&self.axis, SMALL, WIDTH as i32 - 2 * EDGE);
        canvas::write(area, &axis_name, (middle, end + AXIS + 10), axis)?;
        let below = (EDGE, end + AXIS + 24);
        layout.legend.draw(area, below, WIDTH as i32 - 2 * EDGE)
    }

    /// Draws grid and ticks; returns the map from values to pixels.
    fn draw_axis(&self, area: &Area<'_>, layout: &Layout) -> Drawn<impl Fn(f64) -> i32 + use<>> {
        let (low, high) = layout.range;
        let span = high - low;
        let mut chart = ChartBuilder::on(area)
            .margin_left(layout.left)
            .margin_right(layout.right)
            .margin_top(layout.top)
            .margin_bottom(layout.bottom - AXIS)
            .x_label_area_size(AXIS)
            .build_cartesian_2d(low..high, 0.0..1.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .x_labels(6)
            .x_label_style(Type::small().style())
            .x_label_formatter(&|value| canvas::tick(*value, span, self.percent))
            .draw()?;
        let (left, right) = (
            chart.backend_coord(&(low, 0.0)).0,
            chart.backend_coord(&(high, 0.0)).0,
        );
        Ok(move |value: f64| {
            let share = ((value - low) / span).clamp(0.0, 1.0);
            left + (share * f64::from(right - left)).round() as i32
        })
    }

    fn draw_row(
        &self,
        area: &Area<'_>,
        layout: &Layout,
        row: &BarRow,
        top: i32,
        x: &dyn Fn(f64) -> i32,
    ) -> Drawn {
        let faint = row.bars.iter().flatten().all(|b| b.tone == Tone::Faint);
        let ink = if faint { MUTED } else { INK };
        let name = canvas::fit(&row.name, TEXT, LONGEST_NAME);
        let kind = Type::ink().colour(ink).side(HPos::Right);
        let middle = top + layout.row / 2;
        canvas::write(area, &name, (layout.left - 12, middle), kind)?;
        let used = row.bars.len() as i32 * (layout.bar + 1) - 1;
        let first = top + (layout.row - used) / 2;
        for (index, bar) in row.bars.iter().enumerate() {
            let Some(bar) = bar else { continue };
            let y = first + index as i32 * (layout.bar + 1);
            let colour = match bar.tone {
                Tone::Full => series(index),
                Tone::Light => LIGHT,
                Tone::Faint => FAINT,
            };
            let (from, to) = (x(0.0), x(bar.interval.value));
            let corners = [(from.min(to), y), (from.max(to), y + layout.bar)];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
            let middle = y + layout.bar / 2;
            whisker(
                area,
                (x(bar.interval.low), x(bar.interval.high)),
                middle,
                ink,
            )?;
            let (value, ends) = self.label(bar.interval);
            let at = WIDTH as i32 - layout.right + 12 + self.value_width();
            let bold = Type {
                size: self.value_size(),
                ..Type::ink()
                    .colour(ink)
                    .bold(bar.tone == Tone::Full)
                    .side(HPos::Right)
            };
            canvas::write(area, &value, (at, middle), bold)?;
            canvas::write(area, &ends, (at + 10, middle), Type::small())?;
        }
        match row.mark {
            Some(value) => canvas::diamond(area, (x(value), middle), MARK),
            None => Ok(()),
        }
    }
}

/// The line from `low` to `high` with caps.
fn whisker(area: &Area<'_>, (low, high): (i32, i32), y: i32, colour: RGBColor) -> Drawn {
    canvas::line(area, (low, y), (high, y), colour, 1)?;
    for end in [low, high] {
        canvas::line(area, (end, y - 4), (end, y + 4), colour, 1)?;
    }
    Ok(())
}

fn first_value(row: &BarRow) -> f64 {
    match row.bars.first() {
        Some(Some(bar)) => bar.interval.value,
        _ => f64::NEG_INFINITY,
    }
}

fn not_finite(name: &str) -> PlotError {
    PlotError::NotFinite {
        figure: FIGURE,
        name: text::plain(name),
    }
}
