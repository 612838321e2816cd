//! One run: every measurement of an experiment file, its tables, and what they were made from.

use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::measures;
use crate::outcome::Outcome;
use crate::pool::ProbePool;
use crate::report::{Provenance, fingerprint, write_json, write_table};
use crate::settings::{self, Progress, Stock};
use crate::summary::{Measure, summarise};
use finexl_core::atomic;
use finexl_core::experiment::{Evaluate, MeasureChoice};
use finexl_data::aspects::Definitions;
use finexl_explain::Explainer;
use finexl_explain::calibration::{CalibrationChoice, CalibrationFile};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Runs all measurements of `config` and writes `summary.csv`, `provenance.json`, one table of
/// single trials per measurement under `trials/`, and `confusions.csv`, all into `out_folder`.
///
/// `file` names a calibration; without one the embedded calibration is used where it fits.
///
/// The summary is written anew after every measurement, so a run that is stopped leaves what it had.
///
/// # Errors
/// A setting that does not fit, art or an encoder that fails, or a folder that cannot be written.
pub fn evaluate(
    config: &Evaluate,
    encoder: &Arc<dyn Encoder>,
    file: Option<&Path>,
    out_folder: &Path,
    progress: Progress,
) -> Result<Vec<Measure>, EvalError> {
    let explainer = Explainer::builder()
        .encoder(encoder.clone())
        .vocabulary(Vocabulary::default_phrases()?)
        .settings(settings::analysis(&config.analysis))
        .calibration(match file {
            Some(path) => CalibrationChoice::File(Box::new(CalibrationFile::read(path)?)),
            None => CalibrationChoice::Embedded,
        })
        .build()?;
    let encoder = encoder.as_ref();
    let split = config.split;
    let stock = Stock::load(&config.material, split)?;
    let mut bench = Bench {
        config,
        notes: stock.notes.clone(),
        pool: ProbePool::new(encoder, explainer.vocabulary(), stock, split, config.seed),
        explainer: explainer.clone(),
        definitions: Definitions::embedded()?,
        progress,
    };
    if explainer.calibration().is_none() {
        bench.notes.push(
            "no calibration fits this encoder, vocabulary and method: scores are raw weights"
                .to_owned(),
        );
    }
    let trials = out_folder.join("trials");
    atomic::create_folder(&trials)?;
    let mut all: Vec<Measure> = Vec::new();
    let mut confusions: Vec<Confusion> = Vec::new();
    for (number, choice) in config.measures.iter().enumerate() {
        let findings = run(&mut bench, choice)?;
        if !findings.outcomes.is_empty() {
            let table = trials.join(format!("{:02}-{}.csv", number + 1, name(choice)));
            write_table(&table, &findings.outcomes)?;
        }
        confusions.extend(confused(&findings.outcomes));
        for (quantity, kind, target) in &findings.quantities {
            all.extend(summarise(quantity, *kind, *target, &findings.outcomes)?);
        }
        all.extend(findings.measures);
        write_table(&out_folder.join("summary.csv"), &all)?;
        write_table(&out_folder.join("confusions.csv"), &confusions)?;
    }
    let calibration = explainer.calibration();
    let calibration = calibration.map(|calibration| fingerprint("calibration", calibration));
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: config,
        encoder: encoder.name(),
        encoder_fingerprint: encoder.fingerprint(),
        device: encoder.device(),
        settings: explainer.fingerprint()?,
        vocabulary: explainer.vocabulary().fingerprint(),
        calibration: calibration.transpose()?,
        notes: &bench.notes,
    };
    write_json(&out_folder.join("provenance.json"), &provenance)?;
    Ok(all)
}

fn run(bench: &mut Bench<'_>, choice: &MeasureChoice) -> Result<Findings, EvalError> {
    match choice {
        MeasureChoice::SingleImages {
            images,
            prompt_sets,
        } => measures::single_images(bench, *images, *prompt_sets),
        MeasureChoice::OneAspect { repeats } => measures::one_aspect(bench, *repeats),
        MeasureChoice::TwoAspects { trials, conflicts } => {
            measures::two_aspects(bench, *trials, *conflicts)
        }
        MeasureChoice::Levels { levels } => measures::levels(bench, *levels),
        MeasureChoice::Nulls { trials, copies } => measures::nulls(bench, *trials, *copies),
        MeasureChoice::Coverage(settings) => measures::coverage(bench, settings),
        MeasureChoice::FewPairs(settings) => measures::few_pairs(bench, settings),
        MeasureChoice::Reserved { repeats } => measures::reserved(bench, *repeats),
        MeasureChoice::Photographs {
            folder,
            crops,
            side,
        } => measures::photographs(bench, folder, *crops, *side),
        MeasureChoice::Methods {
            methods,
            intervals,
            trials,
            coverage,
        } => {
            let choices = measures::Choices {
                methods,
                intervals,
                trials: *trials,
                coverage,
            };
            measures::methods(bench, &choices)
        }
    }
}

/// Name of a measurement in file names.
fn name(choice: &MeasureChoice) -> &'static str {
    match choice {
        MeasureChoice::SingleImages { .. } => "single-images",
        MeasureChoice::OneAspect { .. } => "one-aspect",
        MeasureChoice::TwoAspects {
            conflicts: false, ..
        } => "two-aspects",
        MeasureChoice::TwoAspects {
            conflicts: true, ..
        } => "two-aspects-with-conflicts",
        MeasureChoice::Levels { .. } => "levels",
        MeasureChoice::Nulls { .. } => "nulls",
        MeasureChoice::Coverage(_) => "coverage",
        MeasureChoice::FewPairs(_) => "few-pairs",
        MeasureChoice::Reserved { .. } => "reserved",
        MeasureChoice::Photographs { .. } => "photographs",
        MeasureChoice::Methods { .. } => "methods",
    }
}

/// How often another concept came first.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Confusion {
    quantity: String,
    aspect: String,
    implementation: String,
    first: String,
    count: usize,
}

/// What came first instead, most frequent first; from the notes of outcomes that count firsts.
fn confused(outcomes: &[Outcome]) -> Vec<Confusion> {
    let mut counts: BTreeMap<[&str; 4], usize> = BTreeMap::new();
    let firsts = outcomes.iter().filter(|outcome| {
        let single = !outcome.aspects.is_empty() && !outcome.aspects.contains(" + ");
        single && outcome.value == 0.0 && outcome.quantity.contains("first")
    });
    for o in firsts {
        *counts
            .entry([&o.quantity, &o.aspects, &o.implementation, &o.note])
            .or_default() += 1;
    }
    let mut confusions: Vec<Confusion> = counts
        .into_iter()
        .map(
            |([quantity, aspect, implementation, first], count)| Confusion {
                quantity: quantity.to_owned(),
                aspect: aspect.to_owned(),
                implementation: implementation.to_owned(),
                first: first.to_owned(),
                count,
            },
        )
        .collect();
    confusions.sort_by_key(|c| std::cmp::Reverse(c.count));
    confusions
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;
    use finexl_core::experiment::{AnalysisChoice, Coverage, Material};
    use finexl_core::names::{ArtistName, Implementation, IntervalName, MethodName, Split};

    fn small(measures: Vec<MeasureChoice>) -> Evaluate {
        Evaluate {
            name: "small".to_owned(),
            output: None,
            split: Split::Test,
            seed: 1,
            material: Material {
                folder: "no-such-folder".into(),
                artists: vec![ArtistName::Twemoji, ArtistName::Noto],
                implementations: vec![Implementation::Training, Implementation::HeldOut],
                sides: vec![8, 12],
            },
            pairs: 3,
            level: 0.6,
            probes: 4,
            analysis: AnalysisChoice {
                resamples: 4,
                flips: 8,
                ..AnalysisChoice::default()
            },
            measures,
        }
    }

    fn coverage() -> Coverage {
        Coverage {
            pairs: vec![25],
            probes: 27,
            scenarios: 2,
            trials: 4,
            resamples: 4,
        }
    }

    fn everything() -> Vec<MeasureChoice> {
        vec![
            MeasureChoice::SingleImages {
                images: 1,
                prompt_sets: 1,
            },
            MeasureChoice::OneAspect { repeats: 1 },
            MeasureChoice::TwoAspects {
                trials: 2,
                conflicts: true,
            },
            MeasureChoice::Levels { levels: 2 },
            MeasureChoice::Nulls {
                trials: 3,
                copies: 2,
            },
            MeasureChoice::Coverage(coverage()),
            MeasureChoice::Reserved { repeats: 1 },
            MeasureChoice::Photographs {
                folder: "no-such-folder".into(),
                crops: 2,
                side: 8,
            },
        ]
    }

    #[test]
    fn every_measurement_writes_its_tables_and_repeats_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let config = small(everything());
        let encoder: Arc<dyn Encoder> = Arc::new(FakeEncoder::new());
        let run = |out: &str| {
            evaluate(
                &config,
                &encoder,
                None,
                &folder.path().join(out),
                &|_, _, _| {},
            )
            .unwrap()
        };
        let measures = run("a");
        let overall = |name: &str| {
            let mut found = measures.iter();
            found
                .find(|m| m.name == name && m.group == "overall")
                .unwrap()
        };
        assert_eq!(overall("single-images/prompt-first").trials, 100);
        assert_eq!(overall("one-aspect/first").trials, 58);
        assert_eq!(overall("levels/spearman-of-score").trials, 58);
        assert_eq!(overall("nulls/any-significant").trials, 3);
        assert_eq!(overall("nulls/any-significant-in-exact-copies").value, 0.0);
        assert_eq!(overall("coverage-25/present").trials, 4);
        assert_eq!(overall("reserved/unexplained").trials, 3);
        assert!(
            measures
                .iter()
                .all(|m| m.low <= m.value && m.value <= m.high)
        );
        let read =
            |out: &str, file: &str| std::fs::read(folder.path().join(out).join(file)).unwrap();
        let provenance = String::from_utf8(read("a", "provenance.json")).unwrap();
        assert!(provenance.contains("noto was not fetched"), "{provenance}");
        assert!(
            provenance.contains("photographs were left out"),
            "{provenance}"
        );
        assert_eq!(run("b"), measures);
        for file in ["summary.csv", "confusions.csv", "trials/02-one-aspect.csv"] {
            assert_eq!(read("a", file), read("b", file), "{file}");
        }
    }

    #[test]
    fn methods_are_compared_by_group() {
        let folder = tempfile::tempdir().unwrap();
        let config = small(vec![MeasureChoice::Methods {
            methods: vec![MethodName::Nnls, MethodName::Ridge],
            intervals: vec![IntervalName::Percentile],
            trials: 2,
            coverage: coverage(),
        }]);
        let encoder: Arc<dyn Encoder> = Arc::new(FakeEncoder::new());
        let measures = evaluate(&config, &encoder, None, folder.path(), &|_, _, _| {}).unwrap();
        let groups: Vec<&str> = measures
            .iter()
            .filter(|m| m.name == "methods/coverage-25/present")
            .map(|m| m.group.as_str())
            .collect();
        assert_eq!(
            groups,
            [
                "method=nnls interval=percentile space=own",
                "method=ridge interval=percentile space=own"
            ]
        );
    }

    #[test]
    fn more_pairs_than_probes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = small(vec![MeasureChoice::OneAspect { repeats: 1 }]);
        config.pairs = 9;
        let error = evaluate(
            &config,
            &(Arc::new(FakeEncoder::new()) as Arc<dyn Encoder>),
            None,
            folder.path(),
            &|_, _, _| {},
        );
        assert!(error.unwrap_err().to_string().contains("probes"));
    }

    #[test]
    fn only_wrong_firsts_are_confusions() {
        let outcome = |value: f64, note: &str| Outcome {
            quantity: "one-aspect/first".to_owned(),
            aspects: "warm".to_owned(),
            implementation: "training".to_owned(),
            artist: "twemoji".to_owned(),
            trial: 0,
            value,
            note: note.to_owned(),
        };
        let all = [
            outcome(1.0, "warm"),
            outcome(0.0, "sepia"),
            outcome(0.0, "sepia"),
        ];
        let found = confused(&all);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].first.as_str(), found[0].count), ("sepia", 2));
    }
}
