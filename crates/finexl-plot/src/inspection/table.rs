//! The table that `finexl inspect` prints.

use super::lines::{columns, marked, named};
use super::words;
use crate::text;
use finexl_core::inspection::{Comparison, InspectedFile, Inspection};

/// Tags that are shown.
const TAGS: usize = 12;

/// An inspection for a terminal of 80 columns, ending with a newline.
pub fn inspection_table(inspection: &Inspection) -> String {
    let mut lines = Vec::new();
    for file in &inspection.files {
        one_file(&mut lines, file);
        lines.push(String::new());
    }
    if let Some(comparison) = &inspection.comparison {
        comparison_lines(&mut lines, comparison);
        lines.push(String::new());
    }
    lines.join("\n")
}

fn one_file(lines: &mut Vec<String>, file: &InspectedFile) {
    let title = format!("{}: {}", file.name, words::headline(file));
    lines.extend(text::wrap(&text::plain(&title), super::lines::WIDTH));
    lines.push(String::new());
    for problem in &file.problems {
        marked(lines, "problem: ", problem);
    }
    for suspicion in &file.suspicions {
        marked(lines, "suspicious: ", suspicion);
    }
    if !file.problems.is_empty() || !file.suspicions.is_empty() {
        lines.push(String::new());
    }
    for (name, value) in words::facts(file) {
        named(lines, name, &value);
    }
    if !file.blocks.is_empty() {
        lines.push(String::new());
        blocks(lines, file);
        lines.push(String::new());
        named(lines, "shares", &words::places(file));
        named(lines, "", &format!("({})", words::PLACES));
    }
    header(lines, file);
    for note in &file.notes {
        marked(lines, "note: ", note);
    }
    if let Some(left_out) = words::left_out(file) {
        marked(lines, "note: ", &left_out);
    }
}

fn blocks(lines: &mut Vec<String>, file: &InspectedFile) {
    let relative = file.blocks.iter().any(|block| block.relative.is_some());
    let mut head = vec![
        "block",
        "layers",
        "rank",
        "alpha",
        "scale",
        "norm",
        "spectral",
        "eff. rank",
        "share",
    ];
    if relative {
        head.push("relative");
    }
    let row = |block: &finexl_core::inspection::BlockFacts| {
        let mut row = vec![
            text::plain(&block.block),
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
    let rows: Vec<Vec<String>> = file.blocks.iter().map(row).collect();
    columns(lines, &head, &rows);
}

fn header(lines: &mut Vec<String>, file: &InspectedFile) {
    let sections = [
        ("Trigger words", &file.triggers),
        ("Training", &file.training),
        ("Private metadata", &file.private),
    ];
    for (title, entries) in sections {
        if !entries.is_empty() {
            lines.push(String::new());
            lines.push(title.to_string());
        }
        for entry in entries {
            let key = entry
                .key
                .trim_start_matches("ss_")
                .trim_start_matches("modelspec.");
            marked(lines, "  ", &format!("{key}: {}", entry.value));
        }
        if title == "Trigger words" && !file.tags.is_empty() {
            lines.push(String::new());
            lines.push("Frequent in the training's captions, not necessarily triggers".to_string());
            marked(lines, "  ", &words::tags(file, TAGS));
        }
    }
    if !file.training.is_empty() || !file.tags.is_empty() || !file.private.is_empty() {
        lines.push(String::new());
    }
}

fn comparison_lines(lines: &mut Vec<String>, comparison: &Comparison) {
    let cosine = match comparison.cosine {
        Some(_) => format!(
            "cosine of the two changes: {}",
            words::cosine(comparison.cosine)
        ),
        None => {
            "the two changes have no cosine, as one of them has no norm or is all zero".to_string()
        }
    };
    let whole = format!(
        "Both files: {cosine}; {} in common, {} in the first only, {} in the second only",
        text::count(comparison.shared, "layer"),
        comparison.only_first,
        comparison.only_second
    );
    lines.extend(text::wrap(&whole, super::lines::WIDTH));
    lines.push(String::new());
    let rows: Vec<Vec<String>> = (comparison.blocks.iter())
        .map(|block| {
            vec![
                text::plain(&block.block),
                block.shared.to_string(),
                words::cosine(block.cosine),
                words::figure(block.norms[0]),
                words::figure(block.norms[1]),
            ]
        })
        .collect();
    columns(
        lines,
        &["block", "layers in common", "cosine", "norm 1", "norm 2"],
        &rows,
    );
    for note in &comparison.notes {
        marked(lines, "note: ", note);
    }
}
