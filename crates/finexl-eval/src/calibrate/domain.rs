//! Examples of what an encoder was trained on, and how far from them is too far.

use crate::EvalError;
use crate::pool::ProbePool;
use crate::settings::{Progress, Stock};
use finexl_core::experiment::Calibrate;
use finexl_data::scenes::Split;
use finexl_explain::domain::Domain;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::{Encoder, Features};

/// Training scenes kept as examples, over all artists.
const EXAMPLES: usize = 400;
/// Validation scenes that the threshold is fitted on, over all artists.
const HELD_OUT: usize = 800;
/// Share of them that may lie outside.
const OUTSIDE: f64 = 0.01;

/// Embeds clean training scenes as examples and fits the threshold on validation scenes.
///
/// # Errors
/// As [`super::calibrate`].
pub fn fit_domain(
    config: &Calibrate,
    encoder: &dyn Encoder,
    progress: Progress,
) -> Result<Domain, EvalError> {
    progress("domain", 0, 2);
    let examples = clean_scenes(config, encoder, Split::Train, EXAMPLES)?;
    progress("domain", 1, 2);
    let held_out = clean_scenes(config, encoder, Split::Validation, HELD_OUT)?;
    progress("domain", 2, 2);
    Ok(Domain::fit(encoder, examples, &held_out, OUTSIDE))
}

fn clean_scenes(
    config: &Calibrate,
    encoder: &dyn Encoder,
    split: Split,
    count: usize,
) -> Result<Features, EvalError> {
    let vocabulary = Vocabulary::default_phrases()?;
    let stock = Stock::load(&config.material, Split::Validation)?;
    let mut pool = ProbePool::new(encoder, &vocabulary, stock, split, config.seed);
    pool.prompts(count)?;
    let artists = pool.artists().len();
    let mut features = Features::empty(encoder.dimension());
    for artist in 0..artists {
        let probes: Vec<usize> = (0..count).filter(|p| p % artists == artist).collect();
        features.extend(&pool.base(artist, &probes)?);
    }
    Ok(features)
}
