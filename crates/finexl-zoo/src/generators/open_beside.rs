//! Personalizations of a base that is open, one after the other, as pools and experiments take them.

use super::open_published::is_whole_checkpoint;
use super::sampled_alike::{adapters_predict_alike, checkpoint_predicts_alike};
use super::settings::GenerationSettings;
use super::{
    AdapterChoice, AnyGenerator, ChosenSettings, OpenedGenerator, open_adapted, open_personalized,
};
use crate::ZooError;
use burn::tensor::Device;

/// A base and how its pictures are sampled.
pub struct SampledBase<'a> {
    /// The base.
    pub generator: &'a AnyGenerator,
    /// What it was opened as.
    pub model: &'a str,
    /// What its pictures are made with.
    pub settings: &'a GenerationSettings,
    /// What of that was stated.
    pub chosen: &'a ChosenSettings,
    /// Where it computes.
    pub device: &'a Device,
}

impl SampledBase<'_> {
    /// A personalization on the base. Adapters of Stable Diffusion share its memory; FineXL's own generators are small and
    /// opened anew.
    ///
    /// # Errors
    /// As [`open_personalized`].
    pub fn open(&self, choice: &AdapterChoice) -> Result<OpenedGenerator, ZooError> {
        match self.generator {
            AnyGenerator::StableDiffusion(_) => {
                let only = std::slice::from_ref(choice);
                open_adapted(self.generator, self.model, only, self.device)
            }
            _ => open_personalized(self.model, &choice.path, choice.scale, self.device),
        }
    }

    /// Refuses what cannot be put onto the base, or predicts something else, before any picture is made. Where only the
    /// weights of a whole checkpoint tell what it predicts it is found out when it is opened.
    ///
    /// # Errors
    /// As [`SampledBase::open`], [`checkpoint_predicts_alike`] and [`adapters_predict_alike`].
    pub fn check<'c>(
        &self,
        mut choices: impl Iterator<Item = &'c AdapterChoice>,
    ) -> Result<(), ZooError> {
        choices.try_for_each(|choice| self.check_one(choice))
    }

    fn check_one(&self, choice: &AdapterChoice) -> Result<(), ZooError> {
        let base = (self.generator.name(), self.settings);
        if is_whole_checkpoint(self.model, &choice.path, choice.scale)? {
            let name = choice.path.display().to_string();
            let checkpoint = (name.as_str(), choice.path.as_path());
            return checkpoint_predicts_alike(base, checkpoint, self.chosen).map(drop);
        }
        let opened = self.open(choice)?;
        adapters_predict_alike(&opened.trained_on, base, self.chosen).map(drop)
    }
}
