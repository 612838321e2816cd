//! The HTML report: one page that needs nothing but itself.

use crate::chart::{ChartOptions, aspect_chart};
use crate::error::PlotError;
use crate::html_maps::maps;
use crate::html_page;
use crate::html_pairs::{PagePairs, all_pairs, telling_pairs};
use crate::inspection::adapter_sections;
use crate::rows::{Shown, change_facts, generated_sides, made_with, rule, scale, verdict};
use crate::text::{self, html};
use finexl_core::explanation::{AspectScore, Explanation};
use finexl_core::inspection::InspectedFile;
use std::fmt::Write;

/// The explanation as a self-contained HTML page: summary, chart, table, where in the pictures aspects show, pairs, what is
/// inside the adapters, notes, provenance.
///
/// The page holds no script and asks for nothing from elsewhere; all names are escaped.
///
/// # Errors
/// As [`aspect_chart`].
pub fn html_report(
    explanation: &Explanation,
    pairs: &PagePairs<'_>,
    adapters: &[InspectedFile],
    options: &ChartOptions,
) -> Result<String, PlotError> {
    let chart = aspect_chart(explanation, options)?;
    let shown = Shown::of(explanation, options.top);
    let title = format!(
        "{} compared with {}",
        html(&explanation.personalized),
        html(&explanation.base)
    );
    let mut page = html_page::opening(&title);
    let _ = write!(
        page,
        "<header>\n<p>{title}</p>\n<h1>{}</h1>\n</header>\n",
        html(&explanation.summary)
    );
    page += &facts(explanation);
    let _ = write!(
        page,
        "<section>\n<figure class=\"panel chart\">\n{chart}</figure>\n</section>\n"
    );
    page += &aspects(explanation, &shown);
    page += &maps(&shown);
    page += &telling_pairs(&pairs.telling);
    page += &all_pairs(pairs);
    page += &adapter_sections(adapters)?;
    page += &notes(explanation);
    page += &provenance(explanation);
    page += html_page::CLOSING;
    Ok(page)
}

fn facts(explanation: &Explanation) -> String {
    let facts = [
        ("image pairs", explanation.pairs.to_string()),
        ("not explained", text::percent(explanation.unexplained)),
    ];
    let whole = change_facts(explanation);
    let mut list = String::from("<dl class=\"facts\">\n");
    let facts = facts.into_iter().chain(whole);
    for (name, value) in facts.chain(made_with(explanation)) {
        let _ = writeln!(list, "<div><dt>{name}</dt><dd>{}</dd></div>", html(&value));
    }
    list + "</dl>\n"
}

fn aspects(explanation: &Explanation, shown: &Shown<'_>) -> String {
    if explanation.aspects.is_empty() {
        return String::new();
    }
    let mut section = String::from("<section>\n<h2>Aspects</h2>\n");
    if !shown.rows.is_empty() {
        section += &table(&shown.rows);
    }
    let _ = writeln!(
        section,
        "<p class=\"small\">Score: {}. {}</p>",
        scale(explanation),
        html(&rule(explanation).unwrap_or_default())
    );
    if let Some(left_out) = shown.left_out() {
        let _ = write!(
            section,
            "<details>\n<summary>{left_out}</summary>\n{}</details>\n",
            table(&shown.others)
        );
    }
    section + "</section>\n"
}

fn table(rows: &[&AspectScore]) -> String {
    let mut table = String::from(
        "<div class=\"panel\"><table>\n<thead><tr><th scope=\"col\">Aspect</th>\
         <th scope=\"col\" class=\"number\">Score</th>\
         <th scope=\"col\" class=\"number\">95% interval</th>\
         <th scope=\"col\" class=\"number\">Adjusted p</th>\
         <th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n",
    );
    for aspect in rows {
        let faint = if aspect.significant {
            ""
        } else {
            " class=\"faint\""
        };
        let _ = writeln!(
            table,
            "<tr{faint}><th scope=\"row\">{}</th><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td title=\"{}\">{}</td></tr>",
            html(&aspect.concept),
            text::number(aspect.score),
            text::interval(aspect.low, aspect.high),
            html(&text::p_value(aspect.p_adjusted)),
            html(&aspect.decision.because),
            html(&verdict(aspect)),
        );
    }
    table + "</tbody>\n</table></div>\n"
}

fn notes(explanation: &Explanation) -> String {
    if explanation.notes.is_empty() {
        return String::new();
    }
    let mut section = String::from("<section>\n<h2>Notes</h2>\n<ul>\n");
    for note in &explanation.notes {
        let _ = writeln!(section, "<li>{}</li>", html(note));
    }
    section + "</ul>\n</section>\n"
}

fn provenance(explanation: &Explanation) -> String {
    let from = &explanation.provenance;
    let mut fields = vec![
        ("finexl", from.version.clone()),
        ("seed", from.seed.to_string()),
        ("device", from.device.clone()),
        ("encoder", from.encoder.to_string()),
        ("images", from.images.to_string()),
        ("vocabulary", from.vocabulary.to_string()),
        ("settings", from.settings.to_string()),
    ];
    let sources = [
        ("head", &from.head),
        ("references", &from.references),
        ("calibration", &from.calibration),
    ];
    for (what, source) in sources {
        let said = source
            .iter()
            .map(|s| format!("{}, {}", s.name, s.fingerprint));
        fields.extend(said.map(|said| (what, said)));
    }
    for (side, how) in generated_sides(explanation) {
        let name = match side {
            "base" => "images of the base",
            _ => "personalized images",
        };
        fields.push((name, how));
    }
    let code = from
        .code
        .iter()
        .map(|(name, version)| format!("{name} {version}"));
    fields.extend([
        ("versions of the code", code.collect::<Vec<_>>().join(", ")),
        (
            "length of the mean divergence",
            text::number(explanation.divergence),
        ),
        ("raw residual", text::number(explanation.residual)),
        ("fitted residual", text::number(explanation.residual_fitted)),
        ("schema", explanation.schema.clone()),
    ]);
    let mut list =
        String::from("<details>\n<summary>Provenance</summary>\n<div class=\"panel\"><dl>\n");
    for (name, value) in fields {
        let _ = writeln!(list, "<dt>{name}</dt><dd>{}</dd>", html(&value));
    }
    list + "</dl></div>\n</details>\n"
}
