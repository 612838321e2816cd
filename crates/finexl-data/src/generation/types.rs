//! What a file says about its making.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The program whose way of writing was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// AUTOMATIC1111 and all that write the same text: Forge, SD.Next, Civitai, Fooocus on request.
    A1111,
    /// ComfyUI: a graph of nodes.
    ComfyUi,
    /// InvokeAI, any version.
    InvokeAi,
    /// Fooocus' own scheme.
    Fooocus,
    /// SwarmUI (StableSwarmUI).
    SwarmUi,
    /// NovelAI.
    NovelAi,
    /// Draw Things.
    DrawThings,
    /// Midjourney.
    Midjourney,
    /// Texts under the plain names `prompt` and `seed`: Easy Diffusion, scripts with diffusers.
    Plain,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A1111 => "AUTOMATIC1111",
            Self::ComfyUi => "ComfyUI",
            Self::InvokeAi => "InvokeAI",
            Self::Fooocus => "Fooocus",
            Self::SwarmUi => "SwarmUI",
            Self::NovelAi => "NovelAI",
            Self::DrawThings => "Draw Things",
            Self::Midjourney => "Midjourney",
            Self::Plain => "plain texts",
        })
    }
}

/// What a picture was generated from, word for word as the file says.
///
/// Prompts still hold weights and `<lora:...>`; see [`plain_prompt`](super::plain_prompt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The prompt; an empty one was empty, `None` is not known.
    pub prompt: Option<String>,
    /// The negative prompt, where there is one.
    pub negative: Option<String>,
    /// The seed of the noise that the picture began with; `None` where it is not known.
    pub seed: Option<u64>,
    /// Names of the LoRAs that it was made with, sorted, as far as they are told.
    pub loras: BTreeSet<String>,
    /// How it was sampled: steps, CFG scale, sampler, schedule, denoising, as far as they are told.
    pub settings: BTreeMap<&'static str, String>,
    /// Who wrote it.
    pub tool: Tool,
}

impl Generation {
    /// Nothing known yet.
    pub(super) fn empty(tool: Tool) -> Self {
        Self {
            prompt: None,
            negative: None,
            seed: None,
            loras: BTreeSet::new(),
            settings: BTreeMap::new(),
            tool,
        }
    }

    /// Whether both name the same prompts and seed, by which pictures are paired.
    pub(super) fn same_picture(&self, other: &Self) -> bool {
        (&self.prompt, &self.negative, self.seed) == (&other.prompt, &other.negative, other.seed)
    }

    /// True where neither prompt nor seed is known.
    pub(super) fn says_nothing(&self) -> bool {
        self.prompt.is_none() && self.seed.is_none()
    }
}

/// What [`read_generation`](super::read_generation) found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing that speaks of a generation.
    Nothing,
    /// A prompt, a seed, or both.
    Generation(Generation),
    /// Something is there and could not be understood.
    NotUnderstood {
        /// Who wrote it.
        tool: Tool,
        /// Why not, to go after "what ComfyUI wrote into FILE was not understood: ".
        reason: String,
    },
}

impl Recorded {
    /// The generation, where one was read.
    pub fn generation(&self) -> Option<&Generation> {
        match self {
            Self::Generation(generation) => Some(generation),
            _ => None,
        }
    }

    /// Half a sentence for a note where something is there that was not understood.
    pub fn not_understood(&self) -> Option<String> {
        match self {
            Self::NotUnderstood {
                tool: Tool::Plain,
                reason,
            } => Some(format!("a text in it was not understood: {reason}")),
            Self::NotUnderstood { tool, reason } => {
                Some(format!("what {tool} wrote was not understood: {reason}"))
            }
            _ => None,
        }
    }
}
