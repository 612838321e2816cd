//! From divergences to the record that a person reads.

use crate::analysis::{Analysis, Untested, level_interval, tested, untested};
use crate::bank::ConceptBank;
use crate::change::{self, Appearance, Findings, MOSTLY_UNEXPLAINED};
use crate::code_versions::code_versions;
use crate::decision::{Finding, Threshold, decide};
use crate::decompose::Directions;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::explainer::Explainer;
use crate::in_views;
use crate::places::{self, Look};
use crate::profile::{profile_ridge, profiles};
use crate::sampling_units::SamplingUnits;
use crate::summary::summary;
use crate::wording::wording;
use finexl_core::change::Change;
use finexl_core::explanation::{
    AspectScore, Explanation, Generated, PairScore, Provenance, SCHEMA, ShownIn, Verdict,
};
use finexl_core::fingerprint::Fingerprint;

/// Pairs listed as showing an aspect most, and least.
const LISTED_PAIRS: usize = 3;
/// Fewest independent draws that a change can be proven by, with every flip of their signs.
const DRAWS_NEEDED: usize = 8;

/// What is explained, features done.
pub(crate) struct Subject<'a> {
    /// What base and personalized model are called.
    pub names: [String; 2],
    /// Names of the pairs, as many as divergences.
    pub pairs: Vec<String>,
    /// What the base gave in each, see [`Explanation::pair_fingerprints`].
    pub pair_fingerprints: Vec<Fingerprint>,
    /// Paired differences.
    pub divergences: &'a Divergences,
    /// The same of the tiles of the pictures, where there are any.
    pub tiles: Option<Divergences>,
    /// The features behind them, where they are known.
    pub appearance: Option<Appearance<'a>>,
    /// Looks at the pictures of some pairs part by part, where they are there to be looked at.
    pub look: Option<Look<'a>>,
    /// Directions of the vocabulary's concepts.
    pub bank: &'a ConceptBank,
    /// What to say where much stays unexplained, of images that the encoder was not made for.
    pub rough: Option<String>,
    /// How the images were generated, where that is known.
    pub generated: Generated,
    /// Fingerprint of the images.
    pub images: Fingerprint,
    /// Fingerprint of the base's images and of the prompts of the bank.
    pub base_images: Fingerprint,
    /// Remarks made so far.
    pub notes: Vec<String>,
}

/// Explains divergences.
///
/// # Errors
/// As [`crate::analysis::analyse`], and a bank that does not fit the vocabulary.
pub(crate) fn explain(
    explainer: &Explainer,
    subject: &Subject<'_>,
) -> Result<Explanation, ExplainError> {
    let concepts = explainer.vocabulary().concepts();
    if subject.bank.concepts() != concepts.len() {
        return Err(ExplainError::Shape {
            what: "the concept bank",
            expected: concepts.len(),
            found: subject.bank.concepts(),
        });
    }
    let silent = subject.bank.check_lengths(explainer.vocabulary())?;
    let analysed = analyse_views(explainer, subject)?;
    let analysis = &analysed.analysis;
    let testable = subject.divergences.pairs() >= analysis.pairs_needed;
    let mut record = Explanation {
        schema: SCHEMA.to_string(),
        summary: String::new(),
        base: subject.names[0].clone(),
        personalized: subject.names[1].clone(),
        generated: subject.generated.clone(),
        pairs: subject.divergences.pairs(),
        pair_names: subject.pairs.clone(),
        pair_fingerprints: subject.pair_fingerprints.clone(),
        method: explainer.settings().method.name().to_string(),
        encoder: explainer.embedded_by().0.to_string(),
        views: match subject.tiles {
            Some(_) => vec![ShownIn::Whole, ShownIn::Tiles],
            None => vec![ShownIn::Whole],
        },
        change: Default::default(),
        divergence: analysis.divergence,
        residual: analysis.weights.residual,
        residual_fitted: analysis.weights.residual_fitted,
        unexplained: analysis.unexplained,
        calibrated: explainer.calibration().is_some(),
        testable,
        aspects: aspects(
            explainer,
            subject,
            &analysed,
            &profiles_of(explainer, subject)?,
            testable,
        ),
        notes: subject.notes.iter().cloned().chain(silent).collect(),
        provenance: provenance(explainer, subject)?,
    };
    if !record.calibrated {
        record.notes.push(
            "Scores are raw weights and no levels: no calibration fits this encoder, vocabulary and method."
                .to_string(),
        );
    }
    record.notes.extend(analysis.notes.iter().cloned());
    if !testable {
        record.notes.push(format!(
            "With {} {} nothing can pass the significance test; {} pairs are needed.",
            record.pairs,
            if record.pairs == 1 { "pair" } else { "pairs" },
            analysis.pairs_needed
        ));
    }
    let rough = subject.rough.iter();
    let rough = rough.filter(|_| record.unexplained > MOSTLY_UNEXPLAINED);
    record.notes.extend(rough.cloned());
    record.change = change_of(explainer, subject, &record)?;
    if let Some(look) = subject.look {
        places::add_maps(explainer, subject, look, &mut record.aspects)?;
    }
    record.summary = summary(&record, concepts);
    Ok(record)
}

/// The change as a whole, beside what was found in it.
fn change_of(
    explainer: &Explainer,
    subject: &Subject<'_>,
    record: &Explanation,
) -> Result<Change, ExplainError> {
    let divergences = subject.divergences;
    let units = SamplingUnits::of(divergences, DRAWS_NEEDED);
    let mut change = change::measure(
        divergences,
        &units.sums(divergences.values(), divergences.dimension()),
        subject.appearance.as_ref(),
        explainer.settings().seed,
    )?;
    let found = Findings {
        named: record.aspects.iter().any(|aspect| aspect.significant),
        unexplained: record.unexplained,
    };
    let same = divergences.values().iter().all(|value| *value == 0.0);
    change.kind = change::kind(&change, same, units.count(), &found);
    Ok(change)
}

/// An analysis of all views.
struct Analysed {
    analysis: Analysis,
    /// See [`level_errors`].
    errors: Option<Vec<f64>>,
    /// The view that tells each concept, `[N]`.
    views: Vec<ShownIn>,
}

/// Analyses the pictures as a whole, and their tiles where there are any.
fn analyse_views(explainer: &Explainer, subject: &Subject<'_>) -> Result<Analysed, ExplainError> {
    let settings = explainer.settings();
    let whole = analyse_calibrated(explainer, subject, subject.divergences)?;
    let mut errors = level_errors(explainer, subject, subject.divergences)?;
    let Some(divergences) = &subject.tiles else {
        let [analysis] = tested([whole], settings)?;
        return Ok(Analysed {
            views: vec![ShownIn::Whole; analysis.weights.weights.len()],
            analysis,
            errors,
        });
    };
    let tiles = analyse_calibrated(explainer, subject, divergences)?;
    let [whole, tiles] = tested([whole, tiles], settings)?;
    let (analysis, views) = in_views::merged(whole, tiles);
    let of_tiles = level_errors(explainer, subject, divergences)?;
    for (k, view) in views.iter().enumerate() {
        if let (ShownIn::Tiles, Some(own), Some(other)) = (view, &mut errors, &of_tiles) {
            own[k] = other[k];
        }
    }
    Ok(Analysed {
        analysis,
        errors,
        views,
    })
}

/// Analyses in the calibrated space, where there is one. Residuals are told in the encoder's own
/// space and in the one that was fitted in.
fn analyse_calibrated(
    explainer: &Explainer,
    subject: &Subject<'_>,
    divergences: &Divergences,
) -> Result<Untested, ExplainError> {
    let Some(space) = explainer.space() else {
        return untested(
            divergences,
            subject.bank,
            explainer.decomposition(),
            explainer.settings(),
        );
    };
    let mut view = untested(
        &space.divergences(divergences)?,
        &space.bank(subject.bank, explainer.vocabulary())?,
        explainer.decomposition(),
        explainer.settings(),
    )?;
    let mean = divergences.mean();
    let blended = space.blended(&subject.bank.mean(), explainer.vocabulary())?;
    let directions = Directions::new(&blended, subject.bank.concepts(), mean.len())?;
    let analysis = &mut view.analysis;
    analysis.divergence = mean.iter().map(|v| v * v).sum::<f64>().sqrt();
    analysis.weights.residual = directions.residual(&mean, &analysis.weights.weights);
    Ok(view)
}

/// Half-widths of the intervals of levels, `[N]`, where the method knows them.
fn level_errors(
    explainer: &Explainer,
    subject: &Subject<'_>,
    divergences: &Divergences,
) -> Result<Option<Vec<f64>>, ExplainError> {
    let Some(space) = explainer
        .space()
        .filter(|_| explainer.calibration().is_some())
    else {
        return Ok(None);
    };
    let mean = space.whitened(&divergences.mean())?;
    let directions = space.directions(&subject.bank.mean(), explainer.vocabulary())?;
    let directions = Directions::new(&directions, subject.bank.concepts(), mean.len())?;
    let prepared = explainer.decomposition().prepare(directions)?;
    prepared.level_errors(&mean)
}

/// The profiles of all pairs, `[n, N]`: they depend on encoder, vocabulary and prompts, and on no method.
fn profiles_of(explainer: &Explainer, subject: &Subject<'_>) -> Result<Vec<f64>, ExplainError> {
    profiles(
        subject.divergences,
        &subject.bank.mean(),
        explainer.vocabulary(),
        explainer.profile_space(),
        &profile_ridge(),
    )
}

fn provenance(explainer: &Explainer, subject: &Subject<'_>) -> Result<Provenance, ExplainError> {
    let head = explainer.head();
    let (_, encoder, device) = explainer.embedded_by();
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION").to_string(),
        encoder: encoder.clone(),
        images: subject.images.clone(),
        base_images: subject.base_images.clone(),
        vocabulary: explainer.vocabulary().fingerprint().clone(),
        settings: explainer.fingerprint()?,
        head: head.map(|head| head.source()),
        references: head.and_then(|head| head.references().cloned()),
        calibration: explainer.calibrated_by().cloned(),
        device: device.to_string(),
        code: code_versions(&explainer.settings().method),
        seed: explainer.settings().seed,
    })
}

fn aspects(
    explainer: &Explainer,
    subject: &Subject<'_>,
    analysed: &Analysed,
    profiles: &[f64],
    testable: bool,
) -> Vec<AspectScore> {
    let (analysis, errors) = (&analysed.analysis, analysed.errors.as_ref());
    let level = |concept: &str, weight: f64| explainer.level(concept, weight);
    let concepts = explainer.vocabulary().concepts();
    let count = concepts.len();
    let levels = concepts.iter().zip(&analysis.weights.weights);
    let highest = levels.fold(0.0f64, |most, (c, w)| most.max(level(&c.name, *w).abs()));
    let threshold = Threshold::of(explainer.calibration(), highest);
    let mut aspects: Vec<AspectScore> = concepts
        .iter()
        .enumerate()
        .map(|(k, concept)| {
            let weight = analysis.weights.weights[k];
            let interval = analysis.intervals[k];
            let level = |weight: f64| level(&concept.name, weight);
            let score = level(weight);
            let (low, high) = (level(interval.low), level(interval.high));
            let found = Finding {
                scored: weight != 0.0,
                interval: [low, high],
                p_adjusted: analysis.p_adjusted[k],
                testable,
            };
            let decision = decide(found, threshold);
            AspectScore {
                concept: concept.name.clone(),
                wording: wording(concept, score, explainer.calibration().is_some()),
                family: concept.family.clone(),
                weight,
                profile: (profiles.iter().skip(k).step_by(count))
                    .map(|v| *v as f32)
                    .collect(),
                score,
                low,
                high,
                level: errors.map(|errors| level_interval(score, errors[k])),
                p_adjusted: analysis.p_adjusted[k],
                view: analysed.views[k],
                significant: decision.verdict == Verdict::Significant,
                decision,
                map: None,
                most: listed(subject, analysis, k, true),
                least: listed(subject, analysis, k, false),
            }
        })
        .collect();
    aspects.sort_by(|a, b| {
        (b.score, b.weight)
            .partial_cmp(&(a.score, a.weight))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    aspects
}

/// The pairs with the largest (or smallest) contribution to a concept.
fn listed(
    subject: &Subject<'_>,
    analysis: &Analysis,
    concept: usize,
    most: bool,
) -> Vec<PairScore> {
    let count = analysis.p_adjusted.len();
    let of = |pair: usize| analysis.contributions[pair * count + concept];
    let mut order: Vec<usize> = (0..subject.pairs.len()).collect();
    order.sort_by(|a, b| of(*b).total_cmp(&of(*a)));
    if !most {
        order.reverse();
    }
    order.truncate(LISTED_PAIRS);
    let listed = order.into_iter().map(|pair| PairScore {
        pair: subject.pairs[pair].clone(),
        contribution: of(pair),
    });
    listed.collect()
}
