//! Figures with intervals from the outcomes of trials.

use crate::EvalError;
use crate::outcome::Outcome;
use finexl_explain::statistics::{Estimate, Interval, Resampling, bootstrap, percentile, wilson};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Confidence of every interval.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// Resamples of the trials behind the interval of a mean.
const RESAMPLES: usize = 2000;

/// How outcomes become a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A share of trials, with Wilson's interval.
    Share,
    /// A mean over trials, with a bootstrap interval over trials.
    Mean,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// Reported whatever it is.
    None,
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Within these two.
    Between(f64, f64),
}

impl Target {
    /// Whether a figure meets the target; none where there is no target.
    pub fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtLeast(least) => Some(value >= least),
            Self::AtMost(most) => Some(value <= most),
            Self::Between(least, most) => Some((least..=most).contains(&value)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::Between(least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// A figure of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measure {
    /// What was measured, as `measure/quantity`.
    pub name: String,
    /// `overall`, `held-out only`, `training only`, `artist=...`, `aspect=...`.
    pub group: String,
    /// The figure.
    pub value: f64,
    /// Lower end of its 95% interval.
    pub low: f64,
    /// Upper end of its 95% interval.
    pub high: f64,
    /// Trials behind it.
    pub trials: usize,
    /// What it should be, in words; only for the groups that a target was set for.
    pub target: Option<String>,
    /// Whether it is.
    pub met: Option<bool>,
}

impl Measure {
    pub(crate) fn new(
        name: &str,
        group: &str,
        (value, interval): (f64, Interval),
        trials: usize,
    ) -> Self {
        Self {
            name: name.to_owned(),
            group: group.to_owned(),
            value,
            low: interval.low,
            high: interval.high,
            trials,
            target: None,
            met: None,
        }
    }

    /// What nothing was measured for, though there is a target: it is neither met nor missed.
    pub(crate) fn unmeasured(name: &str, group: &str, target: Target) -> Self {
        let nothing = Interval {
            low: f64::NAN,
            high: f64::NAN,
        };
        Self {
            target: Some(target.to_string()),
            ..Self::new(name, group, (f64::NAN, nothing), 0)
        }
    }

    pub(crate) fn with_target(mut self, target: Target) -> Self {
        self.met = target.met(self.value);
        self.target = self.met.map(|_| target.to_string());
        self
    }
}

/// The figures of one quantity by group. The target is set for everything together and for what
/// training has never seen.
///
/// # Errors
/// Only where resampling fails.
pub(crate) fn summarise(
    quantity: &str,
    kind: Kind,
    target: Target,
    outcomes: &[Outcome],
) -> Result<Vec<Measure>, EvalError> {
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.quantity == quantity) {
        for group in outcome.groups() {
            if !groups.contains_key(&group) {
                order.push(group.clone());
            }
            groups.entry(group).or_default().push(outcome.value);
        }
    }
    // Stable: `overall` and the two shares of what was seen stay in front.
    order.sort_by_key(|group| group.contains('='));
    let mut measures = Vec::with_capacity(order.len());
    for group in order {
        let values = &groups[&group];
        let estimate = match kind {
            Kind::Share => share(values),
            Kind::Mean => mean(values)?,
        };
        let measure = Measure::new(quantity, &group, estimate, values.len());
        measures.push(match group.as_str() {
            "overall" | "held-out only" => measure.with_target(target),
            _ => measure,
        });
    }
    Ok(measures)
}

fn share(values: &[f64]) -> (f64, Interval) {
    let successes = values.iter().filter(|v| **v > 0.5).count();
    let interval = wilson(successes, values.len(), CONFIDENCE);
    (successes as f64 / values.len().max(1) as f64, interval)
}

/// The mean of values with its percentile bootstrap interval.
pub(crate) fn mean(values: &[f64]) -> Result<(f64, Interval), EvalError> {
    let average = |chosen: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = chosen.fold((0.0, 0usize), |(s, n), v| (s + v, n + 1));
        sum / count.max(1) as f64
    };
    let interval = resampled(values.len(), |chosen| {
        average(&mut chosen.iter().map(|i| values[*i]))
    })?;
    Ok((average(&mut values.iter().copied()), interval))
}

/// The percentile bootstrap interval of a statistic of some of `count` trials.
pub(crate) fn resampled(
    count: usize,
    statistic: impl Fn(&[usize]) -> f64 + Sync,
) -> Result<Interval, EvalError> {
    let resampling = Resampling {
        resamples: RESAMPLES,
        seed: 0,
    };
    let replicates = bootstrap(count, &resampling, |chosen| {
        Ok(Estimate::from(vec![statistic(chosen)]))
    })?;
    Ok(percentile(replicates.values(0), CONFIDENCE))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::outcome::Setting;

    fn outcomes(values: &[f64]) -> Vec<Outcome> {
        let all = values.iter().enumerate().map(|(trial, value)| {
            let setting = Setting {
                aspects: "warm".to_owned(),
                implementation: if trial % 2 == 0 {
                    "training"
                } else {
                    "held-out"
                },
                artist: "twemoji",
                trial,
            };
            setting.outcome("q", *value, "")
        });
        all.collect()
    }

    #[test]
    fn shares_have_wilson_intervals_and_targets() {
        let outcomes = outcomes(&[1.0, 0.0, 1.0, 1.0]);
        let measures = summarise("q", Kind::Share, Target::AtLeast(0.7), &outcomes).unwrap();
        let overall = &measures[0];
        assert_eq!(
            (overall.group.as_str(), overall.value, overall.trials),
            ("overall", 0.75, 4)
        );
        let wilson = wilson(3, 4, 0.95);
        assert_eq!((overall.low, overall.high), (wilson.low, wilson.high));
        assert_eq!(overall.met, Some(true));
        let training = measures
            .iter()
            .find(|m| m.group == "implementation=training")
            .unwrap();
        assert_eq!(
            (training.value, training.trials, training.met),
            (1.0, 2, None)
        );
    }

    #[test]
    fn means_have_bootstrap_intervals() {
        let outcomes = outcomes(&[2.0, 4.0, 6.0, 8.0, 2.0, 4.0, 6.0, 8.0]);
        let measures = summarise("q", Kind::Mean, Target::Between(0.0, 4.0), &outcomes).unwrap();
        let overall = &measures[0];
        assert_eq!((overall.value, overall.met), (5.0, Some(false)));
        assert!(overall.low > 2.5 && overall.low < 4.5, "{overall:?}");
        assert!(overall.high > 5.5 && overall.high < 7.5, "{overall:?}");
        assert_eq!(overall.target.as_deref(), Some("0 to 4"));
        let constant = mean(&[3.0; 5]).unwrap();
        assert_eq!(
            constant,
            (
                3.0,
                Interval {
                    low: 3.0,
                    high: 3.0
                }
            )
        );
    }

    #[test]
    fn other_quantities_do_not_count() {
        assert!(
            summarise("r", Kind::Mean, Target::None, &outcomes(&[1.0]))
                .unwrap()
                .is_empty()
        );
    }
}
