//! The captioner with the encoder that it reads images with.

use super::{AspectProbabilities, CaptionModel, CaptionerConfig};
use crate::ZooError;
use crate::encoders::Encoder;
use crate::encoders::mini_clip::MiniClip;
use crate::weights::WeightsFile;
use crate::workers::Workers;
use burn::tensor::{Device, Tensor};
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;

/// A trained captioner.
pub struct MiniCaptioner {
    config: CaptionerConfig,
    model: CaptionModel,
    encoder: MiniClip,
    fingerprint: Fingerprint,
    workers: Workers,
}

impl MiniCaptioner {
    /// Builds a captioner from its weights and its encoder.
    ///
    /// # Errors
    /// [`ZooError::Weights`] where the file is damaged, [`ZooError::Config`] where it was trained with
    /// another encoder.
    pub fn from_weights(
        weights: &WeightsFile,
        encoder: MiniClip,
        device: &Device,
    ) -> Result<Self, ZooError> {
        let config: CaptionerConfig = weights.config()?;
        if config.encoder != encoder.fingerprint().as_str() {
            return Err(ZooError::Config(format!(
                "{} was trained with another encoder than {} ({}); give the one with the fingerprint {} \
                 or train it anew",
                config.name,
                encoder.name(),
                encoder.fingerprint(),
                config.encoder
            )));
        }
        let decoder = weights.load_into(config.init(encoder.token_width(), device))?;
        Ok(Self {
            model: CaptionModel::new(&config, decoder),
            config,
            encoder,
            fingerprint: Fingerprint::of("captioner")
                .text("device", crate::device::name(device))
                .nested("weights", &weights.fingerprint())
                .finish(),
            workers: Workers::new(device),
        })
    }

    /// What it was built from.
    pub fn config(&self) -> &CaptionerConfig {
        &self.config
    }

    /// Its words.
    pub fn model(&self) -> &CaptionModel {
        &self.model
    }

    /// Fingerprint of everything that an answer depends on: the weights and, named in them, the encoder.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// How likely each phrase is to be the aspect that an image's caption names first, per image; see
    /// [`CaptionModel::aspects`]. Every image comes with its plain caption.
    ///
    /// # Errors
    /// Words that are not known (a phrase's are told with the phrase), captions that get too long.
    pub fn aspects(
        &self,
        images: &[(&Image, &str)],
        phrases: &[String],
    ) -> Result<Vec<AspectProbabilities>, ZooError> {
        for phrase in phrases {
            self.model.check_phrase(phrase)?;
        }
        self.each(images.to_vec(), |(image, plain)| {
            self.model.aspects(&self.tokens(image), plain, phrases)
        })
    }

    /// `ln P(continuation, end | beginning, image)` of continuations of one image's caption; see
    /// [`CaptionModel::log_likelihoods`].
    ///
    /// # Errors
    /// Words that are not known, captions that get too long.
    pub fn log_likelihoods(
        &self,
        image: &Image,
        beginning: &str,
        continuations: &[String],
    ) -> Result<Vec<f64>, ZooError> {
        let tokens = self.tokens(image);
        self.model
            .log_likelihoods(&tokens, beginning, continuations)
    }

    /// A likely caption of every image, found with so many beams; 1 takes the likeliest word each time.
    ///
    /// # Errors
    /// [`ZooError::NotFinite`] for a damaged image, [`ZooError::Backend`] where the device fails.
    pub fn captions(&self, images: &[&Image], beams: usize) -> Result<Vec<String>, ZooError> {
        self.each(images.to_vec(), |image| {
            self.model.caption(&self.tokens(image), beams)
        })
    }

    /// What the images show, aspects left out: the beginnings that [`MiniCaptioner::aspects`] takes where
    /// no prompt is known.
    ///
    /// # Errors
    /// As [`MiniCaptioner::captions`].
    pub fn plain_captions(&self, images: &[&Image]) -> Result<Vec<String>, ZooError> {
        self.each(images.to_vec(), |image| {
            self.model.plain_caption(&self.tokens(image))
        })
    }

    /// `[1, tokens, token width]`
    fn tokens(&self, image: &Image) -> Tensor<3> {
        self.encoder.image_tokens(std::slice::from_ref(image))
    }

    /// Does the same for every job, on all cores.
    fn each<J: Send, R: Send>(
        &self,
        jobs: Vec<J>,
        work: impl Fn(J) -> Result<R, ZooError> + Sync,
    ) -> Result<Vec<R>, ZooError> {
        self.workers.run(jobs, work).into_iter().collect()
    }
}
