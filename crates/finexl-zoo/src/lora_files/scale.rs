//! How strongly a change is applied: one place for all rules.

use std::fmt;

/// A scale beyond which factors are likely to have been meant for another one.
pub const LARGE_SCALE: f64 = 4.0;

/// The rule that a scale follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScaleRule {
    /// A key `.scale` gives it.
    ScaleKey,
    /// Alpha over rank, alpha being a tensor of the layer.
    Alpha,
    /// Alpha over rank, or over its root (rsLoRA), from PEFT's config.
    PeftConfig,
    /// Nothing is said: 1.
    Unstated,
    /// What is said cannot be understood, which is a problem of the file: taken as 1.
    Unknown,
    /// The kind has no scale: whole differences, and LoKr of two whole matrices.
    None,
}

/// A scale and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// What the product of factors is multiplied by.
    pub value: f64,
    /// Alpha, where there is one.
    pub alpha: Option<f64>,
    /// The rule.
    pub rule: ScaleRule,
}

/// What PEFT's config says of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PeftAlpha {
    pub alpha: f64,
    /// Whether alpha is divided by the root of the rank.
    pub root: bool,
}

/// What a file says of the scale of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Said {
    pub scale: Option<f64>,
    pub alpha: Option<f64>,
    pub peft: Option<PeftAlpha>,
}

/// Why there is no scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NoScale {
    /// Alpha is 0, which tools understand differently.
    Zero,
    /// A scale or alpha that is no number.
    NotFinite,
}

impl fmt::Display for NoScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => {
                "alpha is 0, which kohya's tools take for the rank and diffusers for no change"
            }
            Self::NotFinite => "alpha or scale is NaN or infinite",
        })
    }
}

/// The scale of a layer whose factors have this rank; `rank` is `None` for kinds without a scale.
///
/// A key `.scale` wins; then alpha over rank, from the layer's own alpha or else from PEFT's config;
/// where nothing is said it is 1.
pub(super) fn resolve(said: &Said, rank: Option<usize>) -> Result<Scale, NoScale> {
    let numbers = [said.scale, said.alpha, said.peft.map(|peft| peft.alpha)];
    if numbers.iter().flatten().any(|number| !number.is_finite()) {
        return Err(NoScale::NotFinite);
    }
    let scale = |value, alpha, rule| Scale { value, alpha, rule };
    let Some(rank) = rank.map(|rank| rank as f64) else {
        return Ok(scale(1.0, said.alpha, ScaleRule::None));
    };
    if let Some(value) = said.scale {
        return Ok(scale(value, said.alpha, ScaleRule::ScaleKey));
    }
    let (alpha, divisor, rule) = match (said.alpha, said.peft) {
        (Some(alpha), _) => (alpha, rank, ScaleRule::Alpha),
        (None, Some(PeftAlpha { alpha, root })) => {
            let divisor = if root { rank.sqrt() } else { rank };
            (alpha, divisor, ScaleRule::PeftConfig)
        }
        (None, None) => return Ok(scale(1.0, None, ScaleRule::Unstated)),
    };
    match alpha == 0.0 {
        true => Err(NoScale::Zero),
        false => Ok(scale(alpha / divisor, Some(alpha), rule)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn value(said: Said, rank: Option<usize>) -> (f64, ScaleRule) {
        let scale = resolve(&said, rank).unwrap();
        (scale.value, scale.rule)
    }

    #[test]
    fn a_scale_key_wins_over_all() {
        let said = Said {
            scale: Some(0.5),
            alpha: Some(0.0),
            peft: Some(PeftAlpha {
                alpha: 8.0,
                root: true,
            }),
        };
        assert_eq!(value(said, Some(4)), (0.5, ScaleRule::ScaleKey));
    }

    #[test]
    fn alpha_is_divided_by_the_rank_of_its_own_layer() {
        let said = Said {
            alpha: Some(2.0),
            ..Said::default()
        };
        assert_eq!(value(said, Some(4)), (0.5, ScaleRule::Alpha));
        assert_eq!(value(said, Some(8)), (0.25, ScaleRule::Alpha));
    }

    #[test]
    fn an_alpha_of_the_layer_wins_over_the_config() {
        let peft = Some(PeftAlpha {
            alpha: 8.0,
            root: false,
        });
        let said = Said {
            alpha: Some(2.0),
            peft,
            ..Said::default()
        };
        assert_eq!(value(said, Some(4)), (0.5, ScaleRule::Alpha));
        let said = Said {
            peft,
            ..Said::default()
        };
        assert_eq!(value(said, Some(4)), (2.0, ScaleRule::PeftConfig));
    }

    #[test]
    fn rank_stabilised_adapters_divide_by_the_root() {
        let said = Said {
            peft: Some(PeftAlpha {
                alpha: 8.0,
                root: true,
            }),
            ..Said::default()
        };
        assert_eq!(value(said, Some(4)), (4.0, ScaleRule::PeftConfig));
    }

    #[test]
    fn without_any_word_it_is_one() {
        assert_eq!(value(Said::default(), Some(4)), (1.0, ScaleRule::Unstated));
        let said = Said {
            alpha: Some(0.0),
            ..Said::default()
        };
        assert_eq!(value(said, None), (1.0, ScaleRule::None));
    }

    #[test]
    fn zero_and_nan_are_refused() {
        let said = |alpha| Said {
            alpha: Some(alpha),
            ..Said::default()
        };
        assert_eq!(resolve(&said(0.0), Some(4)), Err(NoScale::Zero));
        assert_eq!(resolve(&said(f64::NAN), Some(4)), Err(NoScale::NotFinite));
        let peft = Some(PeftAlpha {
            alpha: 0.0,
            root: false,
        });
        let said = Said {
            peft,
            ..Said::default()
        };
        assert_eq!(resolve(&said, Some(4)), Err(NoScale::Zero));
    }
}
