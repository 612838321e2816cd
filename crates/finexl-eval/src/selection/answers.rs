//! What every method says of every model, kept as soon as it is there.

use super::methods::Contender;
use super::pool_features::PoolFeatures;
use crate::EvalError;
use crate::baselines::{Column, Evidence, Offer};
use crate::proposals::ProposalTable;
use finexl_core::cells::Cells;
use finexl_core::experiment::ProbeChoice;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Features;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of how answers are brought into form.
const VERSION: u32 = 4;

/// A method's answer on one model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Weights of the concepts, `[N]`; none where there is a problem.
    pub weights: Vec<f64>,
    /// Explanation vectors, one per column of the method, `[d]` each; zeros where there is a problem.
    pub vectors: Vec<Vec<f64>>,
    /// Why there is no answer.
    pub problem: Option<String>,
}

/// How answers are brought into form.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Smaller weights count as none.
    pub threshold: f64,
    /// Only so many of the largest make a vector.
    pub largest: Option<usize>,
}

/// The answers of one method on all models of a pool, in their order. A method that fails on a model is
/// recorded and the others go on; a failure is not kept, so the next run tries again.
///
/// # Errors
/// Where a cell cannot be kept.
pub fn answers(
    contender: &Contender,
    offer: &Offer<'_>,
    pool: &PoolFeatures,
    proposals: Option<&[ProposalTable]>,
    form: Form,
    (cells, context): (&Cells, &Fingerprint),
    progress: &mut dyn FnMut(),
) -> Result<Vec<Answer>, EvalError> {
    let changed = contender.variant.as_ref();
    let seen = changed.and_then(|variant| variant.pairs);
    let form = Form {
        largest: changed.and_then(|v| v.largest).or(form.largest),
        ..form
    };
    let base = first(&pool.base, seen);
    let mut all = Vec::with_capacity(pool.models().len());
    let method = contender.method.fingerprint()?;
    let probes = match changed.map(|variant| variant.probes).unwrap_or_default() {
        ProbeChoice::Matched => "matched",
        ProbeChoice::Default => "default",
    };
    for (index, model) in pool.models().iter().enumerate() {
        let key = Fingerprint::of("selection answer")
            .number("version", u64::from(VERSION))
            .nested("context", context)
            .text("model", &model.name)
            .nested("images", &model.images)
            .nested("method", &method)
            .nested("columns", &columns_of(contender))
            .nested("vocabulary", offer.vocabulary().fingerprint())
            .text("probes", probes)
            .number("pairs seen", seen.map_or(0, |pairs| pairs as u64 + 1))
            .real("threshold", form.threshold)
            .number("largest", form.largest.map_or(0, |count| count as u64 + 1))
            .finish();
        let table = proposals.and_then(|tables| tables.get(index));
        let mut problem = None;
        let found = cells.get(&key, || {
            let features = first(&model.features, seen);
            let evidence = Evidence::new(offer, &model.name, &base, &features, table)?;
            let found = answer(contender, offer, &evidence, form);
            found.inspect_err(|error| problem = Some(error.to_string()))
        });
        all.push(match (found, problem) {
            (Err(_), Some(problem)) => Answer {
                weights: vec![0.0; offer.concepts()],
                vectors: vec![vec![0.0; offer.dimension()]; contender.columns.len()],
                problem: Some(problem),
            },
            (found, _) => found?,
        });
        progress();
    }
    Ok(all)
}

/// Fingerprint of the directions that vectors are made of.
fn columns_of(contender: &Contender) -> Fingerprint {
    let columns = contender.columns.iter();
    columns
        .fold(Fingerprint::of("columns"), |key, column| {
            key.text(
                "column",
                match column {
                    Column::Plain => "plain",
                    Column::Transformed => "transformed",
                },
            )
        })
        .finish()
}

/// The first pairs, or all.
fn first(features: &Features, pairs: Option<usize>) -> Cow<'_, Features> {
    match pairs {
        Some(pairs) => Cow::Owned(features.first(pairs)),
        None => Cow::Borrowed(features),
    }
}

fn answer(
    contender: &Contender,
    offer: &Offer<'_>,
    evidence: &Evidence<'_>,
    form: Form,
) -> Result<Answer, EvalError> {
    let answer = contender.method.explain(offer, evidence)?;
    let answer = answer.thresholded(form.threshold);
    let vectors = contender
        .columns
        .iter()
        .map(|column| answer.vector(offer, *column, form.largest));
    Ok(Answer {
        vectors: vectors.collect::<Result<_, _>>()?,
        weights: answer.weights().to_vec(),
        problem: None,
    })
}
