//! What came of an experiment, in a sentence.

use super::column::{beside_best, finite, heading, ours};
use crate::text::percent;
use finexl_core::selection::{Figure, OTHER_RUNS, TableColumn};

/// The sentence on the first column of other runs, and the range over the further ones.
pub(super) fn headline(columns: &[TableColumn]) -> String {
    let mut of_other_runs = columns.iter().filter(|c| c.protocol == OTHER_RUNS);
    let told = of_other_runs.find_map(|column| Some((column, removed(column)?)));
    let Some((column, _)) = told else {
        return "No baseline whose error could be removed stands beside the default method."
            .to_string();
    };
    let others: Vec<f64> = of_other_runs
        .filter_map(|column| Some(removed(column)?.value))
        .collect();
    let mut text = sentence(column).unwrap_or_default();
    if let [first, ..] = others[..] {
        let low = others.iter().copied().fold(first, f64::min);
        let high = others.iter().copied().fold(first, f64::max);
        text.push_str(&match others.len() {
            1 => format!(" In the other column it is {}.", percent(first)),
            count => format!(
                " In the {count} other columns it is {} to {}.",
                percent(low),
                percent(high)
            ),
        });
    }
    text
}

/// The share of the best baseline's error that ours removes, where it can be told.
pub(super) fn removed(column: &TableColumn) -> Option<Figure> {
    beside_best(column)?.error_removed.filter(finite)
}

/// Our default method beside the best baseline of a column.
fn sentence(column: &TableColumn) -> Option<String> {
    let (ours, best, removed) = (ours(column)?, beside_best(column)?, removed(column)?);
    let does = match removed.value < 0.0 {
        true => format!("makes {} more error than", percent(-removed.value)),
        false => format!("removes {} of the error of", percent(removed.value)),
    };
    let unsure = match removed.low <= 0.0 && removed.high >= 0.0 {
        true => ", an interval that holds 0",
        false => "",
    };
    let gain = match (best.relative_gain, best.possible_gain) {
        (Some(gain), Some(possible)) => format!(
            " Its relative gain is {:+.0}%; {:+.0}% would be possible.",
            100.0 * gain,
            100.0 * possible
        ),
        _ => String::new(),
    };
    Some(format!(
        "On {}, {} {does} the best baseline, {} (95% interval {} to {}{unsure}; {}).{gain}",
        heading(column),
        ours.method,
        best.other,
        percent(removed.low),
        percent(removed.high),
        column.protocol,
    ))
}
