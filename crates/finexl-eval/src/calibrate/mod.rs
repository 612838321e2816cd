//! Fits a calibration on validation scenes.

mod domain;
mod maps;
mod on_pictures;
mod thresholds;

pub use domain::fit_domain;
pub use on_pictures::{OnPictures, PicturesCalibration};

use crate::EvalError;
use crate::pool::{ProbePool, Scenario, draw_probes};
use crate::report::{Provenance, fingerprint, write_json, write_table};
use crate::settings::{self, Progress, Stock};
use finexl_core::atomic;
use finexl_core::experiment::Calibrate;
use finexl_core::seed;
use finexl_data::aspects::{Aspect, Definitions};
use finexl_data::scenes::Split;
use finexl_explain::Explainer;
use finexl_explain::calibrated_space::{CalibratedSpace, SpaceSettings};
use finexl_explain::calibration::{Calibration, CalibrationChoice};
use finexl_explain::statistics::{Knot, MonotoneMap};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use maps::{fitted, known_trials, points};
use rand::Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use thresholds::{Limits, choose_spill, effect, judge};

/// What the fits have in common.
struct Fit<'a> {
    config: &'a Calibrate,
    pool: ProbePool<'a>,
    explainer: Explainer,
    definitions: Definitions,
    progress: Progress<'a>,
}

impl Fit<'_> {
    /// A trial; style and probes are a function of `name` and `trial` only, artists take turns.
    fn scenario(
        &self,
        name: &str,
        trial: usize,
        aspects: Vec<(&'static Aspect, f32)>,
    ) -> Result<Scenario, EvalError> {
        let keys = [seed::key(name), trial as u64, seed::key("calibrate")];
        Ok(Scenario {
            aspects,
            implementation: self.pool.implementations()[0],
            artist: trial % self.pool.artists().len(),
            style_seed: seed::generator(self.config.seed, &keys).next_u64(),
            nuisance: None,
            probes: draw_probes(
                self.config.seed,
                &[keys[0], keys[1], seed::key("probes")],
                self.config.probes,
                self.config.pairs,
            )?,
        })
    }
}

/// Fits the space, the maps from weights to levels, the effect threshold and the spill, on scenes and
/// implementations that no report is about; the caller writes the result to `config.output`.
///
/// The points of the maps, the nulls and the curve that the spill was chosen from are written as CSV
/// to `config.report`.
///
/// # Errors
/// Test artists or held-out implementations, an encoder that fails, a folder that cannot be written.
pub fn calibrate(
    config: &Calibrate,
    encoder: &Arc<dyn Encoder>,
    progress: Progress,
) -> Result<Calibration, EvalError> {
    let settings = settings::analysis(&config.analysis);
    if settings.method.has_head() {
        return Err(EvalError::setting(
            "method",
            "a method that reads by a head has its levels from the head; choose one without a head",
        ));
    }
    let explainer = Explainer::builder()
        .encoder(encoder.clone())
        .vocabulary(Vocabulary::default_phrases()?)
        .settings(settings)
        .calibration(CalibrationChoice::Raw(None))
        .build()?;
    let encoder = encoder.as_ref();
    let split = config.split;
    let stock = Stock::load(&config.material, split)?;
    let notes = stock.notes.clone();
    let mut fit = Fit {
        config,
        pool: ProbePool::new(encoder, explainer.vocabulary(), stock, split, config.seed),
        explainer: explainer.clone(),
        definitions: Definitions::embedded()?,
        progress,
    };
    fit.pool.require(config.probes, progress)?;
    if split == Split::Test {
        return Err(EvalError::setting(
            "split",
            "a calibration may not see the test split; use validation or train",
        ));
    }
    atomic::create_folder(&config.report)?;
    let mut calibration = without_thresholds(&mut fit)?;
    let nulls = judge(&mut fit, &calibration, "nulls")?;
    calibration.effect = effect(&nulls, config.false_alarms);
    write_table(
        &config.report.join("nulls.csv"),
        &thresholds::null_rows(&nulls, calibration.effect),
    )?;
    let singles = judge(&mut fit, &calibration, "one aspect")?;
    let doubles = judge(&mut fit, &calibration, "two aspects")?;
    let limits = Limits {
        outside_family: config.outside_family,
        recall: config.recall,
    };
    let (spill, curve) = choose_spill(limits, calibration.effect, &singles, &doubles);
    calibration.spill = spill;
    write_table(&config.report.join("spill.csv"), &curve)?;
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        encoder: encoder.name(),
        encoder_fingerprint: encoder.fingerprint(),
        device: encoder.device(),
        settings: explainer.fingerprint()?,
        vocabulary: explainer.vocabulary().fingerprint(),
        calibration: Some(fingerprint("calibration", &calibration)?),
        notes: &notes,
    };
    write_json(&config.report.join("provenance.json"), &provenance)?;
    Ok(calibration)
}

/// Space and maps, fitted on trials with known aspects.
fn without_thresholds(fit: &mut Fit<'_>) -> Result<Calibration, EvalError> {
    let trials = known_trials(fit)?;
    let (config, vocabulary) = (fit.config, fit.explainer.vocabulary().clone());
    let settings = SpaceSettings {
        image_share: config.image_share,
        shrinkage: config.shrinkage,
    };
    let space = CalibratedSpace::fit(&trials, &vocabulary, settings)?;
    let mut calibration = Calibration {
        encoder: fit.pool.encoder().fingerprint().clone(),
        vocabulary: vocabulary.fingerprint().clone(),
        method: fit.explainer.settings().method.clone(),
        space: Some(space.clone()),
        maps: BTreeMap::new(),
        shared: MonotoneMap::new(vec![Knot { x: 0.0, y: 0.0 }])?,
        effect: 0.0,
        spill: 0.0,
    };
    let explainer = (fit.explainer.to_builder())
        .calibration(CalibrationChoice::Raw(Some(Box::new(space))))
        .build()?;
    let weights: Vec<Vec<f64>> = trials
        .par_iter()
        .map(|trial| {
            let fit = explainer.fit(&trial.divergence, &trial.directions)?;
            Ok(fit.weights.weights)
        })
        .collect::<Result<_, EvalError>>()?;
    let table = points(&trials, &weights, &vocabulary);
    write_table(&config.report.join("maps.csv"), &table)?;
    let (maps, shared) = fitted(&trials, &weights, &vocabulary, config.absent)?;
    (calibration.maps, calibration.shared) = (maps, shared);
    Ok(calibration)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;
    use finexl_core::experiment::{AnalysisChoice, Material};
    use finexl_core::names::{ArtistName, Implementation, Split};

    #[test]
    fn a_calibration_is_fitted_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let config = Calibrate {
            name: "small".to_owned(),
            output: folder.path().join("calibration.json"),
            domain: folder.path().join("domain.safetensors"),
            report: folder.path().join("report"),
            split: Split::Validation,
            seed: 1,
            material: Material {
                folder: "no-such-folder".into(),
                artists: vec![ArtistName::Twemoji],
                implementations: vec![Implementation::Training],
                sides: vec![8],
            },
            pairs: 3,
            level: 0.6,
            probes: 4,
            analysis: AnalysisChoice {
                resamples: 4,
                flips: 8,
                ..AnalysisChoice::default()
            },
            image_share: 0.5,
            shrinkage: 0.05,
            absent: 1.0,
            levels: 2,
            styles: 1,
            mixtures: 2,
            nulls: 4,
            false_alarms: 0.03,
            doubles: 2,
            outside_family: 0.5,
            recall: 0.95,
        };
        let encoder: Arc<dyn Encoder> = Arc::new(FakeEncoder::new());
        let calibration = calibrate(&config, &encoder, &|_, _, _| {}).unwrap();
        assert_eq!(calibration.maps.len(), 29);
        assert_eq!(calibration.level("warm", 0.0), 0.0);
        assert!(calibration.effect >= 0.0 && calibration.spill >= 0.0);
        calibration.write(&config.output).unwrap();
        let text = std::fs::read_to_string(&config.output).unwrap();
        assert_eq!(
            serde_json::from_str::<Calibration>(&text).unwrap(),
            calibration
        );
        for file in ["maps.csv", "nulls.csv", "spill.csv", "provenance.json"] {
            assert!(config.report.join(file).is_file(), "{file}");
        }
        let mut held_out = config;
        held_out.material.implementations = vec![Implementation::HeldOut];
        assert!(calibrate(&held_out, &encoder, &|_, _, _| {}).is_err());
    }
}
