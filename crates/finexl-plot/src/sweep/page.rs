//! The report of a sweep: one page that needs nothing but itself.

use super::effects::{effects, interactions};
use super::figures::SweepFigure;
use crate::html_page;
use crate::text::{html, number};
use finexl_core::sweep::{Figure, SweepRow, SweepTableRecord};
use std::fmt::Write;

/// Rows that are named as the highest of a figure, and interactions.
const BEST: usize = 10;
const INTERACTIONS: usize = 5;
/// Most rows of the table on the page; all are in the CSV.
const MOST_ROWS: usize = 5000;

/// Shows and hides rows by what is chosen above them.
const SCRIPT: &str = "<script>
const choices = [...document.querySelectorAll('select[data-column]')];
const show = () => document.querySelectorAll('#all tbody tr').forEach(row => {
  row.hidden = !choices.every(c => c.value === '' || row.cells[c.dataset.column].textContent === c.value);
});
choices.forEach(c => c.addEventListener('change', show));
document.querySelectorAll('#all thead th').forEach((head, column) => head.addEventListener('click', () => {
  const body = document.querySelector('#all tbody');
  const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const order = head.dataset.order = head.dataset.order === 'falling' ? 'rising' : 'falling';
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    const both = x !== '' && y !== '' && !isNaN(x) && !isNaN(y);
    return both ? x - y : x.localeCompare(y);
  };
  [...body.rows].sort((a, b) => order === 'rising' ? compare(a, b) : compare(b, a)).forEach(r => body.append(r));
}));
</script>
";

/// The page: what was swept, what matters most for every chosen figure, figures, the highest cells, and the table with
/// filters. All names are escaped, and nothing is asked for from elsewhere.
pub fn sweep_page(record: &SweepTableRecord, chosen: &[usize], drawn: &[SweepFigure]) -> String {
    let title = format!("Sweep: {}", html(&record.name));
    let mut page = html_page::opening(&title);
    let cells: std::collections::BTreeSet<usize> = record.rows.iter().map(|row| row.cell).collect();
    let _ = write!(
        page,
        "<header>\n<p>{title}</p>\n<h1>{} rows of {} cells of [{}]</h1>\n",
        record.rows.len(),
        cells.len(),
        html(&record.kind)
    );
    for note in &record.notes {
        let _ = writeln!(page, "<p>{}</p>", html(note));
    }
    page.push_str("</header>\n");
    page += &axes(record);
    for figure in chosen {
        page += &of_figure(record, *figure, drawn);
    }
    page += &all_rows(record);
    page + SCRIPT + html_page::CLOSING
}

fn axes(record: &SweepTableRecord) -> String {
    let mut section = String::from("<section>\n<h2>What was swept</h2>\n<dl class=\"facts\">\n");
    for column in &record.columns[..record.axes] {
        let labels: Vec<String> = column
            .labels
            .iter()
            .take(12)
            .map(|label| html(label))
            .collect();
        let more = if column.labels.len() > 12 {
            ", …"
        } else {
            ""
        };
        let _ = writeln!(
            section,
            "<div><dt>{}</dt><dd>{}{more}</dd></div>",
            html(&column.name),
            labels.join(", ")
        );
    }
    section + "</dl>\n</section>\n"
}

fn of_figure(record: &SweepTableRecord, figure: usize, drawn: &[SweepFigure]) -> String {
    let name = html(&record.figures[figure]);
    let mut section = format!("<section>\n<h2>{name}</h2>\n");
    section += &effect_table(record, figure);
    for one in drawn.iter().filter(|one| one.figure == figure) {
        let _ = writeln!(
            section,
            "<figure class=\"panel chart\">{}</figure>",
            one.svg
        );
    }
    section + &highest(record, figure) + "</section>\n"
}

fn effect_table(record: &SweepTableRecord, figure: usize) -> String {
    let mut table = String::from(
        "<div class=\"panel\"><table><thead><tr><th>axis</th><th class=\"number\">range of means</th>\
         <th>highest at</th><th>lowest at</th></tr></thead><tbody>\n",
    );
    let found = effects(record, figure);
    if found.is_empty() {
        return String::new();
    }
    for effect in found {
        let [high, low] = effect.extremes;
        let _ = writeln!(
            table,
            "<tr><th>{}</th><td class=\"number\">{}</td><td>{}</td><td>{}</td></tr>",
            html(&record.columns[effect.column].name),
            number(effect.range),
            html(&high),
            html(&low)
        );
    }
    table.push_str("</tbody></table></div>\n");
    let together: Vec<String> = interactions(record, figure)
        .into_iter()
        .take(INTERACTIONS)
        .map(|one| {
            let [a, b] = one.columns.map(|column| html(&record.columns[column].name));
            format!("{a} with {b} ({})", number(one.size))
        })
        .collect();
    if !together.is_empty() {
        let _ = writeln!(
            table,
            "<p class=\"small\">What depends on each other, by the root mean square of what is left of the means when \
             both effects are taken off: {}.</p>",
            together.join(", ")
        );
    }
    table
}

fn highest(record: &SweepTableRecord, figure: usize) -> String {
    let mut rows: Vec<(&SweepRow, Figure)> = record
        .rows
        .iter()
        .filter_map(|row| Some((row, row.figures[figure]?)))
        .collect();
    rows.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    let mut table = String::from("<h2>Highest</h2>\n<div class=\"panel\"><table><thead><tr>");
    for column in &record.columns {
        let _ = write!(table, "<th>{}</th>", html(&column.name));
    }
    let _ = writeln!(
        table,
        "<th class=\"number\">{}</th></tr></thead><tbody>",
        html(&record.figures[figure])
    );
    for (row, figure) in rows.into_iter().take(BEST) {
        table.push_str("<tr>");
        for value in &row.values {
            let _ = write!(table, "<td>{}</td>", html(value));
        }
        let _ = writeln!(table, "{}</tr>", shown(Some(figure)));
    }
    table + "</tbody></table></div>\n"
}

/// A figure in a cell of a table, with its interval.
fn shown(figure: Option<Figure>) -> String {
    let Some(figure) = figure else {
        return "<td class=\"number\"></td>".to_string();
    };
    let range = match (figure.low, figure.high) {
        (Some(low), Some(high)) => {
            format!(
                "<span class=\"range\">{} to {}</span>",
                number(low),
                number(high)
            )
        }
        _ => String::new(),
    };
    format!(
        "<td class=\"number\" data-value=\"{}\">{}{range}</td>",
        figure.value,
        number(figure.value)
    )
}

fn all_rows(record: &SweepTableRecord) -> String {
    let mut section = String::from("<section>\n<h2>All rows</h2>\n<p class=\"small\">");
    for (place, column) in record.columns.iter().enumerate() {
        if column.labels.len() < 2 || column.labels.len() > 60 {
            continue;
        }
        let _ = write!(
            section,
            "<label>{} <select data-column=\"{place}\"><option value=\"\">all</option>",
            html(&column.name)
        );
        for label in &column.labels {
            let _ = write!(section, "<option>{}</option>", html(label));
        }
        section.push_str("</select></label> ");
    }
    section.push_str(
        "A click on a head sorts.</p>\n<div class=\"panel\"><table id=\"all\"><thead><tr>",
    );
    for column in &record.columns {
        let _ = write!(section, "<th>{}</th>", html(&column.name));
    }
    for figure in &record.figures {
        let _ = write!(section, "<th class=\"number\">{}</th>", html(figure));
    }
    section.push_str("</tr></thead><tbody>\n");
    for row in record.rows.iter().take(MOST_ROWS) {
        section.push_str("<tr>");
        for value in &row.values {
            let _ = write!(section, "<td>{}</td>", html(value));
        }
        for figure in &row.figures {
            section += &shown(*figure);
        }
        section.push_str("</tr>\n");
    }
    section.push_str("</tbody></table></div>\n");
    if record.rows.len() > MOST_ROWS {
        let _ = writeln!(
            section,
            "<p class=\"small\">The first {MOST_ROWS} of {} rows; table.csv has all.</p>",
            record.rows.len()
        );
    }
    section + "</section>\n"
}
