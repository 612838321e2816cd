//! Going through the tokens of a batch, position by position and channel by channel.

use super::processor_head::ProcessorHead;
use crate::ZooError;
use crate::generators::conditions::Groups;
use crate::transformer::Rows;

/// A transformer that goes from position to position.
pub trait States {
    /// The states of the next position, `[sequences, width]`, after the tokens of the one before,
    /// `[channels]` per sequence, none at the first.
    ///
    /// # Errors
    /// [`ZooError::Backend`] where the device fails.
    fn next(&mut self, before: &[&[u8]]) -> Result<Rows, ZooError>;
}

/// How the logits of the groups of a pass become one.
#[derive(Clone, Debug)]
pub struct Mixing {
    /// Images.
    pub rows: usize,
    /// Groups of as many sequences.
    pub groups: usize,
    /// Scale of classifier-free guidance.
    pub guidance: f64,
    /// Strengths of concept guidance, whose groups are the last.
    pub concepts: Vec<f64>,
}

impl Mixing {
    /// That of groups of conditions.
    pub fn of(groups: &Groups) -> Self {
        Self {
            rows: groups.rows,
            groups: groups.groups,
            guidance: groups.guidance,
            concepts: groups.concepts.clone(),
        }
    }

    /// The guided logits of an image: those of the prompt, pushed away from those of the empty prompt
    /// (Ho and Salimans 2022; on logits Gafni et al. 2022) and along each concept. A scale of 1 leaves
    /// those of the prompt as they are.
    fn logits(&self, all: &Rows, row: usize) -> Vec<f32> {
        let of = |group: usize| all.row(group * self.rows + row);
        let mut mixed = of(0).to_vec();
        if self.guidance != 1.0 {
            let scale = self.guidance as f32;
            for (value, empty) in mixed.iter_mut().zip(of(1)) {
                *value = empty + scale * (*value - empty);
            }
        }
        let first = self.groups - self.concepts.len();
        for (place, strength) in self.concepts.iter().enumerate() {
            let pairs = of(first + place).iter().zip(of(0));
            for (value, (with, plain)) in mixed.iter_mut().zip(pairs) {
                *value += *strength as f32 * (with - plain);
            }
        }
        mixed
    }
}

/// Decides the next token of an image, by its place in the batch, from its guided logits.
pub type Choose<'a> = dyn FnMut(usize, &[f32]) -> Result<u8, ZooError> + 'a;

/// Decides token after token: `choose` is asked for the tokens of every image in order, and all groups
/// of the image go on with what it says. Gives the tokens of every image, `[positions * channels]`;
/// `progress` is told every position that is done.
///
/// # Errors
/// As [`States::next`]; what `choose` refuses.
pub fn decode(
    states: &mut dyn States,
    head: &ProcessorHead,
    mixing: &Mixing,
    positions: usize,
    choose: &mut Choose<'_>,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<Vec<u8>>, ZooError> {
    let channels = head.channels();
    let mut tokens = vec![Vec::with_capacity(positions * channels); mixing.rows];
    for position in 0..positions {
        let start = position.saturating_sub(1) * channels;
        let before: Vec<&[u8]> = (0..mixing.rows * mixing.groups)
            .map(|sequence| &tokens[sequence % mixing.rows][start..])
            .collect();
        let mut inner = head.begin(&states.next(&before)?);
        for channel in 0..channels {
            let logits = head.logits(&inner, channel);
            for (image, tokens) in tokens.iter_mut().enumerate() {
                let token = choose(image, &mixing.logits(&logits, image))?;
                tokens.push(token);
                for group in 0..mixing.groups {
                    head.tell(&mut inner, group * mixing.rows + image, channel, token);
                }
            }
        }
        progress(position + 1);
    }
    Ok(tokens)
}
