//! What an experiment's explanations say beside what is known of the models, as a table.

use crate::{Error, Explanation};
use finexl_core::experiment::StyleShare;
use finexl_eval::write_figures;
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the table in the folder of an experiment.
const FILE: &str = "summary.csv";

/// What is known of a model that is explained.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Its name.
    pub name: String,
    /// Its name with its scale, where there are several; that of its reports.
    pub model: String,
    /// Aspects that were applied or trained, with their levels.
    pub aspects: BTreeMap<String, f32>,
    /// Whether the levels are those of what pictures show, and not of what a model was trained on.
    pub exact: bool,
    /// The scale, level or dial that the model is at.
    pub level: Option<f64>,
}

impl Known {
    /// A model of which nothing is known.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_string(),
            model: name.to_string(),
            ..Self::default()
        }
    }

    /// A model that was trained on images of styles.
    pub fn of_styles(name: &str, styles: &[StyleShare]) -> Self {
        let mut known = Self::named(name);
        for (aspect, level) in styles.iter().flat_map(|style| &style.aspects) {
            let highest = known.aspects.entry(aspect.clone()).or_insert(*level);
            *highest = highest.max(*level);
        }
        known
    }
}

/// A figure of one explanation.
#[derive(serde::Serialize)]
struct Row {
    model: String,
    method: String,
    aspects: String,
    level: Option<f64>,
    name: &'static str,
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

/// Figures of the explanations of an experiment.
#[derive(Default)]
pub(super) struct Figures {
    rows: Vec<Row>,
}

impl Figures {
    /// Adds those of an explanation.
    ///
    /// - `score`: mean score of the aspects that are known, with the interval where it is one;
    /// - `named`: the share of them among as many first aspects;
    /// - `significant`: the share of them that is significant;
    /// - `level-error`: mean distance of their scores from their levels, where these are exact;
    /// - `others`: significant aspects that are not known;
    /// - `unexplained`, `divergence`: as in the record.
    pub fn add(&mut self, known: &Known, explanation: &Explanation) {
        let names: Vec<&str> = known.aspects.keys().map(String::as_str).collect();
        let of_known: Vec<_> = explanation
            .aspects
            .iter()
            .filter(|a| names.contains(&a.concept.as_str()))
            .collect();
        let mut add = |name, value: f64, ends: Option<(f64, f64)>| {
            self.rows.push(Row {
                model: known.model.clone(),
                method: explanation.method.clone(),
                aspects: names.join(" + "),
                level: known.level,
                name,
                value,
                low: ends.map(|ends| ends.0).filter(|end| end.is_finite()),
                high: ends.map(|ends| ends.1).filter(|end| end.is_finite()),
            });
        };
        // An aspect that the vocabulary lacks has no score, and counts as one of 0.
        if !names.is_empty() {
            let count = names.len() as f64;
            let share = |hits: usize| hits as f64 / count;
            let score = of_known.iter().map(|aspect| aspect.score).sum::<f64>() / count;
            let ends = match &of_known[..] {
                [one] if names.len() == 1 => Some((one.low, one.high)),
                _ => None,
            };
            add("score", score, ends);
            let first = explanation.aspects.iter().take(names.len());
            let first = first.filter(|a| a.score > 0.0 && names.contains(&a.concept.as_str()));
            add("named", share(first.count()), None);
            add(
                "significant",
                share(of_known.iter().filter(|a| a.significant).count()),
                None,
            );
            if known.exact {
                let error = |(name, level): (&String, &f32)| {
                    let found = of_known.iter().find(|aspect| aspect.concept == *name);
                    (found.map_or(0.0, |aspect| aspect.score) - f64::from(*level)).abs()
                };
                add(
                    "level-error",
                    known.aspects.iter().map(error).sum::<f64>() / count,
                    None,
                );
            }
        }
        let others = explanation.aspects.iter();
        let others = others.filter(|a| a.significant && !names.contains(&a.concept.as_str()));
        add("others", others.count() as f64, None);
        add("unexplained", explanation.unexplained, None);
        add("divergence", explanation.divergence, None);
    }

    /// Writes the table into the folder of the experiment.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        Ok(write_figures(&folder.join(FILE), &self.rows)?)
    }
}
