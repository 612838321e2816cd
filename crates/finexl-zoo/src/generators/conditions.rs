//! What a batch of images is conditioned on.

use super::ConceptGuidance;

/// Prompts as tokens: each as it is, without words, and with the concept where there is one.
pub struct Conditions {
    /// As given.
    pub prompts: Vec<Vec<i32>>,
    /// The empty prompt.
    pub empty: Vec<i32>,
    /// With the concept of concept guidance.
    pub with_concept: Option<Vec<Vec<i32>>>,
}

/// Conditions of one batched pass, group after group: the prompts, the empty prompt where there is
/// guidance, the prompts with the concept where there is one.
pub struct Groups {
    /// `groups * rows` prompts.
    pub sequences: Vec<Vec<i32>>,
    /// Images.
    pub rows: usize,
    /// Groups of as many prompts.
    pub groups: usize,
    /// Scale of classifier-free guidance; 1 where there is no empty prompt.
    pub guidance: f64,
    /// Strength of concept guidance, if there is one; its group is the last.
    pub concept: Option<f64>,
}

impl Conditions {
    /// The groups that a scale of guidance and a concept ask for.
    pub fn grouped(self, guidance: f64, concept: Option<&ConceptGuidance>) -> Groups {
        let rows = self.prompts.len();
        let mut sequences = self.prompts;
        if guidance != 1.0 {
            sequences.extend(std::iter::repeat_n(self.empty, rows));
        }
        let moved = self.with_concept.map(|prompts| sequences.extend(prompts));
        Groups {
            groups: sequences.len() / rows.max(1),
            sequences,
            rows,
            guidance,
            concept: moved.and(concept.map(|c| c.strength)),
        }
    }
}
