//! Which prompts the concept directions are measured on.

use crate::error::ExplainError;
use finexl_data::scenes::{Scene, Split};
use finexl_zoo::encoders::Encoder;

/// Number of default probes.
const DEFAULT_PROBES: usize = 25;
/// Seed of the default probes.
const DEFAULT_SEED: u64 = 25;

/// Probes of the concept bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probes {
    /// The prompts.
    pub prompts: Vec<String>,
    /// Whether they are the prompts of the pairs, one each ("domain-matched").
    pub matched: bool,
    /// Why they are not, for the reader.
    pub note: Option<String>,
}

impl Probes {
    /// The pairs' own prompts if all are known and the encoder can read them, else default probes.
    ///
    /// # Errors
    /// Default probes that the encoder cannot read.
    pub fn choose(encoder: &dyn Encoder, prompts: &[Option<String>]) -> Result<Self, ExplainError> {
        let known: Option<Vec<String>> = prompts.iter().cloned().collect();
        match known {
            None => Self::default_with("no prompts were given (--prompts)".to_string()),
            Some(prompts) => {
                let unreadable = prompts.iter().find_map(|p| encoder.check_text(p).err());
                match unreadable {
                    None => Ok(Self {
                        prompts,
                        matched: true,
                        note: None,
                    }),
                    Some(error) => Self::default_with(format!("of the prompts: {error}")),
                }
            }
        }
    }

    /// The default prompts.
    pub fn default_prompts() -> Vec<String> {
        let scenes = Scene::draw_distinct(Split::Train, DEFAULT_SEED, DEFAULT_PROBES);
        scenes.iter().map(Scene::prompt).collect()
    }

    fn default_with(reason: String) -> Result<Self, ExplainError> {
        Ok(Self {
            prompts: Self::default_prompts(),
            matched: false,
            note: Some(format!(
                "The directions of the concepts were measured on {DEFAULT_PROBES} default prompts, since {reason}."
            )),
        })
    }
}
