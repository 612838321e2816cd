//! What a batch of images is conditioned on.

use super::ConceptGuidance;

/// Prompts as tokens: each as it is, without words, and with the concept where there is one.
pub struct Conditions {
    /// As given.
    pub prompts: Vec<Vec<i32>>,
    /// The empty prompt.
    pub empty: Vec<i32>,
    /// With each concept of concept guidance.
    pub with_concepts: Vec<Vec<Vec<i32>>>,
}

/// Conditions of one batched pass, group after group: the prompts, the empty prompt where there is
/// guidance, the prompts with each concept.
pub struct Groups {
    /// `groups * rows` prompts.
    pub sequences: Vec<Vec<i32>>,
    /// Images.
    pub rows: usize,
    /// Groups of as many prompts.
    pub groups: usize,
    /// Scale of classifier-free guidance; 1 where there is no empty prompt.
    pub guidance: f64,
    /// Strengths of concept guidance; its groups are the last.
    pub concepts: Vec<f64>,
}

impl Conditions {
    /// The groups that a scale of guidance and concepts ask for.
    pub fn grouped(self, guidance: f64, concept: Option<&ConceptGuidance>) -> Groups {
        let rows = self.prompts.len();
        let mut sequences = self.prompts;
        if guidance != 1.0 {
            sequences.extend(std::iter::repeat_n(self.empty, rows));
        }
        sequences.extend(self.with_concepts.into_iter().flatten());
        Groups {
            groups: sequences.len() / rows.max(1),
            sequences,
            rows,
            guidance,
            concepts: concept.map(ConceptGuidance::strengths).unwrap_or_default(),
        }
    }
}
