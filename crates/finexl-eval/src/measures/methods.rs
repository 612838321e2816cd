//! All methods and intervals side by side, on the same images.

use super::coverage::{self, Model, Reference};
use super::two_aspects::{AMONG, within};
use crate::EvalError;
use crate::bench::{Bench, Findings};
use crate::outcome::Outcome;
use crate::pool::Scenario;
use crate::summary::{Measure, mean};
use crate::trial::{outside, rank};
use finexl_core::experiment::Coverage;
use finexl_core::explanation::Explanation;
use finexl_core::names::{IntervalName, MethodName};
use finexl_core::seed;
use finexl_data::aspects::all;
use finexl_explain::Explainer;
use finexl_explain::calibration::CalibrationChoice;
use finexl_explain::decompose::Method;
use finexl_explain::divergence::Divergences;
use rand::RngExt;
use rayon::prelude::*;

/// What is compared, and on how much.
pub(crate) struct Choices<'a> {
    /// Names of methods; empty: all.
    pub methods: &'a [MethodName],
    /// Names of intervals.
    pub intervals: &'a [IntervalName],
    /// Trials with one and with two aspects each.
    pub trials: usize,
    /// How coverage is measured.
    pub coverage: &'a Coverage,
}

/// Images of all methods, encoded once.
struct Material {
    trials: Vec<(Scenario, Divergences)>,
    models: Vec<(Scenario, Divergences)>,
    reference: Reference,
}

/// Measures every combination of space, method and interval on raw weights; maps to levels fit one
/// method only. The combination stands in the group of a figure.
///
/// # Errors
/// An unknown name, or an encoder or explainer that fails.
pub(crate) fn methods(bench: &mut Bench<'_>, choices: &Choices<'_>) -> Result<Findings, EvalError> {
    let methods: Vec<Method> = if choices.methods.is_empty() {
        Method::all().to_vec()
    } else {
        choices.methods.iter().map(|name| (*name).into()).collect()
    };
    let material = material(bench, choices)?;
    let calibrated = bench.explainer.space().cloned().map(Box::new);
    let mut spaces = vec![None];
    spaces.extend(calibrated.map(Some));
    let mut variants = Vec::new();
    for space in &spaces {
        for method in &methods {
            variants.extend(choices.intervals.iter().map(|i| (space, method, i)));
        }
    }
    let mut findings = Findings::default();
    for (done, (space, method, interval)) in variants.iter().enumerate() {
        (bench.progress)("methods", done, variants.len());
        let explainer = (bench.explainer.to_builder())
            .method((*method).clone())
            .interval(**interval)
            .resamples(choices.coverage.resamples)
            .calibration(CalibrationChoice::Raw((*space).clone()))
            .build()?;
        let name = if space.is_some() { "calibrated" } else { "own" };
        let group = format!("method={} interval={interval} space={name}", method.name());
        let mut figures: Vec<(String, Vec<f64>)> = explained(bench, &explainer, &material.trials)?
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values))
            .collect();
        let covered = covered(bench, &explainer, &material, choices.coverage)?;
        figures.extend(
            covered
                .into_iter()
                .map(|(n, values)| (format!("methods/{n}"), values)),
        );
        for (name, values) in figures.iter().filter(|(_, values)| !values.is_empty()) {
            let measure = Measure::new(name, &group, mean(values)?, values.len());
            findings.measures.push(measure);
        }
    }
    Ok(findings)
}

fn material(bench: &mut Bench<'_>, choices: &Choices<'_>) -> Result<Material, EvalError> {
    let probes = bench.config.probes.max(choices.coverage.probes);
    bench.pool.require(probes, bench.progress)?;
    let mut scenarios = Vec::new();
    for trial in 0..choices.trials {
        scenarios.push(random_single(bench, trial)?);
        scenarios.push(bench.random_double("methods", trial, false)?);
    }
    let models = coverage::scenarios(bench, choices.coverage)?;
    let mut encode = |scenarios: Vec<Scenario>| -> Result<Vec<_>, EvalError> {
        let mut all = Vec::with_capacity(scenarios.len());
        let total = scenarios.len();
        for scenario in scenarios {
            (bench.progress)("images for the methods", all.len(), total);
            let divergences = bench.pool.divergences(std::slice::from_ref(&scenario))?;
            all.extend(divergences.into_iter().map(|d| (scenario.clone(), d)));
        }
        Ok(all)
    };
    Ok(Material {
        trials: encode(scenarios)?,
        models: encode(models)?,
        reference: Reference::of(&bench.pool, choices.coverage.probes),
    })
}

fn random_single(bench: &Bench<'_>, trial: usize) -> Result<Scenario, EvalError> {
    let keys = [seed::key("methods-single"), trial as u64];
    let mut random = seed::generator(bench.config.seed, &keys);
    let aspect = &all()[random.random_range(0..all().len())];
    let implementations = bench.pool.implementations();
    let drawn = (
        implementations[random.random_range(0..implementations.len())],
        random.random_range(0..bench.artists().len()),
    );
    bench.scenario(
        "methods-single",
        trial,
        vec![(aspect, bench.config.level)],
        drawn,
    )
}

/// Figures of single trials by name.
type Figures = Vec<(&'static str, Vec<f64>)>;

fn explained(
    bench: &Bench<'_>,
    explainer: &Explainer,
    trials: &[(Scenario, Divergences)],
) -> Result<Figures, EvalError> {
    let pool = &bench.pool;
    let records: Vec<Explanation> = trials
        .par_iter()
        .map(|(scenario, divergences)| {
            let bank = pool.bank(&scenario.probes)?;
            Ok(explainer.explain_divergences(divergences, &bank)?)
        })
        .collect::<Result<_, EvalError>>()?;
    let mut figures: Figures = vec![
        ("methods/one-aspect-first", Vec::new()),
        ("methods/one-aspect-outside-family", Vec::new()),
        ("methods/both-in-first-three", Vec::new()),
        ("methods/recall-in-first-two", Vec::new()),
    ];
    for ((scenario, _), record) in trials.iter().zip(&records) {
        let names: Vec<&str> = scenario.aspects.iter().map(|(a, _)| a.name).collect();
        if let [(aspect, _)] = scenario.aspects.as_slice() {
            let first = rank(record, aspect.name) == Some(0);
            figures[0].1.push(f64::from(u8::from(first)));
            figures[1]
                .1
                .push(outside(record, &[aspect.family.name()]).len() as f64);
        } else {
            let all = within(record, &names, AMONG) == names.len();
            figures[2].1.push(f64::from(u8::from(all)));
            figures[3]
                .1
                .push(within(record, &names, 2) as f64 / names.len().max(1) as f64);
        }
    }
    Ok(figures)
}

fn covered(
    bench: &Bench<'_>,
    explainer: &Explainer,
    material: &Material,
    settings: &Coverage,
) -> Result<Vec<(String, Vec<f64>)>, EvalError> {
    // Sign flips say nothing about intervals.
    let explainer = explainer.clone().with_flips(1);
    let each = settings.trials.div_ceil(settings.scenarios.max(1));
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (number, (scenario, divergences)) in material.models.iter().enumerate() {
        let model = Model {
            pool: &bench.pool,
            reference: &material.reference,
            scenario,
            divergences,
            artists: bench.artists(),
        };
        for pairs in &settings.pairs {
            let found: Vec<Vec<Outcome>> = (number * each..(number + 1) * each)
                .into_par_iter()
                .map(|trial| model.trial(&explainer, *pairs, trial))
                .collect::<Result<_, _>>()?;
            outcomes.extend(found.into_iter().flatten());
        }
    }
    let mut figures: Vec<(String, Vec<f64>)> = Vec::new();
    for outcome in outcomes {
        match figures
            .iter_mut()
            .find(|(name, _)| *name == outcome.quantity)
        {
            Some((_, values)) => values.push(outcome.value),
            None => figures.push((outcome.quantity, vec![outcome.value])),
        }
    }
    Ok(figures)
}
