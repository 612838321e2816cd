//! What decides whether an aspect is significant, and how that is said.

use crate::analysis::SIGNIFICANCE;
use crate::calibration::Calibration;
use finexl_core::explanation::{Decision, ThresholdSource, Verdict};

/// The size that the interval of a significant aspect has to lie beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// In the units of scores.
    pub size: f64,
    /// What it is.
    pub from: ThresholdSource,
}

impl Threshold {
    /// Of a calibration, where there is one, beside the highest level of all.
    pub fn of(calibration: Option<&Calibration>, highest: f64) -> Self {
        let Some(calibration) = calibration else {
            return Self {
                size: 0.0,
                from: ThresholdSource::Zero,
            };
        };
        Self {
            size: calibration.threshold(highest),
            from: if calibration.spill * highest > calibration.effect {
                ThresholdSource::Spill
            } else {
                ThresholdSource::Effect
            },
        }
    }

    /// What is said of it behind "reaches within 0.12 of zero".
    fn meaning(self) -> &'static str {
        match self.from {
            ThresholdSource::Zero => "",
            ThresholdSource::Effect => ", the effect threshold",
            ThresholdSource::Spill => ", what the strongest aspect spills over to others",
        }
    }
}

/// What is known of one aspect when it is decided upon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// Whether it has a weight at all.
    pub scored: bool,
    /// Interval of the score.
    pub interval: [f64; 2],
    /// Adjusted p.
    pub p_adjusted: f64,
    /// Whether anything can be significant with so many pairs.
    pub testable: bool,
}

/// Decides: significant is what has a score, an adjusted p of at most [`SIGNIFICANCE`], and an interval that
/// lies beyond the threshold.
pub fn decide(finding: Finding, threshold: Threshold) -> Decision {
    let [low, high] = finding.interval;
    let beyond = low > threshold.size || high < -threshold.size;
    let proven = finding.p_adjusted <= SIGNIFICANCE;
    let verdict = match (finding.scored, finding.testable, proven, beyond) {
        (false, ..) => Verdict::NoScore,
        (true, _, true, true) => Verdict::Significant,
        (true, false, ..) => Verdict::TooFewPairs,
        (true, true, false, true) => Verdict::Chance,
        (true, true, true, false) => Verdict::Size,
        (true, true, false, false) => Verdict::ChanceAndSize,
    };
    Decision {
        verdict,
        threshold: threshold.size,
        threshold_from: threshold.from,
        because: because(verdict, finding.p_adjusted, threshold),
    }
}

fn because(verdict: Verdict, p: f64, threshold: Threshold) -> String {
    let said = if p < 0.001 {
        "adjusted p is below 0.001".to_string()
    } else if p > SIGNIFICANCE && p < SIGNIFICANCE + 0.0005 {
        // Rounded to three decimals it would look like one that passes.
        format!("adjusted p is {p:.6}")
    } else {
        format!("adjusted p is {p:.3}")
    };
    let size = threshold.size;
    let within = if size == 0.0 {
        "the interval reaches zero".to_string()
    } else {
        format!(
            "the interval reaches within {size:.2} of zero{}",
            threshold.meaning()
        )
    };
    match verdict {
        Verdict::Significant => {
            format!("{said}, and the interval lies beyond {size:.2}")
        }
        Verdict::NoScore => "it has no score".to_string(),
        Verdict::TooFewPairs => "with so few pairs nothing can be significant".to_string(),
        Verdict::Chance => format!("{said}, above {SIGNIFICANCE}"),
        Verdict::Size => within,
        Verdict::ChanceAndSize => format!("{said}, above {SIGNIFICANCE}, and {within}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFECT: Threshold = Threshold {
        size: 0.12,
        from: ThresholdSource::Effect,
    };

    fn finding(interval: [f64; 2], p_adjusted: f64) -> Finding {
        Finding {
            scored: true,
            interval,
            p_adjusted,
            testable: true,
        }
    }

    #[test]
    fn every_outcome_has_its_reason() {
        let verdict = |finding| decide(finding, EFFECT).verdict;
        assert_eq!(verdict(finding([0.2, 0.4], 0.01)), Verdict::Significant);
        assert_eq!(verdict(finding([-0.4, -0.2], 0.01)), Verdict::Significant);
        assert_eq!(verdict(finding([0.2, 0.4], 0.2)), Verdict::Chance);
        assert_eq!(verdict(finding([0.05, 0.4], 0.2)), Verdict::ChanceAndSize);
        let few = Finding {
            testable: false,
            ..finding([0.2, 0.4], 0.2)
        };
        assert_eq!(verdict(few), Verdict::TooFewPairs);
        let none = Finding {
            scored: false,
            ..finding([0.0, 0.0], 1.0)
        };
        assert_eq!(verdict(none), Verdict::NoScore);
        // Far from zero and no chance, but too small.
        let small = decide(finding([0.05, 0.09], 0.0001), EFFECT);
        assert_eq!(small.verdict, Verdict::Size);
        assert_eq!(
            small.because,
            "the interval reaches within 0.12 of zero, the effect threshold"
        );
    }
}
