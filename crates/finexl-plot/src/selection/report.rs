//! The report on model selection: one page that needs nothing but itself.

use super::column::heading;
use super::figures::SelectionFigure;
use super::headline::headline;
use super::page_tables::{cell, comparisons, methods, overview, readings, table};
use super::provenance::provenance;
use crate::html_page;
use crate::text::{count, html};
use finexl_core::published::Published;
use finexl_core::selection::{OTHER_RUNS, Role, SelectionRecord, TableColumn};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Targets that are named for a problem.
const NAMED: usize = 5;

/// Everything that the page is made from.
#[derive(Clone, Copy, Debug)]
pub struct SelectionReport<'a> {
    /// Name of the experiment.
    pub name: &'a str,
    /// Its tables.
    pub columns: &'a [TableColumn],
    /// The records behind them.
    pub records: &'a [SelectionRecord],
    /// Its figures, as [`crate::selection_figures`] draws them.
    pub figures: &'a [SelectionFigure],
    /// What others published.
    pub published: &'a Published,
    /// What it was made from, where that was kept.
    pub provenance: Option<&'a Value>,
}

impl SelectionReport<'_> {
    /// The page: headline, what was asked, tables and figures of every column, problems, what was
    /// published, provenance. It holds no script and asks for nothing from elsewhere; all names are
    /// escaped.
    pub fn html(&self) -> String {
        let title = format!("Model selection: {}", html(self.name));
        let mut page = html_page::opening(&title);
        let (sentence, beside) = headline(self.columns);
        let _ = write!(
            page,
            "<header>\n<p>{title}</p>\n<h1>{}</h1>\n<p>{}</p>\n</header>\n",
            html(&sentence),
            html(&beside)
        );
        page += &self.asked();
        page += &self.overview();
        for group in self.groups() {
            page += &self.group(&group);
        }
        page += &self.problems();
        page += &self.published();
        page += &self.provenance();
        page + html_page::CLOSING
    }

    fn asked(&self) -> String {
        let unique = |of: fn(&TableColumn) -> &str| -> Vec<String> {
            let mut names: Vec<String> = Vec::new();
            for name in self.columns.iter().map(of) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_string());
                }
            }
            names
        };
        let mut methods: BTreeMap<Role, Vec<&str>> = BTreeMap::new();
        for row in self.columns.iter().flat_map(|column| &column.rows) {
            let of = methods.entry(row.role).or_default();
            if !of.contains(&&*row.method) {
                of.push(&row.method);
            }
        }
        let of_role = |role: Role| methods.get(&role).map_or(String::new(), |of| of.join(", "));
        let lines = [
            ("pools", unique(|column| &column.pool).join(", ")),
            ("columns", unique(|column| &column.column).join("; ")),
            (
                "who may be selected",
                unique(|column| &column.protocol).join("; "),
            ),
            ("ours", of_role(Role::Ours)),
            ("other ways to explain", of_role(Role::Variant)),
            ("by trained heads", of_role(Role::Head)),
            ("baselines", of_role(Role::Baseline)),
            ("controls, which explain nothing", of_role(Role::Control)),
        ];
        let mut section = String::from(
            "<section>\n<h2>What was asked</h2>\n<p>For every target, which other model of the pool has \
             the most similar explanation? A method is right where that model was personalized like the \
             target. Ties are selected in equal parts, so a method that says nothing scores chance. \
             Intervals are at 95% and resample runs; p values are corrected over the whole table.</p>\n\
             <dl class=\"facts\">\n",
        );
        for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(
                section,
                "<div><dt>{name}</dt><dd>{}</dd></div>",
                html(value)
            );
        }
        section + "</dl>\n</section>\n"
    }

    fn overview(&self) -> String {
        let table = overview(self.columns);
        if table.is_empty() {
            return String::new();
        }
        let figures = self.figures_of(None);
        format!(
            "<section>\n<h2>Beside the best baseline, {OTHER_RUNS}</h2>\n{table}{figures}</section>\n"
        )
    }

    /// Places of the columns that differ by who may be selected only, other runs first.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let same = |group: &&mut Vec<usize>| {
                let first = &self.columns[group[0]];
                first.pool == column.pool && first.column == column.column
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.push(index),
                None => groups.push(vec![index]),
            }
        }
        for group in &mut groups {
            group.sort_by_key(|index| self.columns[*index].protocol != OTHER_RUNS);
        }
        groups
    }

    fn group(&self, group: &[usize]) -> String {
        let heading = heading(&self.columns[group[0]]);
        let mut section = format!("<section>\n<h2>{}</h2>\n", html(&heading));
        for (place, index) in group.iter().enumerate() {
            let protocol = html(&self.columns[*index].protocol);
            match place {
                0 => section += &self.column(*index),
                _ => {
                    let _ = write!(
                        section,
                        "<details>\n<summary>The same, {protocol}</summary>\n{}</details>\n",
                        self.column(*index)
                    );
                }
            }
        }
        section + "</section>\n"
    }

    fn column(&self, index: usize) -> String {
        let column = &self.columns[index];
        format!(
            "<p class=\"small\">{} of {}; {}.</p>\n{}{}{}{}",
            count(column.targets, "target"),
            count(column.runs, "run"),
            html(&column.protocol),
            methods(column, self.published),
            comparisons(column),
            readings(column),
            self.figures_of(Some(index)),
        )
    }

    fn figures_of(&self, column: Option<usize>) -> String {
        let figures = self.figures.iter().filter(|f| f.column == column);
        figures
            .map(|f| format!("<figure class=\"panel chart\">\n{}</figure>\n", f.svg))
            .collect()
    }

    /// Methods that failed, with the reason and how often; each target once, whatever the columns.
    fn problems(&self) -> String {
        let mut problems: BTreeMap<(&str, &str), BTreeSet<(&str, &str)>> = BTreeMap::new();
        for record in self.records {
            if let Some(problem) = &record.problem {
                let targets = problems.entry((&record.method, problem)).or_default();
                targets.insert((&record.pool, &record.target));
            }
        }
        if problems.is_empty() {
            return String::new();
        }
        let mut rows = String::new();
        for ((method, problem), targets) in &problems {
            let named: Vec<String> = targets
                .iter()
                .take(NAMED)
                .map(|(pool, target)| html(&format!("{pool}/{target}")))
                .collect();
            let more = match targets.len() > NAMED {
                true => ", \u{2026}",
                false => "",
            };
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{}</th><td>{}<span class=\"range\">{}{more}</span></td>{}</tr>",
                html(method),
                html(problem),
                named.join(", "),
                cell(&targets.len().to_string()),
            );
        }
        format!(
            "<section>\n<h2>Problems</h2>\n<p class=\"small\">A method without an answer counts as one \
             without preference.</p>\n{}</section>\n",
            table(2, &["Method", "Why there is no answer", "Targets"], &rows)
        )
    }

    fn published(&self) -> String {
        let mut rows = String::new();
        for row in &self.published.rows {
            let _ = writeln!(
                rows,
                "<tr><td>{}, {}</td><td>{}</td><td>{}</td><td>{}</td>{}</tr>",
                row.source.name(),
                html(&row.table),
                html(&row.column),
                html(&row.method),
                html(&row.figure),
                cell(&format!("{:.3}", row.value)),
            );
        }
        let heads = ["Source", "Column", "Method", "Figure", "Value"];
        format!(
            "<details>\n<summary>All published figures</summary>\n<p class=\"small\">{}. None was measured \
             here, and none is of our pools; LPIPS depends on the network behind it.</p>\n{}</details>\n",
            html(&self.published.from),
            table(4, &heads, &rows)
        )
    }

    fn provenance(&self) -> String {
        match self.provenance {
            Some(document) => format!(
                "<details>\n<summary>Provenance</summary>\n{}</details>\n",
                provenance(document)
            ),
            None => {
                "<p class=\"small\">No provenance.json stands beside the records.</p>\n".to_string()
            }
        }
    }
}
