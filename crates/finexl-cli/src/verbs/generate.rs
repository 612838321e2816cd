//! `finexl generate`: images of a generator, personalized or not.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::{count, finite};
use crate::output::{Progress, print, remark};
use crate::verbs::adapter_choice::{adapter, scaled};
use crate::verbs::stable_diffusion_options::StableDiffusionOptions;
use finexl_core::counting::counted;
use finexl_core::explanation::Applied;
use finexl_core::partial_folder::is_free;
use finexl_core::work_lock::WorkPlace;
use finexl_data::manifest::{PromptList, read_prompts};
use finexl_zoo::generators::stable_diffusion::TrainedOn;
use finexl_zoo::generators::{
    AdapterChoice, AdapterPrompt, AnyGenerator, ChosenSettings, ConceptGuidance, DEFAULT_GENERATOR,
    Diversity, GenerationRecord, GenerationRequest, Generator, GuidedConcept, Walk,
    adapters_predict_alike, base_of, check_is_ours, generate_folder, open_adapted, open_generator,
    open_personalized,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Generate images into a folder, with a manifest that `explain` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl generate --prompts prompts.txt --out images")]
pub struct Generate {
    #[command(flatten)]
    model: ModelChoice,
    /// Prompts, one per line.
    #[arg(long, value_name = "FILE")]
    prompts: PathBuf,
    /// Folder for the images.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    pub computing: Computing,
}

/// Which generator, and what personalizes it.
#[derive(Clone, Debug, clap::Args)]
pub struct ModelChoice {
    /// A generator: mini-diffusion, mini-autoregressive, mini-gan, a weights file that `finexl train` wrote, or Stable
    /// Diffusion 1, 2 or XL as a folder of diffusers, one .safetensors file or a repository in the hub's cache [default:
    /// what the adapter was made for, else mini-diffusion].
    #[arg(long)]
    pub model: Option<String>,
    /// Folder of an adapter in PEFT's layout, of a learned direction, or of a fine-tuned model (`finexl
    /// personalize`); of Stable Diffusion a LoRA file of any kind, a learned word (textual inversion) or a whole
    /// fine-tuned checkpoint. May be given several times: their changes add up.
    #[arg(long, value_name = "FILE[:SCALE]", value_parser = adapter)]
    pub adapter: Vec<AdapterChoice>,
    /// Scale of the adapter or direction: 0 is the base, 1 as it was trained [default: 1].
    #[arg(long, requires = "adapter", allow_negative_numbers = true, value_parser = finite)]
    pub scale: Option<f64>,
    /// Words that call what the adapter learned; they are put before every prompt [default: of learned words these,
    /// where no prompt has them].
    #[arg(long, value_name = "TEXT", requires = "adapter")]
    pub adapter_prompt: Option<String>,
}

/// How images are sampled.
#[derive(Clone, Debug, clap::Args)]
pub struct Sampling {
    /// Seed; with a prompt's place in its list the source of all randomness.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Sampling steps of a diffusion model [default: 20, or what suits the model].
    #[arg(long)]
    pub steps: Option<usize>,
    /// Scale of classifier-free guidance; 1 is none [default: 3 for diffusion, 2 for tokens, 7.5 for Stable
    /// Diffusion, 5 for XL].
    #[arg(long, allow_negative_numbers = true, value_parser = finite)]
    pub guidance: Option<f64>,
    /// Temperature of an autoregressive model; 0 takes the likeliest token [default: 1].
    #[arg(long, value_parser = finite)]
    pub temperature: Option<f64>,
    /// Draw from so many of the likeliest values, in an autoregressive model [default: all].
    #[arg(long, value_name = "N", value_parser = count)]
    pub top_k: Option<usize>,
    /// Concept guidance: a phrase that the generator knows and its strength, usually -5 to 10. May be given several
    /// times: the moves add up.
    #[arg(long, value_name = "PHRASE=STRENGTH", value_parser = concept)]
    pub concept: Vec<GuidedConcept>,
    #[command(flatten)]
    pub walking: Walking,
    #[command(flatten)]
    stable_diffusion: StableDiffusionOptions,
}

/// A walk in the latent space of a GAN.
#[derive(Clone, Debug, clap::Args)]
pub struct Walking {
    /// Walk along a direction that follows from a GAN's weights, by its rank from 0.
    #[arg(long, value_name = "closed-form:K", value_parser = direction, requires = "distance")]
    pub direction: Option<usize>,
    /// Distance to walk along the direction; images of mini-gan lie 13 from the middle of the space.
    #[arg(
        long,
        value_name = "D",
        requires = "direction",
        allow_negative_numbers = true,
        value_parser = finite
    )]
    pub distance: Option<f64>,
}

impl Walking {
    /// The walk, if one is asked for.
    pub fn walk(&self) -> Option<Walk> {
        let (direction, distance) = (self.direction?, self.distance?);
        Some(Walk {
            direction,
            distance,
        })
    }
}

fn direction(text: &str) -> Result<usize, String> {
    let rank = text.strip_prefix("closed-form:");
    rank.and_then(|rank| rank.parse().ok()).ok_or_else(|| {
        "write it as closed-form:K, K from 0 on; learned ones are adapters".to_string()
    })
}

pub fn concept(text: &str) -> Result<GuidedConcept, String> {
    let (phrase, strength) = text
        .rsplit_once('=')
        .ok_or("write it as PHRASE=STRENGTH, e.g. vivid=3")?;
    let strength = finite(strength).map_err(|problem| format!("\"{strength}\": {problem}"))?;
    if phrase.trim().is_empty() {
        return Err("give a phrase before the strength".to_string());
    }
    Ok(GuidedConcept {
        phrase: phrase.trim().to_string(),
        strength,
    })
}

impl Sampling {
    /// The settings that are stated.
    pub fn chosen(&self) -> ChosenSettings {
        ChosenSettings {
            steps: self.steps,
            guidance: self.guidance,
            concept: ConceptGuidance::of(self.concept.clone()),
            temperature: self.temperature,
            top_k: self.top_k,
            walk: self.walking.walk(),
            stable_diffusion: self.stable_diffusion.chosen(),
        }
    }

    /// A request per prompt.
    pub fn requests(&self, prompts: &[String]) -> Vec<GenerationRequest> {
        GenerationRequest::of_prompts(prompts, self.seed)
    }
}

/// The generator that is named, else the one that an adapter was made for, else the first one inside the program.
pub fn named_or_stated(model: Option<&str>, adapter: Option<&Path>) -> Result<String, CliError> {
    if let Some(model) = model {
        return Ok(model.to_string());
    }
    let stated = adapter.map(base_of).transpose()?.flatten();
    if let (None, Some(adapter)) = (&stated, adapter) {
        // Before words of the prompts are looked for in a model that it is not for.
        check_is_ours(adapter)?;
    }
    Ok(stated.unwrap_or_else(|| DEFAULT_GENERATOR.to_string()))
}

/// A generator with what personalizes it, and where that is.
struct Opened {
    generator: AnyGenerator,
    applied: Vec<(PathBuf, Applied)>,
    words: Vec<String>,
    trained_on: Vec<TrainedOn>,
}

impl ModelChoice {
    /// Opens the generator with what personalizes it; remarks go to standard error.
    fn open(&self, arguments: &Arguments) -> Result<Opened, CliError> {
        let device = finexl_zoo::device::by_name(&arguments.device)?;
        let first = self.adapter.first().map(|adapter| adapter.path.as_path());
        let model = named_or_stated(self.model.as_deref(), first)?;
        let adapters = scaled(&self.adapter, self.scale)?;
        let opened = match &adapters[..] {
            [] => {
                return Ok(Opened {
                    generator: open_generator(&model, &device)?,
                    applied: Vec::new(),
                    words: Vec::new(),
                    trained_on: Vec::new(),
                });
            }
            [only] => open_personalized(&model, &only.path, only.scale, &device)?,
            several => {
                let base = open_generator(&model, &device)?;
                open_adapted(&base, &model, several, &device)?
            }
        };
        remark(&opened.notes, arguments.quiet);
        let places = adapters.into_iter().map(|adapter| adapter.path);
        Ok(Opened {
            generator: opened.generator,
            applied: places.zip(opened.applied).collect(),
            words: opened.words,
            trained_on: opened.trained_on,
        })
    }
}

impl Generate {
    /// The prompts with the words that call what adapters learned.
    fn worded(&self, words: &[String], prompts: Vec<String>, arguments: &Arguments) -> Vec<String> {
        let asked = self.model.adapter_prompt.as_deref();
        let chosen = self.sampling.chosen();
        let negative = chosen.stable_diffusion.negative.as_deref();
        let made = AdapterPrompt::new(words, asked, &prompts, negative);
        remark(&made.notes, arguments.quiet);
        if let Some(text) = &made.text {
            remark(
                &[format!("\"{text}\" was put before every prompt")],
                arguments.quiet,
            );
        }
        made.prompts
    }

    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        check_free(&self.out)?;
        let _lock = WorkPlace::folder(&self.out).claim()?;
        check_free(&self.out)?;
        let PromptList { prompts, notes } = read_prompts(&self.prompts)?;
        remark(&notes, arguments.quiet);
        let Opened {
            generator,
            applied,
            words,
            trained_on,
        } = self.model.open(arguments)?;
        let prompts = self.worded(&words, prompts, arguments);
        let noise = self.sampling.stable_diffusion.start_noise(prompts.len())?;
        let generator = StableDiffusionOptions::put_into(generator, noise.as_ref())?;
        remark(generator.notes(), arguments.quiet);
        for prompt in &prompts {
            generator
                .check_prompt(prompt)
                .map_err(|source| CliError::Text {
                    path: self.prompts.clone(),
                    source,
                })?;
        }
        remark(&generator.prompt_notes(&prompts), arguments.quiet);
        let requests = self.sampling.requests(&prompts);
        let chosen = self.sampling.chosen();
        let settings = generator.settings(&chosen)?;
        let sampled = (generator.name(), &settings);
        remark(
            &adapters_predict_alike(&trained_on, sampled, &chosen)?,
            arguments.quiet,
        );
        let adapters: Vec<(&Path, &Applied)> = (applied.iter())
            .map(|(place, of)| (place.as_path(), of))
            .collect();
        let record = GenerationRecord::new(&*generator, &adapters, settings, &requests);
        generate(&*generator, &requests, &record, &self.out, arguments)?;
        let collapsed = collapse(&*generator, &requests, &self.out)?;
        remark(collapsed.as_slice(), arguments.quiet);
        if !arguments.quiet {
            print(&format!(
                "wrote {} to {}\n",
                counted(requests.len(), "image"),
                self.out.display()
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Generates into a folder, showing progress.
pub fn generate(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    folder: &Path,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let bar = Progress::new(arguments.quiet);
    Ok(generate_folder(
        generator,
        requests,
        record,
        folder,
        &|share| {
            bar.show("generating, %", (100.0 * share).round() as usize, 100);
        },
    )?)
}

/// What there is to say where the generated images in a folder are all one picture.
pub fn collapse(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    folder: &Path,
) -> Result<Option<String>, CliError> {
    let found = Diversity::of_folder(folder, requests)?;
    let collapsed = found.filter(|diversity| diversity.is_collapse());
    Ok(collapsed.map(|diversity| {
        format!(
            "{} has collapsed: {diversity}; train it further, or sample it otherwise",
            generator.name()
        )
    }))
}

/// Refuses a folder that holds something already, so that no other images are among the new ones.
fn check_free(folder: &Path) -> Result<(), CliError> {
    if folder.exists() && !is_free(folder)? {
        return Err(CliError::Usage(format!(
            "{} is not empty; give a new folder for the images",
            folder.display()
        )));
    }
    Ok(())
}
