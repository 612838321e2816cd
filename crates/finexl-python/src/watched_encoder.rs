//! An encoder that stops when nobody waits for it any more.

use crate::waiting::Watch;
use finexl::core::fingerprint::Fingerprint;
use finexl::zoo::ZooError;
use finexl::zoo::encoders::TextLength;
use finexl::{Encoder, Features, Image};
use std::sync::Arc;

/// Another encoder, with a watch.
pub struct WatchedEncoder {
    inner: Arc<dyn Encoder>,
    watch: Watch,
}

impl WatchedEncoder {
    /// Of an encoder.
    pub fn new(inner: Arc<dyn Encoder>, watch: Watch) -> Self {
        Self { inner, watch }
    }

    fn check(&self) -> Result<(), ZooError> {
        match self.watch.is_stopped() {
            true => Err(stopped()),
            false => Ok(()),
        }
    }
}

/// What ends work that nobody waits for; nobody reads it.
pub fn stopped() -> ZooError {
    ZooError::Backend {
        what: "encoding",
        message: "it was interrupted".to_string(),
    }
}

impl Encoder for WatchedEncoder {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.inner.fingerprint()
    }

    fn device(&self) -> &'static str {
        self.inner.device()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn notes(&self) -> &[String] {
        self.inner.notes()
    }

    fn images_at_a_time(&self) -> usize {
        self.inner.images_at_a_time()
    }

    fn prepare(&self, image: &Image) -> Image {
        self.inner.prepare(image)
    }

    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError> {
        self.check()?;
        self.inner.encode_images(images)
    }

    // Not in parts: what is encoded together may be the same to the last digit only where it always is.
    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
        self.check()?;
        self.inner.encode_texts(texts)
    }

    fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        self.inner.text_length(text)
    }

    fn check_text(&self, text: &str) -> Result<(), ZooError> {
        self.check()?;
        self.inner.check_text(text)
    }
}
