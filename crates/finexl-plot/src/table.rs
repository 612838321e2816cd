//! The table that `finexl explain` prints.

use crate::rows::{Shown, change_facts, generated_sides, made_with, rule, scale, verdict};
use crate::text;
use finexl_core::explanation::{AspectScore, Explanation};

/// How the table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// At most this many aspects.
    pub top: usize,
    /// Columns of the terminal; below 60, the table is laid out for 60.
    pub width: usize,
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// Whether to stay within ASCII, for terminals without block characters.
    pub ascii: bool,
    /// Whether to leave out the notes and say how many there are.
    pub quiet: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            top: 12,
            width: 80,
            colour: false,
            ascii: false,
            quiet: false,
        }
    }
}

const NARROWEST: usize = 60;
const LONGEST_BAR: usize = 24;
const READABLE_BAR: usize = 10;
const SHORTEST_BAR: usize = 4;
const GAP: &str = "  ";

/// Widths of the columns in characters.
struct Columns {
    aspect: usize,
    score: usize,
    interval: usize,
    bar: usize,
    verdict: usize,
}

/// One row as text.
struct Line {
    aspect: String,
    score: String,
    interval: String,
    bar: String,
    verdict: String,
}

#[derive(Clone, Copy)]
enum Paint {
    None,
    Bold,
    Dim,
    Accent,
}

/// The summary, a table of the aspects, the unexplained share and the notes, as lines that end
/// with a newline. No line is longer than the width, except that of a terminal below 60 columns.
pub fn terminal_table(explanation: &Explanation, options: &TableOptions) -> String {
    let shown = Shown::of(explanation, options.top);
    let width = options.width.max(NARROWEST);
    let mut lines = Vec::new();
    for line in text::wrap(&text::plain(&explanation.summary), width) {
        lines.push(paint(&line, Paint::Bold, options.colour));
    }
    lines.push(String::new());
    if shown.rows.is_empty() {
        lines.push("No aspect has a score.".into());
        lines.push(String::new());
    } else {
        lines.extend(table(explanation, &shown.rows, width, options));
        lines.push(String::new());
        let score = format!("Score: {}.", scale(explanation));
        for legend in [Some(score), rule(explanation)].into_iter().flatten() {
            for line in text::wrap(&legend, width) {
                lines.push(paint(&line, Paint::Dim, options.colour));
            }
        }
    }
    if let Some(left_out) = shown.left_out() {
        let line = format!("{left_out}.");
        lines.push(paint(&line, Paint::Dim, options.colour));
    }
    lines.extend(text::wrap(&foot(explanation), width));
    for (name, value) in change_facts(explanation) {
        lines.extend(text::wrap(&format!("{}: {value}.", capital(name)), width));
    }
    lines.extend(images(explanation, width));
    if options.quiet {
        lines.extend(left_out_notes(explanation));
    } else {
        lines.extend(notes(explanation, width));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

fn foot(explanation: &Explanation) -> String {
    let made_with: Vec<String> = made_with(explanation)
        .into_iter()
        .map(|(what, name)| format!("{what} {}", text::plain(&name)))
        .collect();
    format!(
        "Not explained by the vocabulary: {} of the change. {}, {}.",
        text::percent(explanation.unexplained),
        text::count(explanation.pairs, "pair"),
        made_with.join(", "),
    )
}

/// "Images: base by mini-diffusion, ...", a line per side that is known.
fn images(explanation: &Explanation, width: usize) -> Vec<String> {
    let sides = generated_sides(explanation).into_iter();
    sides
        .flat_map(|(side, how)| text::wrap(&format!("Images of the {side} side: {how}."), width))
        .collect()
}

/// Nothing is left out in silence.
fn left_out_notes(explanation: &Explanation) -> Option<String> {
    let count = explanation.notes.len();
    (count > 0).then(|| {
        format!(
            "{} left out; the JSON record has them.",
            text::count(count, "note")
        )
    })
}

fn notes(explanation: &Explanation, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for note in &explanation.notes {
        let wrapped = text::wrap(&text::plain(note), width - 6);
        for (index, line) in wrapped.into_iter().enumerate() {
            let head = if index == 0 { "note: " } else { "      " };
            lines.push(format!("{head}{line}"));
        }
    }
    lines
}

fn table(
    explanation: &Explanation,
    rows: &[&AspectScore],
    width: usize,
    options: &TableOptions,
) -> Vec<String> {
    let mut texts: Vec<Line> = rows
        .iter()
        .map(|aspect| Line {
            aspect: text::plain(&aspect.concept),
            score: text::number(aspect.score),
            interval: text::interval(aspect.low, aspect.high),
            bar: String::new(),
            verdict: verdict(aspect),
        })
        .collect();
    let columns = columns(&texts, width);
    let largest = rows.iter().map(|a| a.score.abs()).fold(0.0, f64::max);
    let full = if explanation.calibrated { 1.0 } else { largest };
    for (line, aspect) in texts.iter_mut().zip(rows) {
        line.bar = bar(aspect.score / full, columns.bar, options.ascii);
    }
    let head = Line {
        aspect: "aspect".into(),
        score: "score".into(),
        interval: "95% interval".into(),
        bar: String::new(),
        verdict: "verdict".into(),
    };
    let mut lines = vec![compose(&head, &columns, [Paint::Dim; 5], options)];
    for (line, aspect) in texts.iter().zip(rows) {
        let paints = if aspect.significant {
            let (bold, plain) = (Paint::Bold, Paint::None);
            [bold, bold, plain, Paint::Accent, plain]
        } else {
            [Paint::Dim; 5]
        };
        lines.push(compose(line, &columns, paints, options));
    }
    lines
}

/// Gives every column what its longest text needs, names and verdicts within limits, the bar the
/// rest.
fn columns(lines: &[Line], width: usize) -> Columns {
    let longest = |column: fn(&Line) -> &String, head: usize| {
        let widths = lines.iter().map(|line| column(line).chars().count());
        widths.max().unwrap_or(0).max(head)
    };
    let score = longest(|line| &line.score, "score".len());
    let interval = longest(|line| &line.interval, "95% interval".len());
    let mut aspect = longest(|line| &line.aspect, "aspect".len()).min(26);
    let mut verdict = longest(|line| &line.verdict, "verdict".len()).min(28);
    let room = width.saturating_sub(score + interval + 4 * GAP.len());
    // Very long texts give way to a readable bar, but the bar gives way before the others do.
    for (bar, longest) in [(READABLE_BAR, 22), (SHORTEST_BAR, 8)] {
        while aspect + verdict + bar > room && aspect.max(verdict) > longest {
            if aspect >= verdict {
                aspect -= 1;
            } else {
                verdict -= 1;
            }
        }
    }
    let bar = room.saturating_sub(aspect + verdict).min(LONGEST_BAR);
    Columns {
        aspect,
        score,
        interval,
        bar,
        verdict,
    }
}

fn compose(line: &Line, columns: &Columns, paints: [Paint; 5], options: &TableOptions) -> String {
    let mark = if options.ascii { '~' } else { '…' };
    let cells = [
        format!(
            "{:<1$}",
            text::shorten(&line.aspect, columns.aspect, mark),
            columns.aspect
        ),
        format!("{:>1$}", line.score, columns.score),
        format!("{:>1$}", line.interval, columns.interval),
        format!("{:<1$}", line.bar, columns.bar),
        text::shorten(&line.verdict, columns.verdict, mark),
    ];
    let painted: Vec<String> = cells
        .iter()
        .zip(paints)
        .map(|(cell, colour)| paint(cell, colour, options.colour))
        .collect();
    painted.join(GAP).trim_end().to_owned()
}

/// A bar of a share of `width`; in eighths of a character where blocks can be drawn. Negative
/// shares are drawn in a lighter shade, and any score at all leaves a mark.
fn bar(share: f64, width: usize, ascii: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let size = if share.is_finite() {
        share.abs().min(1.0)
    } else {
        0.0
    };
    if size == 0.0 {
        return String::new();
    }
    let cells = size * width as f64;
    let whole = (cells.round() as usize).max(1);
    match (ascii, share < 0.0) {
        (true, false) => "#".repeat(whole),
        (true, true) => "-".repeat(whole),
        (false, true) => "░".repeat(whole),
        (false, false) => {
            let eighths = ((cells * 8.0).round() as usize).max(1);
            "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
        }
    }
}

fn paint(words: &str, paint: Paint, colour: bool) -> String {
    let code = match paint {
        Paint::None => return words.to_owned(),
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Accent => "36",
    };
    if colour && !words.trim().is_empty() {
        format!("\u{1b}[{code}m{words}\u{1b}[0m")
    } else {
        words.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_the_share() {
        assert_eq!(bar(0.0, 8, false), "");
        assert_eq!(bar(0.001, 8, false), "▏");
        assert_eq!(bar(0.5, 8, false), "████");
        assert_eq!(bar(0.56, 8, false), "████▌");
        assert_eq!(bar(7.0, 8, false), "████████");
        assert_eq!(bar(0.5, 8, true), "####");
        assert_eq!(bar(-0.5, 8, true), "----");
        assert_eq!(bar(f64::NAN, 8, false), "");
    }
}
