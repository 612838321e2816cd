//! What all figures share: the SVG around them, fonts, the width of text, ranges of axes.

use crate::bars::Interval;
use crate::error::PlotError;
use crate::palette::{INK, MUTED, PAPER};
use crate::text;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A surface of pixels that writes SVG.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing returns.
pub(crate) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Width of every figure in pixels: a page's text width.
pub(crate) const WIDTH: u32 = 880;
/// Size of names and values in pixels.
pub(crate) const TEXT: f64 = 14.0;
/// Size of ticks, legends and intervals in pixels.
pub(crate) const SMALL: f64 = 12.0;

const FAMILY: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// Draws a figure and returns its SVG, labelled for screen readers.
pub(crate) fn svg(
    figure: &'static str,
    height: u32,
    label: &str,
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        area.fill(&PAPER)
            .and_then(|()| draw(&area))
            .and_then(|()| area.present())
            .map_err(|source| PlotError::Draw {
                figure,
                source: Box::new(source),
            })?;
    }
    let opening = format!("<svg role=\"img\" aria-label=\"{}\" ", text::html(label));
    Ok(svg.replacen("<svg ", &opening, 1))
}

/// How a piece of text is set.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub size: f64,
    pub colour: RGBColor,
    pub bold: bool,
    pub side: HPos,
}

impl Type {
    pub fn ink() -> Self {
        Self {
            size: TEXT,
            colour: INK,
            bold: false,
            side: HPos::Left,
        }
    }

    pub fn small() -> Self {
        Self {
            size: SMALL,
            colour: MUTED,
            ..Self::ink()
        }
    }

    pub fn colour(self, colour: RGBColor) -> Self {
        Self { colour, ..self }
    }

    pub fn bold(self, bold: bool) -> Self {
        Self { bold, ..self }
    }

    pub fn side(self, side: HPos) -> Self {
        Self { side, ..self }
    }

    /// As plotters wants it. Its SVG backend divides sizes by 1.24, which is undone here.
    pub fn style(self) -> TextStyle<'static> {
        let weight = if self.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        TextStyle {
            font: (FAMILY, self.size * 1.24, weight).into_font(),
            color: self.colour.to_backend_color(),
            pos: Pos::new(self.side, VPos::Center),
        }
    }
}

/// Writes text with its vertical middle at `y`.
pub(crate) fn write(area: &Area<'_>, words: &str, at: (i32, i32), kind: Type) -> Drawn {
    area.draw(&Text::new(words.to_owned(), at, kind.style()))
}

/// Writes the headline of a figure, if it has one.
pub(crate) fn headline(area: &Area<'_>, title: Option<&str>, edge: i32) -> Drawn {
    const SIZE: f64 = 17.0;
    /// How much wider bold letters are.
    const BOLD: f64 = 1.12;
    let Some(title) = title else {
        return Ok(());
    };
    let title = fit(title, SIZE * BOLD, WIDTH as i32 - 2 * edge);
    let kind = Type {
        size: SIZE,
        ..Type::ink().bold(true)
    };
    write(area, &title, (edge, 24), kind)
}

/// Draws a straight line.
pub(crate) fn line(
    area: &Area<'_>,
    from: (i32, i32),
    to: (i32, i32),
    colour: RGBColor,
    width: u32,
) -> Drawn {
    area.draw(&PathElement::new(
        vec![from, to],
        colour.stroke_width(width),
    ))
}

/// How a legend shows a thing.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A bar or a line of the figure.
    Square,
    /// A dashed line across it.
    Rule,
    /// A mark beside a bar.
    Diamond,
}

/// One thing of a legend.
pub(crate) struct Entry {
    shape: Shape,
    colour: RGBColor,
    name: String,
}

/// A legend: shapes with names, from left to right, wrapped at the figure's edge.
#[derive(Default)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
}

const LEGEND_ROW: i32 = 22;
const LONGEST_ENTRY: i32 = 400;

impl Legend {
    /// Adds a thing.
    pub fn push(&mut self, shape: Shape, colour: RGBColor, name: &str) {
        let name = fit(name, SMALL, LONGEST_ENTRY);
        self.entries.push(Entry {
            shape,
            colour,
            name,
        });
    }

    /// Position of every entry relative to the legend's corner, and the height of all.
    fn places(&self, width: i32) -> (Vec<(i32, i32)>, i32) {
        let (mut x, mut y) = (0, 0);
        let mut places = Vec::new();
        for entry in &self.entries {
            let needed = 18 + text_width(&entry.name, SMALL) + 24;
            if x > 0 && x + needed > width {
                x = 0;
                y += LEGEND_ROW;
            }
            places.push((x, y));
            x += needed;
        }
        let height = if places.is_empty() { 0 } else { y + LEGEND_ROW };
        (places, height)
    }

    /// Height in pixels when wrapped to `width`.
    pub fn height(&self, width: i32) -> i32 {
        self.places(width).1
    }

    /// Draws the legend with its corner at `at`.
    pub fn draw(&self, area: &Area<'_>, at: (i32, i32), width: i32) -> Drawn {
        let (places, _) = self.places(width);
        for (entry, (x, y)) in self.entries.iter().zip(places) {
            let (x, y) = (at.0 + x, at.1 + y + LEGEND_ROW / 2);
            let half = match entry.shape {
                Shape::Square => 6,
                Shape::Rule => 1,
                Shape::Diamond => 0,
            };
            if let Shape::Diamond = entry.shape {
                diamond(area, (x + 6, y), entry.colour)?;
            } else {
                let square = [(x, y - half), (x + 12, y + half)];
                area.draw(&Rectangle::new(square, entry.colour.filled()))?;
            }
            write(area, &entry.name, (x + 18, y), Type::small())?;
        }
        Ok(())
    }
}

/// A mark with its middle at `at`, edged so that it is seen on bars too.
pub(crate) fn diamond(area: &Area<'_>, (x, y): (i32, i32), colour: RGBColor) -> Drawn {
    let corners = |size: i32| vec![(x - size, y), (x, y - size), (x + size, y), (x, y + size)];
    area.draw(&Polygon::new(corners(7), PAPER.filled()))?;
    area.draw(&Polygon::new(corners(5), colour.filled()))
}

/// An estimate of the width of text in pixels, on the wide side, as the font is not known here.
pub(crate) fn text_width(words: &str, size: f64) -> i32 {
    let ems: f64 = words
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' | '|' | ':' | ';' | '!' => 0.30,
            'f' | 'r' | 't' | ' ' | '(' | ')' | '[' | ']' | '-' | '/' => 0.36,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.90,
            'A'..='Z' => 0.70,
            c if c.is_ascii() => 0.57,
            c if (c as u32) < 0x1100 => 0.66,
            _ => 1.05,
        })
        .sum();
    (ems * size * 1.06).ceil() as i32
}

/// Text cleaned and cut so that it fits into `width` pixels.
pub(crate) fn fit(words: &str, size: f64, width: i32) -> String {
    let words = text::plain(words);
    let mut length = words.chars().count();
    let mut fitted = words.clone();
    while length > 1 && text_width(&fitted, size) > width {
        length -= 1;
        fitted = text::shorten(&words, length, '…');
    }
    fitted
}

/// A range that holds `values` with some room, widened where all are equal. `None` when a value
/// is not finite.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        if !value.is_finite() {
            return None;
        }
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return Some((0.0, 1.0));
    }
    let span = high - low;
    if !span.is_finite() {
        return None;
    }
    // Below this the ticks of an axis can no longer be told apart from rounding.
    if span <= 1e-9 * low.abs().max(high.abs()).max(1.0) {
        let room = low.abs().max(1.0) / 2.0;
        return Some((low - room, high + room));
    }
    Some((low, high))
}

/// Writes a value of an axis: percent, or as many decimals as the span asks for.
pub(crate) fn tick(value: f64, span: f64, percent: bool) -> String {
    if percent {
        let decimals = if span < 0.05 { 1 } else { 0 };
        return format!("{:.decimals$}%", value * 100.0);
    }
    if span >= 1e6 {
        return format!("{value:.1e}");
    }
    let decimals = (1.0 - span.log10().floor()).clamp(0.0, 6.0) as usize;
    let written = format!("{value:.decimals$}");
    match written.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        _ => written,
    }
}

/// The three numbers of an interval.
pub(crate) fn numbers(interval: Interval) -> [f64; 3] {
    [interval.value, interval.low, interval.high]
}
