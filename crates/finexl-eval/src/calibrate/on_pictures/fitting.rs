//! Space, maps and thresholds.

use super::makings::{Changes, Looks};
use super::plan::{Making, Plan};
use crate::EvalError;
use crate::calibrate::maps::fitted;
use crate::calibrate::thresholds::{Limits, Trial, choose_spill, effect};
use crate::settings::Progress;
use finexl_core::explanation::Explanation;
use finexl_explain::Explainer;
use finexl_explain::bank::ConceptBank;
use finexl_explain::calibrated_space::{CalibratedSpace, KnownTrial, SpaceSettings};
use finexl_explain::calibration::{Calibration, CalibrationChoice};
use finexl_explain::vocabulary::Vocabulary;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Weights of image directions beside text directions that are tried.
const IMAGE_SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Multiples of the identity that are tried.
const SHRINKAGES: [f64; 4] = [0.03, 0.1, 0.3, 1.0];
/// What cases without an aspect count in its map, as a multiple of those with it.
const ABSENT: f64 = 1.0;
/// Share of cases without change that may show an aspect.
const FALSE_ALARMS: f64 = 0.03;
/// What the spill has to keep.
const LIMITS: Limits = Limits {
    outside_family: 0.2,
    recall: 0.9,
};
/// Cases that are analysed at a time, between two signs of progress.
const BLOCK: usize = 8;

/// What a calibration is fitted with.
pub(super) struct Fitting<'a> {
    /// Without a calibration.
    pub explainer: &'a Explainer,
    pub looks: &'a Looks<'a>,
    /// Directions of the vocabulary on the prompts that stand for unknown ones.
    pub bank: ConceptBank,
    pub progress: Progress<'a>,
}

/// A fitted calibration, and how far each aspect moved the pictures.
pub(super) struct FittedCalibration {
    pub calibration: Calibration,
    /// Length of the mean change per level, by aspect.
    pub lengths: BTreeMap<&'static str, f64>,
    /// Mean length of the change of disturbed pictures.
    pub nothing: f64,
}

/// Cases of which all aspects are known.
struct Known {
    /// In every view, making by making: as many per making as there are views.
    trials: Vec<KnownTrial>,
    /// Mean changes of both views, making by making.
    means: Vec<Vec<Vec<f64>>>,
    /// One per making, for what asks of the aspects alone.
    by_making: Vec<KnownTrial>,
}

impl Fitting<'_> {
    fn vocabulary(&self) -> &Vocabulary {
        self.explainer.vocabulary()
    }

    /// Fits everything.
    ///
    /// # Errors
    /// An encoder or a solver that fails.
    pub fn fit(&self, plan: &Plan) -> Result<FittedCalibration, EvalError> {
        let directions: Arc<[f64]> = self.bank.mean().into();
        let known = self.known(&plan.fit, &directions)?;
        let choose = self.known(&plan.ranked, &directions)?;
        let lengths = lengths(&plan.fit, &known);
        let scale = self.scale(&directions, &lengths);
        let mut best: Option<(f64, Calibration)> = None;
        let candidates = candidates();
        for (number, settings) in candidates.iter().enumerate() {
            (self.progress)("choosing a space", number, candidates.len());
            let calibration = self.without_thresholds(&known, &directions, scale, *settings)?;
            let found = self.rank(&choose, &directions, &calibration)?;
            if best.as_ref().is_none_or(|(most, _)| found > *most) {
                best = Some((found, calibration));
            }
        }
        (self.progress)("choosing a space", candidates.len(), candidates.len());
        let Some((_, mut calibration)) = best else {
            return Err(EvalError::Pictures {
                problem: "nothing could be fitted; report this as a bug".to_string(),
            });
        };
        let nulls = (self.looks).changes(&plan.nulls, self.progress)?;
        let lengths_of_nulls = nulls.iter().map(|changes| length(&changes.whole.mean()));
        let nothing = lengths_of_nulls.sum::<f64>() / nulls.len().max(1) as f64;
        let cases = |makings: &[Making], changes: &[Changes], calibration: &Calibration| {
            let choice = CalibrationChoice::Fitted(Box::new(calibration.clone()));
            let records = self.records(("choosing thresholds", choice), changes)?;
            let trials = makings.iter().zip(&records).map(|(making, record)| {
                let applied = self.applied(making).map(|(concept, _)| concept);
                Trial::new(record, self.vocabulary(), applied.collect(), String::new())
            });
            Ok::<Vec<Trial>, EvalError>(trials.collect())
        };
        calibration.effect = effect(&cases(&plan.nulls, &nulls, &calibration)?, FALSE_ALARMS);
        calibration.effect = calibration.effect.clamp(0.0, 1.0);
        let [singles, doubles] = [&plan.singles, &plan.doubles].map(|makings| {
            let changes = self.looks.changes(makings, self.progress)?;
            cases(makings, &changes, &calibration)
        });
        let (spill, _) = choose_spill(LIMITS, calibration.effect, &singles?, &doubles?);
        calibration.spill = spill;
        Ok(FittedCalibration {
            calibration,
            lengths,
            nothing,
        })
    }

    /// Concepts of a making's aspects, with levels.
    pub fn applied<'m>(&'m self, making: &'m Making) -> impl Iterator<Item = (usize, f64)> + 'm {
        let of = |(aspect, level): &(&finexl_data::aspects::Aspect, f32)| {
            Some((self.vocabulary().position(aspect.name)?, f64::from(*level)))
        };
        making.aspects.iter().filter_map(of)
    }

    /// Explains cases as `explain` does.
    ///
    /// # Errors
    /// A solver that fails.
    pub fn records(
        &self,
        (stage, calibration): (&str, CalibrationChoice),
        changes: &[Changes],
    ) -> Result<Vec<Explanation>, EvalError> {
        let explainer = (self.explainer.to_builder())
            .calibration(calibration)
            .build()?;
        let mut records = Vec::with_capacity(changes.len());
        for block in changes.chunks(BLOCK) {
            (self.progress)(stage, records.len(), changes.len());
            let of_block = block.par_iter().map(|changes| {
                explainer.explain_views(&changes.whole, changes.tiles.as_ref(), &self.bank)
            });
            records.extend(of_block.collect::<Result<Vec<_>, _>>()?);
        }
        (self.progress)(stage, changes.len(), changes.len());
        Ok(records)
    }

    fn known(&self, makings: &[Making], directions: &Arc<[f64]>) -> Result<Known, EvalError> {
        let changes = self.looks.changes(makings, self.progress)?;
        let mut known = Known {
            trials: Vec::new(),
            means: Vec::new(),
            by_making: Vec::new(),
        };
        for (making, changes) in makings.iter().zip(changes) {
            let views = std::iter::once(&changes.whole).chain(&changes.tiles);
            let means: Vec<Vec<f64>> = views.map(|view| view.mean()).collect();
            let applied: Vec<(usize, f64)> = self.applied(making).collect();
            let trial = |divergence: &Vec<f64>| KnownTrial {
                divergence: divergence.clone(),
                directions: directions.clone(),
                applied: applied.clone(),
            };
            known.trials.extend(means.iter().map(trial));
            known.by_making.push(trial(&means[0]));
            known.means.push(means);
        }
        Ok(known)
    }

    /// By how much changes of pictures are to be multiplied to be as long as directions of texts: so that words that no
    /// operator makes are measured on the same scale as aspects.
    fn scale(&self, directions: &[f64], lengths: &BTreeMap<&'static str, f64>) -> f64 {
        let d = self.bank.dimension();
        let ratio = |(name, of_pictures): (&&'static str, &f64)| {
            let concept = self.vocabulary().position(name)?;
            let text = length(&directions[concept * d..(concept + 1) * d]);
            (*of_pictures > 0.0).then(|| text / of_pictures)
        };
        let mut ratios: Vec<f64> = lengths.iter().filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
    }

    fn without_thresholds(
        &self,
        known: &Known,
        directions: &Arc<[f64]>,
        scale: f64,
        settings: SpaceSettings,
    ) -> Result<Calibration, EvalError> {
        let scaled = |trial: &KnownTrial| KnownTrial {
            divergence: trial.divergence.iter().map(|v| scale * v).collect(),
            ..trial.clone()
        };
        let trials: Vec<KnownTrial> = known.trials.iter().map(scaled).collect();
        let space = CalibratedSpace::fit(&trials, self.vocabulary(), settings)?;
        let weights = self.weights(&space, &known.means, directions)?;
        let (maps, shared) = fitted(&known.by_making, &weights, self.vocabulary(), ABSENT)?;
        Ok(Calibration {
            encoder: self.looks.encoder().fingerprint().clone(),
            vocabulary: self.vocabulary().fingerprint().clone(),
            method: self.explainer.settings().method.clone(),
            space: Some(space),
            maps,
            shared,
            effect: 0.0,
            spill: 0.0,
        })
    }

    /// Weights in a space, `[makings, N]`: of every concept that of the view that shows it more strongly.
    fn weights(
        &self,
        space: &CalibratedSpace,
        means: &[Vec<Vec<f64>>],
        directions: &[f64],
    ) -> Result<Vec<Vec<f64>>, EvalError> {
        let explainer = (self.explainer.to_builder())
            .calibration(CalibrationChoice::Raw(Some(Box::new(space.clone()))))
            .build()?;
        let views = means.first().map_or(0, Vec::len);
        let mut weights: Vec<Vec<f64>> = Vec::new();
        for view in 0..views {
            let of_view: Vec<Vec<f64>> = means.iter().map(|m| m[view].clone()).collect();
            let of_view = explainer.fit_each(&of_view, directions)?;
            if view == 0 {
                weights = of_view;
                continue;
            }
            for (all, own) in weights.iter_mut().flatten().zip(of_view.iter().flatten()) {
                if own.abs() > all.abs() {
                    *all = *own;
                }
            }
        }
        Ok(weights)
    }

    /// Mean reciprocal rank of the aspect in cases of one.
    fn rank(
        &self,
        cases: &Known,
        directions: &[f64],
        calibration: &Calibration,
    ) -> Result<f64, EvalError> {
        let Some(space) = &calibration.space else {
            return Ok(0.0);
        };
        let weights = self.weights(space, &cases.means, directions)?;
        let concepts = self.vocabulary().concepts();
        let reciprocal = |(trial, weights): (&KnownTrial, &Vec<f64>)| {
            let Some((applied, _)) = trial.applied.first() else {
                return 0.0;
            };
            let level = |k: usize| (calibration.level(&concepts[k].name, weights[k]), weights[k]);
            let own = level(*applied);
            let before = (0..weights.len()).filter(|k| level(*k) > own).count();
            match own.0 > 0.0 {
                true => 1.0 / (before + 1) as f64,
                false => 0.0,
            }
        };
        let ranks = cases.by_making.iter().zip(&weights).map(reciprocal);
        Ok(ranks.sum::<f64>() / weights.len().max(1) as f64)
    }
}

fn candidates() -> Vec<SpaceSettings> {
    let of_share = |image_share| {
        SHRINKAGES.map(|shrinkage| SpaceSettings {
            image_share,
            shrinkage,
        })
    };
    IMAGE_SHARES.into_iter().flat_map(of_share).collect()
}

fn length(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// How far each aspect moves pictures per level: the length of the least squares fit through zero.
fn lengths(makings: &[Making], known: &Known) -> BTreeMap<&'static str, f64> {
    let mut sums: BTreeMap<&'static str, (Vec<f64>, f64)> = BTreeMap::new();
    for (making, means) in makings.iter().zip(&known.means) {
        if let ([(aspect, level)], Some(mean)) = (making.aspects.as_slice(), means.first()) {
            let level = f64::from(*level);
            let (sum, squares) =
                (sums.entry(aspect.name)).or_insert_with(|| (vec![0.0; mean.len()], 0.0));
            sum.iter_mut().zip(mean).for_each(|(s, v)| *s += level * v);
            *squares += level * level;
        }
    }
    let of = |(name, (sum, squares)): (&'static str, (Vec<f64>, f64))| {
        (name, length(&sum) / squares.max(f64::MIN_POSITIVE))
    };
    sums.into_iter().map(of).collect()
}
