//! Image pairs that `finexl explain` generates itself: what is asked for.

use crate::diagnostics::CliError;
use crate::numbers::finite;
use crate::verbs::adapter_choice::{adapter, scaled, scales};
use crate::verbs::generate::{Walking, concept, named_or_stated};
use crate::verbs::stable_diffusion_options::StableDiffusionOptions;
use finexl_core::inspection::InspectedFile;
use finexl_explain::explainer::display_name;
use finexl_zoo::generators::stable_diffusion::locate;
use finexl_zoo::generators::{
    AdapterChoice, ChosenSettings, ConceptGuidance, DEFAULT_GENERATOR, GuidedConcept,
};
use finexl_zoo::inspection::{InspectOptions, inspect};
use finexl_zoo::lora_files::AdapterSource;
use std::collections::BTreeMap;
use std::path::Path;

/// What to generate with.
#[derive(Clone, Debug, clap::Args)]
pub struct GeneratedPairs {
    /// Generate the images with this generator: a weights file that `finexl train` wrote, or Stable Diffusion as a
    /// folder of diffusers, one .safetensors file or a repository in the hub's cache [default: what the adapter was made for, else
    /// mini-diffusion].
    #[arg(long, conflicts_with_all = ["base", "personalized", "base_features"])]
    model: Option<String>,
    /// Explain this adapter of the generator: a folder in PEFT's layout, that of a learned direction, or that of a
    /// fine-tuned model (`finexl personalize`); of Stable Diffusion a LoRA file of any kind, a learned word (textual
    /// inversion) or a whole fine-tuned checkpoint. May be given several times: their changes add up.
    #[arg(long, value_name = "FILE[:SCALE]", value_parser = adapter, conflicts_with_all = ["base", "personalized", "base_features"])]
    adapter: Vec<AdapterChoice>,
    /// Scale of the adapter or direction [default: 1].
    #[arg(long, requires = "adapter", allow_negative_numbers = true, value_parser = finite)]
    scale: Option<f64>,
    /// Explain how aspects grow with the scale: one report for these scales, by which those of all adapters are
    /// multiplied, with the base as its first column.
    #[arg(long, value_name = "S,S,..", requires = "adapter", value_delimiter = ',', allow_hyphen_values = true, value_parser = scales, conflicts_with_all = ["scale", "snapshots", "concept", "direction", "card"])]
    scales: Vec<f64>,
    /// The adapters are snapshots of one training, in the order given: one report with a column for each, instead of
    /// their sum.
    #[arg(long, requires = "adapter", conflicts_with_all = ["scale", "concept", "direction", "card"])]
    snapshots: bool,
    /// Compare with this adapter on the base instead of the base alone, same prompts and seeds; may be given several
    /// times.
    #[arg(long, value_name = "FILE[:SCALE]", value_parser = adapter, requires = "adapter")]
    against: Vec<AdapterChoice>,
    /// Words that call what the adapter learned; they are put before every prompt of the personalized side [default: of
    /// learned words these, where no prompt has them].
    #[arg(long, value_name = "TEXT", requires = "adapter")]
    adapter_prompt: Option<String>,
    /// Put them before the prompts of the base's side too.
    #[arg(long, requires = "adapter_prompt")]
    adapter_prompt_both: bool,
    /// Show all metadata of adapters in page and card, which may name folders, people and models.
    #[arg(long, requires = "adapter")]
    private: bool,
    /// Explain concept guidance of this phrase and strength; of several phrases together where it is given several times.
    #[arg(long, value_name = "PHRASE=STRENGTH", value_parser = concept, conflicts_with_all = ["base", "personalized", "base_features", "adapter"])]
    concept: Vec<GuidedConcept>,
    /// Explains the walk.
    #[command(flatten)]
    walking: Walking,
    /// Sampling steps of both sides, where they are generated [default: those that suit the model].
    #[arg(long)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance of both sides [default: that which suits the model].
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    guidance: Option<f64>,
    /// Seed of generated pictures [default: 0].
    #[arg(long, value_name = "N")]
    image_seed: Option<u64>,
    #[command(flatten)]
    pub(super) stable_diffusion: StableDiffusionOptions,
}

/// How pictures of watched adapters are made.
#[derive(Clone, Debug, clap::Args)]
pub struct WatchedSampling {
    /// The generator that the adapters are for: a weights file that `finexl train` wrote, or Stable Diffusion as a folder of
    /// diffusers, one .safetensors file or a repository in the hub's cache.
    #[arg(long, default_value = DEFAULT_GENERATOR)]
    model: String,
    /// Scale of every adapter.
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    scale: Option<f64>,
    /// Words that call what adapters learned; they are put before every prompt of the personalized side.
    #[arg(long, value_name = "TEXT")]
    adapter_prompt: Option<String>,
    /// Put them before the prompts of the base's side too.
    #[arg(long, requires = "adapter_prompt")]
    adapter_prompt_both: bool,
    /// Sampling steps of both sides [default: those that suit the model].
    #[arg(long)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance of both sides [default: that which suits the model].
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    guidance: Option<f64>,
    /// Seed of pictures.
    #[arg(long, value_name = "N", default_value_t = 0)]
    image_seed: u64,
    #[command(flatten)]
    stable_diffusion: StableDiffusionOptions,
}

impl WatchedSampling {
    /// All that is chosen, by the names of options.
    pub fn chosen(&self) -> BTreeMap<String, String> {
        let stated = [
            ("--model", Some(self.model.clone())),
            ("--scale", self.scale.map(|scale| scale.to_string())),
            ("--adapter-prompt", self.adapter_prompt.clone()),
            (
                "--adapter-prompt-both",
                self.adapter_prompt_both.then(|| "yes".to_string()),
            ),
            ("--steps", self.steps.map(|steps| steps.to_string())),
            ("--guidance", self.guidance.map(|scale| scale.to_string())),
            ("--image-seed", Some(self.image_seed.to_string())),
            (
                "--negative, --size, --scheduler, --prediction, --clip-skip or --latents",
                (self.stable_diffusion.is_stated()).then(|| format!("{:?}", self.stable_diffusion)),
            ),
        ];
        let stated = stated.into_iter();
        stated
            .filter_map(|(name, value)| Some((name.to_string(), value?)))
            .collect()
    }
}

/// What the personalized side is.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Adapters on the generator.
    Adapters(Vec<AdapterChoice>),
    /// The generator, sampled otherwise.
    Steered(ChosenSettings),
}

/// A column of a report on several scales or snapshots.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its head.
    pub label: String,
    /// The scale, where columns are scales.
    pub scale: Option<f64>,
    /// What is put onto the generator.
    pub adapters: Vec<AdapterChoice>,
}

impl GeneratedPairs {
    /// Adapters that are named later.
    pub fn of_watched(sampling: &WatchedSampling) -> Self {
        Self {
            model: Some(sampling.model.clone()),
            adapter: Vec::new(),
            scale: sampling.scale,
            scales: Vec::new(),
            snapshots: false,
            against: Vec::new(),
            adapter_prompt: sampling.adapter_prompt.clone(),
            adapter_prompt_both: sampling.adapter_prompt_both,
            private: false,
            concept: Vec::new(),
            walking: Walking {
                direction: None,
                distance: None,
            },
            steps: sampling.steps,
            guidance: sampling.guidance,
            image_seed: Some(sampling.image_seed),
            stable_diffusion: sampling.stable_diffusion.clone(),
        }
    }

    /// Scale of every watched adapter.
    pub fn watched_scale(&self) -> Option<f64> {
        self.scale
    }

    /// Whether a walk is asked for, which only generated images can take.
    pub fn walks(&self) -> bool {
        self.walking.walk().is_some()
    }

    /// Whether pictures are to be generated.
    pub fn is_asked_for(&self) -> bool {
        self.model.is_some()
            || !self.adapter.is_empty()
            || !self.concept.is_empty()
            || self.walks()
            || self.states_sampling()
    }

    /// Whether anything is stated that only generated images have.
    pub fn states_sampling(&self) -> bool {
        self.steps.is_some()
            || self.guidance.is_some()
            || self.image_seed.is_some()
            || self.stable_diffusion.is_stated()
    }

    /// The generator by its name.
    pub fn model(&self) -> Result<String, CliError> {
        let first = self.adapter.first().map(|adapter| adapter.path.as_path());
        named_or_stated(self.model.as_deref(), first)
    }

    /// Seed of all pictures.
    pub fn seed(&self) -> u64 {
        self.image_seed.unwrap_or(0)
    }

    /// What stands in the base's place beside the generator itself.
    pub fn against(&self) -> &[AdapterChoice] {
        &self.against
    }

    /// What is inside the adapters of both sides, for page and card, each once; nothing of what is no file for Stable
    /// Diffusion.
    pub fn inside(&self) -> Vec<InspectedFile> {
        let mut seen: Vec<&Path> = Vec::new();
        for adapter in self.adapter.iter().chain(&self.against) {
            if !seen.contains(&adapter.path.as_path()) {
                seen.push(&adapter.path);
            }
        }
        seen.into_iter()
            .flat_map(|path| self.inside_of(path))
            .collect()
    }

    /// The same of one adapter.
    pub fn inside_of(&self, adapter: &Path) -> Vec<InspectedFile> {
        let options = InspectOptions {
            private: self.private,
            read_by: self.model().ok().and_then(|model| locate(&model).ok()),
            ..InspectOptions::default()
        };
        // A whole checkpoint has as many facts as its base.
        if !AdapterSource::is_adapter(adapter) {
            return Vec::new();
        }
        // Personalizations of our own say elsewhere what they are.
        let Ok(found) = inspect(&[adapter.to_path_buf()], &options) else {
            return Vec::new();
        };
        let named = |file| InspectedFile {
            // A path names folders.
            name: display_name(adapter),
            ..file
        };
        found.files.into_iter().map(named).collect()
    }

    /// Words before the prompts of a side.
    pub fn prompt_of(&self, personalized: bool) -> Option<&str> {
        let text = self.adapter_prompt.as_deref();
        text.filter(|_| personalized || self.adapter_prompt_both)
    }

    /// How both sides are sampled.
    pub fn chosen(&self) -> ChosenSettings {
        ChosenSettings {
            steps: self.steps,
            guidance: self.guidance,
            stable_diffusion: self.stable_diffusion.chosen(),
            ..ChosenSettings::default()
        }
    }

    /// What is explained.
    pub fn subject(&self) -> Result<Subject, CliError> {
        if !self.adapter.is_empty() {
            return Ok(Subject::Adapters(scaled(&self.adapter, self.scale)?));
        }
        let walk = self.walking.walk();
        if self.concept.is_empty() && walk.is_none() {
            return Err(CliError::Usage(
                "there is nothing to explain; give --base DIR and --personalized DIR, or \
                 --adapter FILE, --concept PHRASE=STRENGTH, or --direction and --distance"
                    .to_string(),
            ));
        }
        Ok(Subject::Steered(ChosenSettings {
            concept: ConceptGuidance::of(self.concept.clone()),
            walk,
            ..self.chosen()
        }))
    }

    /// The columns of a report on several scales or snapshots; nothing where one is not asked for.
    pub fn points(&self) -> Result<Option<Vec<Point>>, CliError> {
        let points: Vec<Point> = match (self.snapshots, &self.scales[..]) {
            (true, _) => (self.adapter.iter())
                .map(|adapter| Point {
                    label: title(std::slice::from_ref(adapter)),
                    scale: None,
                    adapters: vec![adapter.clone()],
                })
                .collect(),
            (false, []) => return Ok(None),
            (false, scales) => scales.iter().map(|scale| self.at(*scale)).collect(),
        };
        let same = |(place, point): (usize, &Point)| {
            points[..place]
                .iter()
                .any(|other| other.label == point.label)
        };
        if points.len() < 2 || points.iter().enumerate().any(same) {
            return Err(CliError::Usage(
                "give at least two scales or snapshots, each once and under a name of its own"
                    .to_string(),
            ));
        }
        Ok(Some(points))
    }

    fn at(&self, scale: f64) -> Point {
        let adapters = self.adapter.iter().map(|adapter| AdapterChoice {
            path: adapter.path.clone(),
            scale: Some(scale * adapter.scale.unwrap_or(1.0)),
        });
        Point {
            label: format!("{scale}"),
            scale: Some(scale),
            adapters: adapters.collect(),
        }
    }
}

/// What a side with adapters is called.
pub fn title(adapters: &[AdapterChoice]) -> String {
    let one = |adapter: &AdapterChoice| {
        let name = adapter_name(&adapter.path);
        match adapter.scale {
            Some(scale) => format!("{name} at scale {scale}"),
            None => name,
        }
    };
    adapters.iter().map(one).collect::<Vec<_>>().join(" + ")
}

/// The name of an adapter's file or folder; of a snapshot with that of its personalization.
fn adapter_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let whole = whole.as_deref().unwrap_or(folder);
    let name = display_name(folder);
    let parent = whole.parent().and_then(Path::file_name);
    match parent.filter(|_| name.starts_with("step-")) {
        Some(parent) => format!("{} {name}", parent.to_string_lossy()),
        None => name,
    }
}
