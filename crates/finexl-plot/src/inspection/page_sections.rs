//! The sections of the page.

use super::words;
use crate::text::{self, html};
use finexl_core::inspection::{BlockFacts, Comparison, Entry, InspectedFile};
use std::fmt::Write;

/// Tags that are shown.
const TAGS: usize = 30;

/// A table whose first column is the heading of its row.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = String::from("<div class=\"panel\"><table>\n<thead><tr>");
    for (column, name) in head.iter().enumerate() {
        let class = if column == 0 { "" } else { " class=\"number\"" };
        let _ = write!(table, "<th scope=\"col\"{class}>{name}</th>");
    }
    table += "</tr></thead>\n<tbody>\n";
    for row in rows {
        table += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let cell = html(cell);
            let _ = match column {
                0 => write!(table, "<th scope=\"row\">{cell}</th>"),
                _ => write!(table, "<td class=\"number\">{cell}</td>"),
            };
        }
        table += "</tr>\n";
    }
    table + "</tbody>\n</table></div>\n"
}

/// Sentences under a heading; nothing where there are none.
pub(super) fn list(title: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let mut section = format!("<section>\n<h2>{title}</h2>\n<ul>\n");
    for sentence in sentences {
        let _ = writeln!(section, "<li>{}</li>", html(sentence));
    }
    section + "</ul>\n</section>\n"
}

/// What the file is.
pub(super) fn facts(file: &InspectedFile) -> String {
    let mut list = String::from("<dl class=\"facts\">\n");
    for (name, value) in words::facts(file) {
        let _ = writeln!(list, "<div><dt>{name}</dt><dd>{}</dd></div>", html(&value));
    }
    list + "</dl>\n"
}

/// Strength by block and by what layers are there for.
pub(super) fn block_table(file: &InspectedFile) -> String {
    if file.blocks.is_empty() {
        return String::new();
    }
    let relative = file.blocks.iter().any(|block| block.relative.is_some());
    let mut head = vec![
        "Block",
        "Layers",
        "Rank",
        "Alpha",
        "Scale",
        "Norm",
        "Spectral",
        "Effective rank",
        "Share",
    ];
    if relative {
        head.push("Relative");
    }
    let row = |block: &BlockFacts| {
        let mut row = vec![
            block.block.clone(),
            block.layers.to_string(),
            words::ranks(block),
            words::alphas(block),
            words::scales(block),
            words::optional(block.norm),
            words::optional(block.spectral),
            words::optional(block.effective_rank),
            words::share(block.share),
        ];
        if relative {
            row.push(words::optional(block.relative));
        }
        row
    };
    let places = table(
        &["Layers for", "Layers", "Norm", "Share"],
        file.places.iter().map(|place| {
            vec![
                place.place.clone(),
                place.layers.to_string(),
                words::optional(place.norm),
                words::share(place.share),
            ]
        }),
    );
    format!(
        "<section>\n<h2>Blocks</h2>\n{}{places}</section>\n",
        table(&head, file.blocks.iter().map(row))
    )
}

/// Entries of the metadata.
pub(super) fn entries(title: &str, entries: &[Entry]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let mut section =
        format!("<section>\n<h2>{title}</h2>\n<div class=\"panel\"><table>\n<tbody>\n");
    for entry in entries {
        let _ = writeln!(
            section,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            html(&entry.key),
            html(&entry.value)
        );
    }
    section + "</tbody>\n</table></div>\n</section>\n"
}

/// Tags of the captions.
pub(super) fn tags(file: &InspectedFile) -> String {
    if file.tags.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>Tags</h2>\n<p>{}</p>\n\
         <p class=\"small\">Frequent in the training's captions, not necessarily triggers.</p>\n</section>\n",
        html(&words::tags(file, TAGS))
    )
}

/// Every layer, folded away.
pub(super) fn layer_table(file: &InspectedFile) -> String {
    if file.layers.is_empty() {
        return String::new();
    }
    let rows = file.layers.iter().map(|layer| {
        vec![
            layer.path.clone(),
            layer.kind.clone(),
            layer.rank.map_or("-".to_string(), |rank| rank.to_string()),
            words::optional(layer.alpha),
            words::figure(layer.scale),
            words::optional(layer.norm),
            words::optional(layer.spectral),
            words::optional(layer.effective_rank),
        ]
    });
    let head = [
        "Layer",
        "Kind",
        "Rank",
        "Alpha",
        "Scale",
        "Norm",
        "Spectral",
        "Effective rank",
    ];
    format!(
        "<details>\n<summary>All {}</summary>\n{}</details>\n",
        text::count(file.layers.len(), "layer"),
        table(&head, rows)
    )
}

/// How alike two files are.
pub(super) fn comparison(found: &Comparison) -> String {
    let rows = found.blocks.iter().map(|block| {
        vec![
            block.block.clone(),
            block.shared.to_string(),
            words::cosine(block.cosine),
            words::figure(block.norms[0]),
            words::figure(block.norms[1]),
        ]
    });
    let head = ["Block", "Layers in common", "Cosine", "Norm 1", "Norm 2"];
    let layers = found.layers.iter().map(|layer| {
        vec![
            layer.path.clone(),
            words::cosine(layer.cosine),
            words::figure(layer.norms[0]),
            words::figure(layer.norms[1]),
        ]
    });
    format!(
        "<section>\n<p>{} in common, {} in the first file only, {} in the second only.</p>\n{}\
         <details>\n<summary>By layer</summary>\n{}</details>\n{}</section>\n",
        text::count(found.shared, "layer"),
        found.only_first,
        found.only_second,
        table(&head, rows),
        table(&["Layer", "Cosine", "Norm 1", "Norm 2"], layers),
        list("Notes", &found.notes)
    )
}
