//! From divergences to the record that a person reads.

use crate::analysis::{Analysis, AnalysisSettings, analyse};
use crate::bank::ConceptBank;
use crate::calibrated_space::CalibratedSpace;
use crate::calibration::Calibration;
use crate::code_versions::code_versions;
use crate::decision::{Finding, Threshold, decide};
use crate::decompose::Directions;
use crate::divergence::Divergences;
use crate::error::ExplainError;
use crate::profile::{profile_ridge, profiles};
use crate::vocabulary::Vocabulary;
use crate::wording::{summary, wording};
use finexl_core::explanation::{
    AspectScore, Explanation, Generated, PairScore, Provenance, SCHEMA, Source, Verdict,
};
use finexl_core::fingerprint::Fingerprint;

/// Pairs listed as showing an aspect most, and least.
const LISTED_PAIRS: usize = 3;

/// Everything an explanation needs, features done.
pub struct Request<'a> {
    /// What the base is called.
    pub base: String,
    /// What the personalized model is called.
    pub personalized: String,
    /// Names of the pairs, as many as divergences.
    pub pairs: Vec<String>,
    /// What the base gave in each, see [`Explanation::pair_fingerprints`].
    pub pair_fingerprints: Vec<Fingerprint>,
    /// Paired differences.
    pub divergences: &'a Divergences,
    /// Directions of the vocabulary's concepts.
    pub bank: &'a ConceptBank,
    /// The concepts of the bank.
    pub vocabulary: &'a Vocabulary,
    /// Where divergences are decomposed; absent: in the encoder's own space.
    pub space: Option<&'a CalibratedSpace>,
    /// Where profiles are fitted, whatever the method; absent: in the encoder's own space.
    pub profile_space: Option<&'a CalibratedSpace>,
    /// Weight -> level, where there is a map for this encoder, vocabulary and method.
    pub calibration: Option<&'a Calibration>,
    /// Method, resampling, seed.
    pub settings: &'a AnalysisSettings,
    /// Name of the encoder.
    pub encoder: String,
    /// Fingerprint of the encoder.
    pub encoder_fingerprint: Fingerprint,
    /// Where it computed.
    pub device: String,
    /// How the images were generated, where that is known.
    pub generated: Generated,
    /// What turned weights into levels, or where they were fitted, if that is a calibration.
    pub calibrated_by: Option<Source>,
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
/// As [`analyse`], and a bank that does not fit the vocabulary.
pub fn explain(request: Request<'_>) -> Result<Explanation, ExplainError> {
    let concepts = request.vocabulary.concepts();
    if request.bank.concepts() != concepts.len() {
        return Err(ExplainError::Shape {
            what: "the concept bank",
            expected: concepts.len(),
            found: request.bank.concepts(),
        });
    }
    let silent = request.bank.check_lengths(request.vocabulary)?;
    let analysis = analyse_calibrated(&request)?;
    let errors = level_errors(&request)?;
    let testable = request.divergences.pairs() >= analysis.pairs_needed;
    let mut record = Explanation {
        schema: SCHEMA.to_string(),
        summary: String::new(),
        base: request.base.clone(),
        personalized: request.personalized.clone(),
        generated: request.generated.clone(),
        pairs: request.divergences.pairs(),
        pair_names: request.pairs.clone(),
        pair_fingerprints: request.pair_fingerprints.clone(),
        method: request.settings.method.name().to_string(),
        encoder: request.encoder.clone(),
        divergence: analysis.divergence,
        residual: analysis.weights.residual,
        residual_fitted: analysis.weights.residual_fitted,
        unexplained: analysis.unexplained,
        calibrated: request.calibration.is_some(),
        testable,
        aspects: aspects(
            &request,
            &analysis,
            &profiles_of(&request)?,
            errors.as_deref(),
            testable,
        ),
        notes: request.notes.iter().cloned().chain(silent).collect(),
        provenance: provenance(&request)?,
    };
    if !record.calibrated {
        record.notes.push(
            "Scores are raw weights and no levels: no calibration fits this encoder, vocabulary and method."
                .to_string(),
        );
    }
    record.notes.extend(analysis.notes.iter().cloned());
    if !testable && record.aspects.iter().all(|aspect| !aspect.significant) {
        // Several findings together can pass where a lone one cannot.
        record.notes.push(format!(
            "With {} pairs no single finding can pass the significance test over {} concepts; {} pairs are needed.",
            record.pairs,
            concepts.len(),
            analysis.pairs_needed
        ));
    }
    record.summary = summary(&record, concepts);
    Ok(record)
}

/// Analyses in the calibrated space, where there is one. Residuals are told in the encoder's own
/// space and in the one that was fitted in.
fn analyse_calibrated(request: &Request<'_>) -> Result<Analysis, ExplainError> {
    let Some(space) = request.space else {
        return analyse(request.divergences, request.bank, request.settings);
    };
    let mut analysis = analyse(
        &space.divergences(request.divergences)?,
        &space.bank(request.bank, request.vocabulary)?,
        request.settings,
    )?;
    let mean = request.divergences.mean();
    let blended = space.blended(&request.bank.mean(), request.vocabulary)?;
    let directions = Directions::new(&blended, request.bank.concepts(), mean.len())?;
    analysis.divergence = mean.iter().map(|v| v * v).sum::<f64>().sqrt();
    analysis.weights.residual = directions.residual(&mean, &analysis.weights.weights);
    Ok(analysis)
}

/// Half-widths of the intervals of levels, `[N]`, where the method knows them.
fn level_errors(request: &Request<'_>) -> Result<Option<Vec<f64>>, ExplainError> {
    let Some(space) = request.space.filter(|_| request.calibration.is_some()) else {
        return Ok(None);
    };
    let mean = space.whitened(&request.divergences.mean())?;
    let directions = space.directions(&request.bank.mean(), request.vocabulary)?;
    let directions = Directions::new(&directions, request.bank.concepts(), mean.len())?;
    let method = request.settings.method.build()?;
    method.prepare(directions)?.level_errors(&mean)
}

/// The 95% interval of a level that may be off by so much.
pub fn level_interval(level: f64, error: f64) -> [f64; 2] {
    [level - error, level + error].map(|end| end.clamp(0.0, 1.0))
}

/// The profiles of all pairs, `[n, N]`: they depend on encoder, vocabulary and prompts, and on no method.
fn profiles_of(request: &Request<'_>) -> Result<Vec<f64>, ExplainError> {
    profiles(
        request.divergences,
        &request.bank.mean(),
        request.vocabulary,
        request.profile_space,
        &profile_ridge(),
    )
}

fn provenance(request: &Request<'_>) -> Result<Provenance, ExplainError> {
    let [head, references] = request.settings.method.sources()?;
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION").to_string(),
        encoder: request.encoder_fingerprint.clone(),
        images: request.images.clone(),
        base_images: request.base_images.clone(),
        vocabulary: request.vocabulary.fingerprint().clone(),
        settings: request.settings.fingerprint()?,
        head,
        references,
        calibration: request.calibrated_by.clone(),
        device: request.device.clone(),
        code: code_versions(&request.settings.method),
        seed: request.settings.seed,
    })
}

fn aspects(
    request: &Request<'_>,
    analysis: &Analysis,
    profiles: &[f64],
    errors: Option<&[f64]>,
    testable: bool,
) -> Vec<AspectScore> {
    let level = |concept: &str, weight: f64| match request.calibration {
        Some(calibration) => calibration.level(concept, weight),
        None => weight,
    };
    let concepts = request.vocabulary.concepts();
    let count = concepts.len();
    let levels = concepts.iter().zip(&analysis.weights.weights);
    let highest = levels.fold(0.0f64, |most, (c, w)| most.max(level(&c.name, *w).abs()));
    let threshold = Threshold::of(request.calibration, highest);
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
                wording: wording(concept, score, request.calibration.is_some()),
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
                significant: decision.verdict == Verdict::Significant,
                decision,
                most: listed(request, analysis, k, true),
                least: listed(request, analysis, k, false),
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
    request: &Request<'_>,
    analysis: &Analysis,
    concept: usize,
    most: bool,
) -> Vec<PairScore> {
    let count = analysis.p_adjusted.len();
    let of = |pair: usize| analysis.contributions[pair * count + concept];
    let mut order: Vec<usize> = (0..request.pairs.len()).collect();
    order.sort_by(|a, b| of(*b).total_cmp(&of(*a)));
    if !most {
        order.reverse();
    }
    order.truncate(LISTED_PAIRS);
    let listed = order.into_iter().map(|pair| PairScore {
        pair: request.pairs[pair].clone(),
        contribution: of(pair),
    });
    listed.collect()
}
