//! Several explanations side by side: aspects over scales or snapshots.

use crate::error::PlotError;
use crate::html_page;
use crate::inspection::adapter_sections;
use crate::lines::{LineChart, Series, SeriesPoint};
use crate::rows::{ROUNDS_TO_NOTHING, generated_sides, made_with};
use crate::text::{self, html};
use finexl_core::explanation_series::{AspectCurve, CurvePoint, ExplanationSeries, SeriesAxis};
use finexl_core::inspection::InspectedFile;
use std::fmt::Write;

/// Lines that a figure has at most.
const LINES: usize = 6;
/// The axis of scores goes at least so far.
const LEAST_AXIS: f64 = 0.1;
/// Widest head of a column in the terminal.
const HEAD: usize = 16;

/// The table for a terminal: a row per aspect, a column per scale or snapshot, the base first.
pub fn series_table(series: &ExplanationSeries, top: usize) -> String {
    let mut rows = vec![heads(series)];
    for curve in shown(series, top) {
        let mut row = vec![text::plain(&curve.concept)];
        row.extend(curve.points.iter().map(cell));
        rows.push(row);
    }
    let columns = rows[0].len();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut table = format!("{}\n\n", text::plain(&series.summary));
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let pad = widths[column].saturating_sub(cell.chars().count());
            match column {
                0 => table += &format!("{cell}{}", " ".repeat(pad)),
                _ => table += &format!("  {}{cell}", " ".repeat(pad)),
            }
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table += match rows.len() {
        1 => "\nno aspect has a score of 0.01 or more\n",
        _ => "\nscore [95% interval]; * significant\n",
    };
    for note in notes(series) {
        let _ = writeln!(table, "note: {}", text::plain(&note));
    }
    table
}

/// The same as a self-contained page with a drawn curve per aspect, and with what is inside the adapters.
///
/// # Errors
/// [`PlotError`] for numbers that cannot be drawn.
pub fn series_page(
    series: &ExplanationSeries,
    top: usize,
    adapters: &[InspectedFile],
) -> Result<String, PlotError> {
    let title = match series.over {
        SeriesAxis::Scale => format!(
            "Aspects over the scale, compared with {}",
            html(&series.base)
        ),
        SeriesAxis::Snapshot => {
            format!(
                "Aspects over a training, compared with {}",
                html(&series.base)
            )
        }
    };
    let mut page = html_page::opening(&title);
    let _ = write!(
        page,
        "<header>\n<p>{title}</p>\n<h1>{}</h1>\n</header>\n",
        html(&series.summary)
    );
    if let Some(first) = series.explanations.first() {
        page += "<dl class=\"facts\">\n";
        let pairs = ("image pairs", first.pairs.to_string());
        for (name, value) in [pairs].into_iter().chain(made_with(first)) {
            let _ = writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", html(&value));
        }
        page += "</dl>\n";
    }
    if let Some(figure) = figure(series, top)? {
        let _ = write!(
            page,
            "<section>\n<figure class=\"panel chart\">\n{figure}</figure>\n</section>\n"
        );
    }
    page += &match shown(series, top).next() {
        Some(_) => page_table(series, top),
        None => nothing_shown(series),
    };
    page += &adapter_sections(adapters)?;
    let notes = notes(series);
    if !notes.is_empty() {
        page += "<section>\n<h2>Notes</h2>\n<ul>\n";
        for note in notes {
            let _ = writeln!(page, "<li>{}</li>", html(&note));
        }
        page += "</ul>\n</section>\n";
    }
    page += &made(series);
    page += html_page::CLOSING;
    Ok(page)
}

/// Aspects that have a score anywhere, beyond what is written as 0.00.
fn shown(series: &ExplanationSeries, top: usize) -> impl Iterator<Item = &AspectCurve> {
    let any = |curve: &&AspectCurve| curve.most() >= ROUNDS_TO_NOTHING;
    series.curves.iter().filter(any).take(top)
}

fn heads(series: &ExplanationSeries) -> Vec<String> {
    let first = match series.over {
        SeriesAxis::Scale => "aspect / scale",
        SeriesAxis::Snapshot => "aspect / snapshot",
    };
    let mut heads = vec![first.to_string()];
    heads.extend(series.columns.iter().map(|column| {
        let label = text::plain(&column.label);
        match label.chars().count() > HEAD {
            true => {
                let from = label.chars().count() + 1 - HEAD;
                format!("…{}", label.chars().skip(from).collect::<String>())
            }
            false => label,
        }
    }));
    heads
}

fn cell(point: &CurvePoint) -> String {
    if point.score == 0.0 && point.low == 0.0 && point.high == 0.0 {
        return "0".to_string();
    }
    let star = if point.significant { " *" } else { "" };
    let interval = text::interval(point.low, point.high);
    format!("{} [{interval}]{star}", text::number(point.score))
}

/// A line per leading aspect; over snapshots by their place.
fn figure(series: &ExplanationSeries, top: usize) -> Result<Option<String>, PlotError> {
    let position = |place: usize| match series.columns.get(place).and_then(|c| c.scale) {
        Some(scale) => scale,
        None => place as f64,
    };
    let lines: Vec<Series> = shown(series, top.min(LINES))
        .map(|curve| Series {
            name: curve.concept.clone(),
            points: (curve.points.iter().enumerate())
                .map(|(place, point)| SeriesPoint {
                    x: position(place),
                    y: point.score,
                    low: point.low,
                    high: point.high,
                })
                .collect(),
        })
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let points = || lines.iter().flat_map(|line| &line.points);
    let lowest = points().map(|p| p.low).fold(0.0, f64::min);
    let highest = points().map(|p| p.high).fold(LEAST_AXIS, f64::max);
    let chart = LineChart {
        // What is next to nothing looks so.
        y_range: Some((lowest, highest)),
        x_axis: match series.over {
            SeriesAxis::Scale => "scale of the adapter; 0 is the base".to_string(),
            SeriesAxis::Snapshot => "snapshot; 0 is the base".to_string(),
        },
        y_axis: "score with its 95% interval".to_string(),
        series: lines,
        ..LineChart::default()
    };
    chart.svg().map(Some)
}

fn page_table(series: &ExplanationSeries, top: usize) -> String {
    let mut table = String::from(
        "<section>\n<h2>Aspects</h2>\n<div class=\"panel\"><table>\n<thead><tr><th scope=\"col\">Aspect</th>",
    );
    for column in &series.columns {
        let label = html(&column.label);
        let _ = write!(table, "<th scope=\"col\" class=\"number\">{label}</th>");
    }
    table += "</tr></thead>\n<tbody>\n";
    for curve in shown(series, top) {
        let faint = if curve.is_significant() {
            ""
        } else {
            " class=\"faint\""
        };
        let concept = html(&curve.concept);
        let _ = write!(table, "<tr{faint}><th scope=\"row\">{concept}</th>");
        for point in &curve.points {
            let _ = write!(table, "<td class=\"number\">{}</td>", html(&cell(point)));
        }
        table += "</tr>\n";
    }
    table
        + "</tbody>\n</table></div>\n<p class=\"small\">Score [95% interval]; * significant. The base does not differ \
           from itself. Aspects without a score of 0.01 anywhere are not shown.</p>\n</section>\n"
}

/// What stands in the place of curve and table where neither has a row.
fn nothing_shown(series: &ExplanationSeries) -> String {
    let anywhere = match series.over {
        SeriesAxis::Scale => "at any scale",
        SeriesAxis::Snapshot => "in any snapshot",
    };
    format!(
        "<section>\n<h2>Aspects</h2>\n<p>No aspect has a score of 0.01 or more {anywhere}, so there is no curve to draw. What \
         did change, if anything, the summary above says.</p>\n</section>\n"
    )
}

/// Each remark once, in the order of the columns.
fn notes(series: &ExplanationSeries) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for explanation in &series.explanations {
        for note in &explanation.notes {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
    }
    notes
}

/// How the pictures of all columns were made.
fn made(series: &ExplanationSeries) -> String {
    let mut list = String::from(
        "<details>\n<summary>How the pictures were made</summary>\n<div class=\"panel\"><dl>\n",
    );
    let mut said: Vec<String> = Vec::new();
    for explanation in &series.explanations {
        for (side, how) in generated_sides(explanation) {
            if !said.contains(&how) {
                let _ = writeln!(list, "<dt>{side}</dt><dd>{}</dd>", html(&how));
                said.push(how);
            }
        }
    }
    let version = series
        .explanations
        .first()
        .map(|e| e.provenance.version.as_str());
    let _ = writeln!(
        list,
        "<dt>finexl</dt><dd>{}</dd>\n<dt>schema</dt><dd>{}</dd>",
        html(version.unwrap_or_default()),
        html(&series.schema)
    );
    list + "</dl></div>\n</details>\n"
}
