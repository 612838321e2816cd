//! Likelihoods of captions, given image tokens.

use super::beam_search::beam_search;
use super::{CaptionDecoder, CaptionerConfig};
use crate::ZooError;
use crate::encoders::clip::{TreeBatch, tree_batches};
use crate::encoders::mini_clip::Tokenizer;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use finexl_data::captions::plain_part;

/// A decoder with its words.
#[derive(Debug)]
pub struct CaptionModel {
    name: String,
    decoder: CaptionDecoder,
    tokenizer: Tokenizer,
    words: Vec<String>,
    context: usize,
}

/// What an image is said to look like: a distribution over the phrases on offer and none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct AspectProbabilities {
    /// That the caption ends without naming an aspect.
    pub none: f64,
    /// That the aspect it names first is this one, per phrase in the order of the offer.
    pub phrases: Vec<f64>,
}

/// Log-probabilities of the next words at every row of a tree.
struct NextWords {
    tree: TreeBatch,
    /// `[rows, vocabulary]`
    values: Vec<f32>,
    vocabulary: usize,
}

impl NextWords {
    fn of(&self, row: usize) -> &[f32] {
        &self.values[row * self.vocabulary..(row + 1) * self.vocabulary]
    }
}

impl CaptionModel {
    /// A decoder with the words of its config.
    pub fn new(config: &CaptionerConfig, decoder: CaptionDecoder) -> Self {
        let context = config.architecture.context;
        Self {
            name: config.name.clone(),
            decoder,
            tokenizer: Tokenizer::new(&config.name, &config.words, context),
            words: config.words.clone(),
            context,
        }
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.decoder.num_params()
    }

    /// Checks that a phrase can be read.
    ///
    /// # Errors
    /// [`ZooError::UnknownWords`] naming the phrase, [`ZooError::TextTooLong`].
    pub fn check_phrase(&self, phrase: &str) -> Result<(), ZooError> {
        self.tokenizer.encode(phrase).map(|_| ())
    }

    /// `ln P(continuation, end | beginning, image)` of continuations of one caption. An empty
    /// continuation says that the caption ends where it is.
    ///
    /// # Shapes
    /// - image: `[1, tokens, token width]`
    ///
    /// # Errors
    /// Words that are not known, a caption longer than the context, logits that are not finite.
    pub fn log_likelihoods(
        &self,
        image: &Tensor<3>,
        beginning: &str,
        continuations: &[String],
    ) -> Result<Vec<f64>, ZooError> {
        let tokens = continuations
            .iter()
            .map(|text| {
                let mut tokens = self.tokens(text)?;
                tokens.push(Tokenizer::END.cast_unsigned());
                Ok(tokens)
            })
            .collect::<Result<Vec<_>, ZooError>>()?;
        self.score(image, &self.beginning(beginning)?, &tokens)
    }

    /// How likely each phrase is to be the aspect that a caption names first, behind a plain beginning
    /// (", PHRASE" and then "style", "and" or a comma), beside no aspect at all; normalised over what is on
    /// offer.
    ///
    /// # Shapes
    /// - image: `[1, tokens, token width]`
    ///
    /// # Errors
    /// As [`CaptionModel::log_likelihoods`]; unknown words name their phrase.
    pub fn aspects(
        &self,
        image: &Tensor<3>,
        beginning: &str,
        phrases: &[String],
    ) -> Result<AspectProbabilities, ZooError> {
        let comma = self.tokens(",")?;
        let behind = self.tokens("style and ,")?;
        let mut continuations = vec![vec![Tokenizer::END.cast_unsigned()]];
        for phrase in phrases {
            let words = self.tokens(phrase)?;
            continuations.extend(behind.iter().map(|next| {
                let named = comma.iter().chain(&words).chain([next]);
                named.copied().collect()
            }));
        }
        let scores = self.score(image, &self.beginning(beginning)?, &continuations)?;
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = scores.iter().map(|s| (s - highest).exp()).collect();
        let total: f64 = shares.iter().sum();
        let named = shares[1..].chunks_exact(behind.len());
        Ok(AspectProbabilities {
            none: shares[0] / total,
            phrases: named.map(|s| s.iter().sum::<f64>() / total).collect(),
        })
    }

    /// A likely caption, found with so many beams; 1 takes the likeliest word each time.
    ///
    /// # Shapes
    /// - image: `[1, tokens, token width]`
    ///
    /// # Errors
    /// Logits that are not finite.
    pub fn caption(&self, image: &Tensor<3>, beams: usize) -> Result<String, ZooError> {
        let start = Tokenizer::START.cast_unsigned();
        let end = Tokenizer::END.cast_unsigned();
        let tokens = beam_search([start, end], beams, self.context, |captions| {
            let read = self.read(image, captions)?;
            let mut next = vec![Vec::new(); captions.len()];
            for part in &read {
                for (caption, row) in &part.tree.ends {
                    next[*caption] = part.of(*row).to_vec();
                }
            }
            Ok::<_, ZooError>(next)
        })?;
        Ok(self.text(&tokens))
    }

    /// What a likely caption says without its aspects.
    ///
    /// # Errors
    /// As [`CaptionModel::caption`].
    pub fn plain_caption(&self, image: &Tensor<3>) -> Result<String, ZooError> {
        let caption = self.caption(image, 1)?;
        Ok(plain_part(&caption).unwrap_or(&caption).to_string())
    }

    /// `ln P(continuation | beginning, image)` in tokens; continuations are not empty.
    fn score(
        &self,
        image: &Tensor<3>,
        beginning: &[u32],
        continuations: &[Vec<u32>],
    ) -> Result<Vec<f64>, ZooError> {
        let whole: Vec<Vec<u32>> = continuations
            .iter()
            .map(|continuation| [beginning, continuation].concat())
            .collect();
        if let Some(long) = whole.iter().find(|tokens| tokens.len() > self.context) {
            return Err(ZooError::TextTooLong {
                encoder: self.name.clone(),
                text: self.text(long),
                tokens: long.len(),
                limit: self.context,
            });
        }
        // Nothing is read behind a last word.
        let read: Vec<Vec<u32>> = whole
            .iter()
            .map(|tokens| tokens[..tokens.len() - 1].to_vec())
            .collect();
        let mut scores = vec![0.0; whole.len()];
        for part in self.read(image, &read)? {
            for (index, end) in &part.tree.ends {
                let path = part.tree.paths.path(*end);
                let steps = path.iter().zip(&whole[*index][1..]);
                scores[*index] = steps
                    .skip(beginning.len() - 1)
                    .map(|(row, next)| f64::from(part.of(*row)[*next as usize]))
                    .sum();
            }
        }
        Ok(scores)
    }

    /// Reads the beginnings of captions; what they share is computed once.
    fn read(&self, image: &Tensor<3>, captions: &[Vec<u32>]) -> Result<Vec<NextWords>, ZooError> {
        let trees = tree_batches(captions).into_iter();
        trees
            .map(|tree| {
                let logits = self.decoder.read_tree(&tree, image.clone());
                let vocabulary = logits.dims()[1];
                let values = log_softmax(logits, 1)
                    .try_into_data()
                    .map_err(|e| failed(format!("{e:?}")))?
                    .try_to_vec::<f32>()
                    .map_err(|e| failed(format!("{e:?}")))?;
                if values.iter().any(|v| v.is_nan()) {
                    return Err(ZooError::NotFinite {
                        encoder: self.name.clone(),
                        what: "the words of an image".to_string(),
                    });
                }
                Ok(NextWords {
                    tree,
                    values,
                    vocabulary,
                })
            })
            .collect()
    }

    /// Tokens of a text, without start and end.
    fn tokens(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        let tokens = self.tokenizer.encode(text)?;
        let words = &tokens[1..tokens.len() - 1];
        Ok(words.iter().map(|token| token.cast_unsigned()).collect())
    }

    /// Start and tokens of a caption that goes on.
    fn beginning(&self, text: &str) -> Result<Vec<u32>, ZooError> {
        let mut tokens = vec![Tokenizer::START.cast_unsigned()];
        tokens.extend(self.tokens(text)?);
        Ok(tokens)
    }

    /// The words of tokens; start, end and padding have none.
    fn text(&self, tokens: &[u32]) -> String {
        let words = tokens.iter().filter_map(|token| {
            let index = (*token as usize).checked_sub(Tokenizer::SPECIAL)?;
            self.words.get(index).map(String::as_str)
        });
        words.collect::<Vec<_>>().join(" ").replace(" ,", ",")
    }
}

fn failed(message: String) -> ZooError {
    ZooError::Backend {
        what: "captioning an image",
        message,
    }
}
