//! The colours of all figures. The report recolours them for dark pages by these same values.

use plotters::style::RGBColor;

/// Paper behind a figure.
pub(crate) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// Text that must be read.
pub(crate) const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
/// Text that may be read: ticks, intervals, names of faint rows.
pub(crate) const MUTED: RGBColor = RGBColor(0x5B, 0x64, 0x70);
/// Lines of the grid.
pub(crate) const GRID: RGBColor = RGBColor(0xE3, 0xE6, 0xEA);
/// Bars that do not count as findings.
pub(crate) const FAINT: RGBColor = RGBColor(0xC4, 0xCA, 0xD1);
/// The line of a goal or a threshold.
pub(crate) const GOAL: RGBColor = RGBColor(0xA2, 0x3B, 0x2E);
/// A mark beside a bar: a figure from elsewhere.
pub(crate) const MARK: RGBColor = RGBColor(0xB4, 0x5A, 0x00);
/// Bars of the second rank: the first series' colour, lightened.
pub(crate) const LIGHT: RGBColor = RGBColor(0x8C, 0xBF, 0xE0);

/// Series colours, told apart by people with any colour vision (Okabe and Ito, 2008, without the
/// yellow, which is too light for lines on white).
pub(crate) const SERIES: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
];

/// The colour of series `index`; colours repeat after the sixth.
pub(crate) fn series(index: usize) -> RGBColor {
    SERIES[index % SERIES.len()]
}

/// Each colour of a light page with the one that replaces it on a dark page.
pub(crate) const DARK: [(RGBColor, &str); 9] = [
    (PAPER, "#161B22"),
    (INK, "#E8EBEF"),
    (MUTED, "#A3ACB8"),
    (GRID, "#2C333D"),
    (FAINT, "#4A535F"),
    (GOAL, "#F08A7C"),
    (MARK, "#F0A050"),
    (LIGHT, "#1F5580"),
    (SERIES[0], "#2F86C6"),
];

/// As written in SVG by plotters.
pub(crate) fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}
