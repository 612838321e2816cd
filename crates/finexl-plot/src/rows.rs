//! Which aspects are shown and what is said of each: the same in table, chart, report and card.

use crate::text;
use finexl_core::explanation::{AspectScore, Explanation};

/// The aspects that are shown, in the record's order, and what is left out.
pub(crate) struct Shown<'a> {
    /// Shown aspects.
    pub rows: Vec<&'a AspectScore>,
    /// The others, of which most have no score at all.
    pub others: Vec<&'a AspectScore>,
}

impl<'a> Shown<'a> {
    /// The `top` aspects with the largest scores in size. Aspects without any score say nothing,
    /// so they are left out even where there is room.
    pub fn of(explanation: &'a Explanation, top: usize) -> Self {
        let aspects = &explanation.aspects;
        let mut order: Vec<usize> = (0..aspects.len())
            .filter(|&i| aspects[i].significant || aspects[i].score != 0.0)
            .collect();
        order.sort_by(|&a, &b| aspects[b].score.abs().total_cmp(&aspects[a].score.abs()));
        order.truncate(top);
        order.sort_unstable();
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        for (index, aspect) in aspects.iter().enumerate() {
            if order.binary_search(&index).is_ok() {
                rows.push(aspect);
            } else {
                others.push(aspect);
            }
        }
        Self { rows, others }
    }

    /// "138 more aspects are not shown, 2 of them significant", where there are any.
    pub fn left_out(&self) -> Option<String> {
        let significant = self.others.iter().filter(|a| a.significant).count();
        match self.others.len() {
            0 => None,
            1 => Some(format!(
                "1 more aspect is not shown, {}significant",
                if significant == 0 { "not " } else { "" }
            )),
            n => Some(format!(
                "{n} more aspects are not shown, {} of them significant",
                if significant == 0 {
                    "none".to_owned()
                } else {
                    significant.to_string()
                }
            )),
        }
    }
}

/// What is concluded of one aspect, in few words.
pub(crate) fn verdict(explanation: &Explanation, aspect: &AspectScore) -> String {
    if aspect.significant {
        text::plain(&aspect.wording)
    } else if explanation.testable {
        "not significant".into()
    } else {
        "too few pairs to tell".into()
    }
}

/// What the score is, to be read after "score: ".
pub(crate) fn scale(explanation: &Explanation) -> &'static str {
    if explanation.calibrated {
        "level from 0 (unchanged) to 1 (as strong as it gets)"
    } else {
        "raw weight, comparable within this result only"
    }
}
