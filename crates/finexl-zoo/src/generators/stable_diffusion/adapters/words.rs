//! Learned words (textual inversion, Gal et al. 2023): vectors behind a word of a prompt.

use super::super::StableDiffusion;
use super::super::text::{Prompts, TextEncoder};
use crate::ZooError;
use crate::lora_files::Embedding;
use crate::stable_diffusion::Part;
use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use std::path::Path;

const REMEDY: &str = "give its own base with --model, or an embedding for this one; `finexl inspect` says what it is for";

/// A word that stands for vectors of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedWord {
    /// As prompts write it.
    pub word: String,
    /// How many tokens it is.
    pub vectors: usize,
}

/// The words of a file with their vectors, a table per text encoder.
pub(super) struct Words {
    words: Vec<(LearnedWord, Vec<Vec<f32>>)>,
}

impl Words {
    /// Takes the vectors of a file for a model that is called `name`.
    ///
    /// # Errors
    /// [`ZooError::Weights`] with what was found and what is needed where they are for other text encoders.
    pub fn read(
        path: &Path,
        embedding: &Embedding<'_>,
        model: &StableDiffusion,
        name: &str,
    ) -> Result<Self, ZooError> {
        let wrong = |problem: String| ZooError::Weights {
            path: path.to_path_buf(),
            problem,
            remedy: REMEDY,
        };
        let encoders: Vec<usize> = (model.text_encoders())
            .map(|encoder| encoder.config().width)
            .collect();
        let mut words: Vec<(LearnedWord, Vec<Vec<f32>>)> = Vec::new();
        for table in &embedding.tables {
            let place = usize::from(table.part == Part::TextEncoder2);
            let width = encoders.get(place).copied();
            if width != Some(table.width) {
                return Err(wrong(other_width(table.width, &encoders, model, name)));
            }
            let numbers = table.tensor.singles();
            let numbers = numbers.map_err(|problem| wrong(format!("{} {problem}", table.key)))?;
            let word = match table.word.clone() {
                Some(word) => word,
                None => file_word(path),
            };
            let known = words.iter().position(|(known, _)| known.word == word);
            let at = known.unwrap_or_else(|| {
                let vectors = table.vectors;
                words.push((
                    LearnedWord { word, vectors },
                    vec![Vec::new(); encoders.len()],
                ));
                words.len() - 1
            });
            let (known, tables) = &mut words[at];
            if known.vectors != table.vectors || !tables[place].is_empty() {
                return Err(wrong(format!(
                    "the word \"{}\" has {} vectors for one text encoder and {} for the other, or two tables for one",
                    known.word, known.vectors, table.vectors
                )));
            }
            tables[place] = numbers;
        }
        let lacking = words
            .iter()
            .find(|(_, tables)| tables.iter().any(Vec::is_empty));
        match lacking {
            None => Ok(Self { words }),
            Some((word, _)) => Err(wrong(format!(
                "it has vectors of \"{}\" for one text encoder, {name} ({}) has {}",
                word.word,
                model.base(),
                encoders.len()
            ))),
        }
    }

    /// What prompts write.
    pub fn learned(&self) -> impl Iterator<Item = &LearnedWord> {
        self.words.iter().map(|(word, _)| word)
    }

    /// Puts the vectors behind the tables of the text encoders, and the words into the reading of prompts.
    ///
    /// # Errors
    /// [`ZooError::Config`] for a word that is known already.
    pub fn put_into(&self, texts: &mut [(TextEncoder, Prompts)]) -> Result<(), ZooError> {
        for (place, (encoder, prompts)) in texts.iter_mut().enumerate() {
            let width = encoder.config().width;
            let mut numbers: Vec<f32> = Vec::new();
            let mut next = encoder.config().vocabulary as u32;
            for (word, tables) in &self.words {
                let ids: Vec<u32> = (next..next + word.vectors as u32).collect();
                next += word.vectors as u32;
                prompts.learn(&word.word, ids)?;
                numbers.extend(&tables[place]);
            }
            let rows = numbers.len() / width.max(1);
            let table = encoder.token_table().val();
            let data = TensorData::new(numbers, [rows, width]);
            let more = Tensor::<2>::from_data(data, &table.device()).cast(table.dtype());
            encoder.set_token_table(Param::from_tensor(Tensor::cat(vec![table, more], 0)), rows);
        }
        Ok(())
    }
}

/// Why vectors of a width are for other text encoders.
fn other_width(width: usize, encoders: &[usize], model: &StableDiffusion, name: &str) -> String {
    let needed: Vec<String> = encoders.iter().map(usize::to_string).collect();
    format!(
        "its vectors have {width} numbers, those of the text encoder{} of {name} ({}) {}",
        if needed.len() > 1 { "s" } else { "" },
        model.base(),
        needed.join(" and ")
    )
}

/// The word of a file that does not say one: its name, as A1111 has it.
fn file_word(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str());
    stem.to_string_lossy().into_owned()
}
