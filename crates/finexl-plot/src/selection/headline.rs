//! What came of an experiment, in a sentence.

use super::column::{beside_best, finite, heading, is_pooled, ours};
use crate::text::percent;
use finexl_core::selection::{Figure, OTHER_RUNS, TableColumn};

/// What all columns of other runs together say (else the first one), and what is to be read beside it: the
/// relative gain, and the further columns.
pub(super) fn headline(columns: &[TableColumn]) -> (String, String) {
    let mut of_other_runs: Vec<&TableColumn> = columns
        .iter()
        .filter(|c| c.protocol == OTHER_RUNS)
        .collect();
    of_other_runs.sort_by_key(|column| !is_pooled(column));
    let mut of_other_runs = of_other_runs.into_iter();
    let told = of_other_runs.find_map(|column| Some((column, sentence(column)?)));
    let Some((column, sentence)) = told else {
        let nothing = "No baseline whose error could be removed stands beside the default method.";
        return (nothing.to_string(), String::new());
    };
    let others: Vec<f64> = of_other_runs
        .filter_map(|column| Some(removed(column)?.value))
        .collect();
    let mut beside = gain(column);
    if let [first, ..] = others[..] {
        let low = others.iter().copied().fold(first, f64::min);
        let high = others.iter().copied().fold(first, f64::max);
        beside.push(match others.len() {
            1 => format!("In the other column the share is {}.", percent(first)),
            count => format!(
                "In the {count} other columns the share is {} to {}.",
                percent(low),
                percent(high)
            ),
        });
    }
    (sentence, beside.join(" "))
}

/// The share of the best baseline's error that ours removes, where it can be told.
pub(super) fn removed(column: &TableColumn) -> Option<Figure> {
    beside_best(column)?.error_removed.filter(finite)
}

/// Our default method beside the best baseline of a column.
fn sentence(column: &TableColumn) -> Option<String> {
    let (ours, best, removed) = (ours(column)?, beside_best(column)?, removed(column)?);
    let range = format!(
        "95% interval {} to {}",
        percent(removed.low),
        percent(removed.high)
    );
    let does = match removed.value < 0.0 {
        true => format!(
            "makes {} more error ({range} removed) than",
            percent(-removed.value)
        ),
        false => format!(
            "removes {} ({range}) of the error of",
            percent(removed.value)
        ),
    };
    let unsure = match removed.low <= 0.0 && removed.high >= 0.0 {
        true => " The interval holds 0.",
        false => "",
    };
    Some(format!(
        "On {} ({}), {} {does} the best baseline, {}.{unsure}",
        heading(column),
        column.protocol,
        ours.method,
        best.other,
    ))
}

/// The relative gain, as the paper reports it, beside the largest that is possible.
fn gain(column: &TableColumn) -> Vec<String> {
    let best = beside_best(column);
    let gains = best.and_then(|best| best.relative_gain.zip(best.possible_gain));
    let told = gains.map(|(gain, possible)| {
        format!(
            "The relative gain is {:+.0}%, where {:+.0}% is possible.",
            100.0 * gain,
            100.0 * possible
        )
    });
    told.into_iter().collect()
}
