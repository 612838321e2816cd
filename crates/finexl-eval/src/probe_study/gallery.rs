//! Images of a pool's base and models, as features.

use super::chosen_models::ChosenModel;
use super::drawn_features::{BLOCK, Drawing};
use super::null_trials::BaseFeatures;
use crate::EvalError;
use crate::made_pool::MadePool;
use crate::settings::Progress;
use finexl_core::experiment::EvaluateProbes;
use finexl_core::pool::PoolRecord;
use finexl_explain::cache::Cache;
use finexl_explain::divergence::Divergences;
use finexl_zoo::encoders::Encoder;
use finexl_zoo::generators::{
    AnyGenerator, ChosenSettings, GenerationRequest, open_generator, open_personalized,
};

/// The base of a pool, with the weights that the pool was made with.
///
/// # Errors
/// [`EvalError::Setting`] where there is none of that name, or it has other weights.
pub(super) fn base_of(
    made: &MadePool,
    pool: &PoolRecord,
    device: &str,
) -> Result<AnyGenerator, EvalError> {
    let on = finexl_zoo::device::by_name(device)?;
    let model = made.model.as_deref().unwrap_or(&pool.base);
    let remedy = "give the [make-pool] experiment instead of its folder, or make the pool anew";
    let base = open_generator(model, &on).map_err(|error| {
        let problem = format!("the base {model} cannot be opened: {error}; {remedy}");
        EvalError::setting("pool", problem)
    })?;
    if *base.weights() != pool.base_fingerprint {
        let problem = format!(
            "{} was made with other weights of {model} than are at hand; {remedy}",
            made.folder.display()
        );
        return Err(EvalError::setting("pool", problem));
    }
    Ok(base)
}

/// Where the images of base and models come from.
pub(super) struct Gallery<'a> {
    /// How many of what.
    pub config: &'a EvaluateProbes,
    /// Where the pool is.
    pub made: &'a MadePool,
    /// Its base.
    pub base: &'a AnyGenerator,
    /// The base as it is opened.
    pub model: &'a str,
    /// One per probe.
    pub prompts: &'a [String],
    /// Who looks at the images.
    pub encoder: &'a dyn Encoder,
    /// Where features are kept.
    pub cache: &'a Cache,
    /// Name of the device of generators.
    pub device: &'a str,
    /// Told what is drawn.
    pub progress: Progress<'a>,
}

/// What was drawn.
pub(super) struct Drawn {
    /// Of the base.
    pub base: BaseFeatures,
    /// Of each model on all probes.
    pub divergences: Vec<Divergences>,
}

impl Gallery<'_> {
    /// Draws the base's images and those of the models of the same prompts and seeds, or takes what the cache has.
    ///
    /// # Errors
    /// Settings of another family, too little memory, adapters of another base, what cannot be generated or encoded.
    pub fn draw(&self, chosen: &[ChosenModel]) -> Result<Drawn, EvalError> {
        let settings = self.base.settings(&ChosenSettings {
            steps: self.config.steps,
            ..ChosenSettings::default()
        })?;
        let memory = self.base.memory(BLOCK, &settings);
        finexl_core::memory::require("generating", memory)?;
        let drawing = Drawing {
            generator: &**self.base,
            settings: &settings,
            encoder: self.encoder,
            cache: self.cache,
        };
        let told = |what: &str, done: usize| {
            (self.progress)(&format!("images of {what}"), done, self.prompts.len());
        };
        let base = BaseFeatures::of(drawing, self.prompts, self.config, &told)?;
        let requests = GenerationRequest::of_prompts(self.prompts, self.config.seed);
        let device = finexl_zoo::device::by_name(self.device)?;
        let mut divergences = Vec::with_capacity(chosen.len());
        for model in chosen {
            let folder = self.made.folder.join(&model.folder);
            let opened = open_personalized(self.model, &folder, model.scale, &device)?;
            let drawing = Drawing {
                generator: &*opened.generator,
                ..drawing
            };
            let features = drawing.plain(&requests, &|done| told(&model.name, done))?;
            divergences.push(Divergences::between(&base.plain, &features)?);
        }
        Ok(Drawn { base, divergences })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::fingerprint::Fingerprint;

    #[test]
    fn another_base_than_the_pools_is_refused() {
        let pool = |base: &str| PoolRecord {
            version: PoolRecord::VERSION,
            name: "small".to_string(),
            base: base.to_string(),
            base_fingerprint: Fingerprint::of("other weights").finish(),
            base_images: "images/base".into(),
            models: Vec::new(),
        };
        let made = MadePool {
            folder: "runs/pools/small".into(),
            model: None,
        };
        for (base, words) in [
            ("no-such-generator", "cannot be opened"),
            ("mini-gan", "other weights"),
        ] {
            let error = base_of(&made, &pool(base), "cpu").err().unwrap();
            let message = error.to_string();
            for part in ["`pool`", base, words] {
                assert!(message.contains(part), "{message}");
            }
        }
    }
}
