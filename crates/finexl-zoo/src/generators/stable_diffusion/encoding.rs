//! Prompts to conditions.

use super::conditions::TextConditions;
use super::network::StableDiffusion;
use crate::ZooError;
use crate::stable_diffusion::Base;
use burn::tensor::Tensor;

/// Texts of one pass.
const BATCH: usize = 8;

impl StableDiffusion {
    /// Conditions of texts. SD 1 and 2 read the last layer behind the last norm, XL the last but one without it;
    /// `clip_skip` goes so many layers further back.
    ///
    /// # Errors
    /// [`ZooError::Config`] for a skip beyond the first layer; where a tokenizer fails.
    pub fn encode_texts(
        &self,
        texts: &[String],
        clip_skip: usize,
    ) -> Result<TextConditions, ZooError> {
        let most = self.most_clip_skip();
        if clip_skip > most {
            return Err(ZooError::Config(format!(
                "{clip_skip} layers of the text encoder are to be skipped; {most} can be"
            )));
        }
        if texts.is_empty() {
            return Err(ZooError::Config("no text was given".to_string()));
        }
        let parts: Result<Vec<TextConditions>, ZooError> = texts
            .chunks(BATCH)
            .map(|texts| self.encode_batch(texts, clip_skip))
            .collect();
        Ok(TextConditions::cat(parts?))
    }

    fn encode_batch(&self, texts: &[String], clip_skip: usize) -> Result<TextConditions, ZooError> {
        let xl = self.base() == Base::Xl;
        let (mut contexts, mut pooled, mut all_cut) = (Vec::new(), None, Vec::new());
        for (encoder, prompts) in &self.texts {
            let (tokens, cut) = prompts.read(texts)?;
            let known = encoder.config().vocabulary;
            if let Some(token) = tokens.ids.iter().find(|token| **token as usize >= known) {
                return Err(ZooError::Config(format!(
                    "the tokenizer gives token {token}, the text encoder knows {known}; take tokenizer and weights of one model"
                )));
            }
            let states = encoder.forward(&tokens);
            let last = states.hidden.len() - 1 - clip_skip - usize::from(xl);
            let Some(rows) = states.hidden.into_iter().nth(last) else {
                continue;
            };
            contexts.push(if xl { rows } else { encoder.normalised(rows) });
            // Pooled text is that of the last encoder alone.
            pooled = states.pooled;
            all_cut.extend(cut);
        }
        all_cut.sort_unstable();
        all_cut.dedup();
        Ok(TextConditions {
            context: Tensor::cat(contexts, 2),
            pooled: pooled.filter(|_| xl),
            cut: all_cut,
        })
    }

    /// The other side of guidance, of one text. Without a negative prompt it is the empty one, or zeros where the model
    /// says so; an empty prompt that was given is encoded.
    ///
    /// # Errors
    /// As [`StableDiffusion::encode_texts`].
    pub fn encode_negative(
        &self,
        negative: Option<&str>,
        clip_skip: usize,
    ) -> Result<TextConditions, ZooError> {
        let text = negative.unwrap_or_default().to_string();
        let conditions = self.encode_texts(&[text], clip_skip)?;
        match negative.is_none() && self.facts().force_zeros_for_empty_prompt {
            true => Ok(conditions.zeros()),
            false => Ok(conditions),
        }
    }

    /// The largest `clip_skip` that leaves a layer.
    pub fn most_clip_skip(&self) -> usize {
        let layers = self.text_encoders().map(|encoder| encoder.config().layers);
        let fewest = layers.min().unwrap_or(1);
        fewest.saturating_sub(1 + usize::from(self.base() == Base::Xl))
    }
}
