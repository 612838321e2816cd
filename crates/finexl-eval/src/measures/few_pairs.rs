//! Intervals and tests with few pairs: how often intervals hold the truth, and how often nothing is called something.

use super::coverage::{Model, Reference, held, scenarios};
use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::pool::draw_probes;
use crate::summary::{Measure, Target, mean};
use crate::trial::significant;
use finexl_core::experiment::{Coverage, FewPairs};
use finexl_core::explanation::Explanation;
use finexl_core::seed;
use finexl_explain::Explainer;
use finexl_explain::analysis::IntervalKind;
use finexl_explain::bank::ConceptBank;
use finexl_explain::calibration::CalibrationChoice;
use finexl_explain::decompose::Method;
use finexl_explain::divergence::Divergences;
use finexl_explain::probes::Probes;
use finexl_explain::profile::{profile_ridge, profiles};
use finexl_explain::similar::cosine_of_profiles;
use finexl_explain::statistics::wilson;
use rand::RngExt;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What coverage should be where there is something.
const COVERAGE: Target = Target::Between(0.90, 0.98);
/// What false alarms should stay below.
const ALARMS: Target = Target::AtMost(0.05);
/// Whose prompts the probes of a trial are.
const KINDS: [&str; 2] = ["matched", "default"];

/// An explainer that is measured.
struct Reader {
    name: String,
    explainer: Explainer,
}

/// Figures by quantity and group, trial by trial.
type Values = BTreeMap<(&'static str, String), Vec<f64>>;

/// Coverage of present aspects, of absent ones that get a weight, and false alarms, by method, kind of interval, kind of
/// probes and number of pairs.
///
/// The truth of a trial is the estimate on all pairs and probes of the pool that it did not draw. Probes are *matched*,
/// the prompts of the pairs, or *default*, the 25 that are taken where no prompts are known. Where there is nothing to find, the divergence of every pair has a random sign.
///
/// # Errors
/// An unknown method or interval, fewer probes than pairs, or an explainer that fails.
pub(crate) fn few_pairs(bench: &mut Bench<'_>, settings: &FewPairs) -> Result<Findings, EvalError> {
    let readers = readers(bench, settings)?;
    let coverage = Coverage {
        pairs: settings.pairs.clone(),
        probes: settings.probes,
        scenarios: settings.scenarios,
        trials: settings.trials,
        resamples: settings.resamples,
    };
    let scenarios = scenarios(bench, &coverage)?;
    bench.pool.require(settings.probes, bench.progress)?;
    let plain = (bench.explainer.to_builder())
        .method(Method::default())
        .build()?;
    let vocabulary = plain.vocabulary();
    let encoder = bench.pool.encoder();
    let default = ConceptBank::build(encoder, vocabulary, &Probes::default_prompts())?;
    let reference = Reference::of(&bench.pool, settings.probes);
    let mut values = Values::new();
    let mut former: Option<Vec<f64>> = None;
    for (number, scenario) in scenarios.iter().enumerate() {
        (bench.progress)("few pairs", number, scenarios.len());
        let divergences = bench.pool.divergences(std::slice::from_ref(scenario))?;
        let model = Model {
            pool: &bench.pool,
            reference: &reference,
            scenario,
            divergences: &divergences[0],
            artists: bench.artists(),
        };
        let trials = Trials {
            settings,
            model: &model,
            default: &default,
            number,
        };
        for reader in &readers {
            trials.of(reader, &mut values)?;
        }
        let own = profiles(
            &divergences[0],
            &reference.without(&bench.pool, &[]),
            vocabulary,
            plain.profile_space(),
            &profile_ridge(),
        )?;
        if let Some(former) = &former {
            trials.similar([former, &own], vocabulary.concepts().len(), &mut values)?;
        }
        former = Some(own);
    }
    let mut findings = Findings::default();
    for ((quantity, group), values) in values {
        findings.measures.push(measure(quantity, &group, &values)?);
    }
    Ok(findings)
}

fn measure(quantity: &str, group: &str, values: &[f64]) -> Result<Measure, EvalError> {
    let (estimate, target) = match quantity {
        "few-pairs/false-alarm" => {
            let alarms = values.iter().filter(|value| **value > 0.5).count();
            let share = alarms as f64 / values.len().max(1) as f64;
            ((share, wilson(alarms, values.len(), 0.95)), ALARMS)
        }
        "few-pairs/present" | "few-pairs/similar" => (mean(values)?, COVERAGE),
        _ => (mean(values)?, Target::None),
    };
    Ok(Measure::new(quantity, group, estimate, values.len()).with_target(target))
}

/// Every method with every interval, as a user has them and for features from outside.
fn readers(bench: &Bench<'_>, settings: &FewPairs) -> Result<Vec<Reader>, EvalError> {
    let explainer = &bench.explainer;
    let intervals: Vec<(String, IntervalKind)> = match settings.intervals.as_slice() {
        [] => vec![(String::new(), explainer.settings().interval)],
        named => named
            .iter()
            .map(|name| (format!(" interval={name}"), *name))
            .collect(),
    };
    let mut readers = Vec::new();
    let own = settings.own_features.iter().map(|name| (name, true));
    let all = settings.methods.iter().map(|name| (name, false));
    for (name, own) in all.chain(own) {
        let reader = (explainer.to_builder())
            .method((*name).into())
            .resamples(settings.resamples)
            .calibration(match own {
                true => CalibrationChoice::Raw(None),
                false => CalibrationChoice::Embedded,
            })
            .build()?;
        for (suffix, interval) in &intervals {
            let features = if own { " features=own" } else { "" };
            readers.push(Reader {
                name: format!("method={name}{features}{suffix}"),
                explainer: reader.clone().with_interval(*interval),
            });
        }
    }
    Ok(readers)
}

/// The trials of one personalized model.
struct Trials<'a> {
    settings: &'a FewPairs,
    model: &'a Model<'a>,
    default: &'a ConceptBank,
    number: usize,
}

impl Trials<'_> {
    fn of(&self, reader: &Reader, values: &mut Values) -> Result<(), EvalError> {
        let quick = reader.explainer.clone().with_flips(1);
        let explainer = reader.explainer.clone().with_flips(self.settings.flips);
        for pairs in &self.settings.pairs {
            let range = |count: usize| {
                let each = count.div_ceil(self.settings.scenarios.max(1));
                (self.number * each..(self.number + 1) * each).into_par_iter()
            };
            let covered =
                range(self.settings.trials).map(|trial| self.covered(&quick, *pairs, trial));
            let alarms =
                range(self.settings.nulls).map(|trial| self.alarms(&explainer, *pairs, trial));
            let mut found: Vec<Found> = covered.collect::<Result<Vec<_>, _>>()?.concat();
            found.extend(alarms.collect::<Result<Vec<_>, _>>()?.concat());
            for (quantity, kind, value) in found {
                let group = format!("{} probes={kind} pairs={pairs}", reader.name);
                values.entry((quantity, group)).or_default().push(value);
            }
        }
        Ok(())
    }

    /// The probes of a trial's pairs.
    fn drawn(&self, name: &str, pairs: usize, trial: usize) -> Result<Vec<usize>, EvalError> {
        let keys = [seed::key(name), pairs as u64, trial as u64];
        // At least one probe has to remain for the truth.
        let of = self.model.reference.probes().saturating_sub(1);
        draw_probes(self.model.scenario.style_seed, &keys, of, pairs)
    }

    fn bank(&self, kind: &str, drawn: &[usize]) -> Result<ConceptBank, EvalError> {
        match kind {
            "matched" => self.model.pool.bank(drawn),
            _ => Ok(self.default.clone()),
        }
    }

    fn covered(
        &self,
        explainer: &Explainer,
        pairs: usize,
        trial: usize,
    ) -> Result<Vec<Found>, EvalError> {
        let drawn = self.drawn("few pairs", pairs, trial)?;
        let truth = self.model.truth(explainer, &drawn)?;
        let truth_of = |concept: &str| {
            let place = explainer.vocabulary().position(concept);
            place.map_or(0.0, |place| truth[place])
        };
        let aspects = &self.model.scenario.aspects;
        let present: Vec<&str> = aspects.iter().map(|(aspect, _)| aspect.name).collect();
        let divergences = self.model.divergences.subset(&drawn);
        let mut found = Vec::new();
        for kind in KINDS {
            let record = explainer.explain_divergences(&divergences, &self.bank(kind, &drawn)?)?;
            let shares = held(&record, &present, truth_of);
            let figures = [
                ("few-pairs/present", shares.present),
                ("few-pairs/absent-with-weight", shares.weighted),
                ("few-pairs/width-of-present", Some(width(&record, &present))),
            ];
            let figures = figures.into_iter();
            found.extend(figures.filter_map(|(name, value)| Some((name, kind, value?))));
        }
        Ok(found)
    }

    /// How often the interval of the cosine of two models' profiles holds that of all other pairs.
    fn similar(
        &self,
        profiles: [&[f64]; 2],
        concepts: usize,
        values: &mut Values,
    ) -> Result<(), EvalError> {
        let each = self
            .settings
            .trials
            .div_ceil(self.settings.scenarios.max(1));
        let rows = |pairs: &[usize]| {
            profiles.map(|all| -> Vec<f64> {
                let rows = pairs
                    .iter()
                    .flat_map(|pair| &all[pair * concepts..(pair + 1) * concepts]);
                rows.copied().collect()
            })
        };
        let cosine = |pairs: &[usize]| {
            let [a, b] = rows(pairs);
            cosine_of_profiles([&a, &b], concepts)
        };
        for pairs in &self.settings.pairs {
            let held = (self.number * each..(self.number + 1) * each).into_par_iter();
            let held = held.map(|trial| {
                let drawn = self.drawn("few pairs", *pairs, trial)?;
                let rest: Vec<usize> = (0..self.model.reference.probes())
                    .filter(|probe| !drawn.contains(probe))
                    .collect();
                let truth = cosine(&rest)?.0;
                let interval = cosine(&drawn)?.1;
                Ok(f64::from(u8::from(
                    (interval.low..=interval.high).contains(&truth),
                )))
            });
            let held: Vec<f64> = held.collect::<Result<_, EvalError>>()?;
            let group = format!("pairs={pairs}");
            values
                .entry(("few-pairs/similar", group))
                .or_default()
                .extend(held);
        }
        Ok(())
    }

    fn alarms(
        &self,
        explainer: &Explainer,
        pairs: usize,
        trial: usize,
    ) -> Result<Vec<Found>, EvalError> {
        let drawn = self.drawn("few pairs without a change", pairs, trial)?;
        let mut signs = seed::generator(trial as u64, &[seed::key("signs"), pairs as u64]);
        let divergences = self.model.divergences.subset(&drawn);
        let d = divergences.dimension();
        let rows = divergences.values().chunks_exact(d).flat_map(|row| {
            let sign = if signs.random::<bool>() { 1.0 } else { -1.0 };
            row.iter().map(move |value| sign * value)
        });
        let nothing = Divergences::from_values(rows.collect(), d)?;
        let alarm = |kind| {
            let record = explainer.explain_divergences(&nothing, &self.bank(kind, &drawn)?)?;
            let any = f64::from(u8::from(significant(&record) > 0));
            Ok(("few-pairs/false-alarm", kind, any))
        };
        KINDS.into_iter().map(alarm).collect()
    }
}

/// Quantity, kind of probes, value.
type Found = (&'static str, &'static str, f64);

/// Mean width of the intervals of what is there.
fn width(record: &Explanation, present: &[&str]) -> f64 {
    let there = record
        .aspects
        .iter()
        .filter(|aspect| present.contains(&aspect.concept.as_str()));
    let (sum, count) = there.fold((0.0, 0), |(sum, count), aspect| {
        (sum + aspect.high - aspect.low, count + 1)
    });
    sum / f64::from(count.max(1))
}
