//! `finexl zoo`: looks into the encoders, fetches and checks them.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::output::{Progress, print};
use crate::verbs::zoo_files;
use clap::Subcommand;
use finexl_core::personalization::PersonalizationRecord;
use finexl_data::scenes::{Scene, Split};
use finexl_eval::{EncoderScores, Score, score_encoder};
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::clip::{PUBLISHED, locate, pull, verify};
use finexl_zoo::encoders::{DEFAULT_ENCODER, Encoder, JUDGE, Opened, open_any};
use finexl_zoo::generators::stable_diffusion::{describe_files, verify_files};
use finexl_zoo::generators::{embedded_generators, is_generator, open_generator};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prompts that scores are measured on by default, and their seed.
const PROBES: usize = 25;
const PROBE_SEED: u64 = 25;

/// Look into the encoders, fetch and check them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl zoo list\n  finexl zoo info mini-head\n  finexl zoo pull openai/clip-vit-base-patch32"
)]
pub struct Zoo {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The words that the embedded encoder knows, one per line.
    Words,
    /// Encoders, generators, heads and reference models: what is built in, on this machine, or can be fetched.
    List {
        /// Where to look for generators, heads, reference models and adapters of your own; default: the folder runs,
        /// where there is one.
        folder: Option<PathBuf>,
    },
    /// What an encoder, a generator, a head, reference models or an adapter of FineXL's is made of, and its fingerprint.
    Info {
        /// An encoder (mini-clip, a weights file, a model's folder, or a repository in the cache), a generator
        /// (mini-diffusion, a weights file, or Stable Diffusion: a folder, one file or a repository in the cache), a head (mini-head or a file), a file of reference models, or the folder of
        /// a personalized model. For LoRA files: `finexl inspect`.
        #[arg(default_value = DEFAULT_ENCODER)]
        encoder: String,
        #[command(flatten)]
        computing: Computing,
    },
    /// Fetch an encoder from the Hugging Face hub into its cache; the only verb that uses the network.
    Pull {
        /// A repository: ORG/NAME or ORG/NAME@REVISION.
        repository: String,
    },
    /// Check the hashes of an encoder or of a Stable Diffusion, load it strictly and run a self-test.
    Verify {
        /// An encoder or a Stable Diffusion, as for info.
        #[arg(default_value = DEFAULT_ENCODER)]
        encoder: String,
        #[command(flatten)]
        computing: Computing,
    },
    /// Measure how orthogonal and how linear an encoder's concept directions are.
    Score(Scoring),
}

#[derive(Debug, clap::Args)]
struct Scoring {
    /// An encoder, as for info.
    #[arg(default_value = DEFAULT_ENCODER)]
    encoder: String,
    /// Concepts to score, one per line; default: the default vocabulary.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Prompts to measure on, one per line; default: 25 drawn scenes.
    #[arg(long, value_name = "FILE")]
    prompts: Option<PathBuf>,
    /// Pairs of concepts drawn for the linearity.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pairs: usize,
    /// Seed of pairs and resampling.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    computing: Computing,
}

impl Zoo {
    /// Where it computes, where it does.
    pub fn computing(&self) -> Option<&Computing> {
        match &self.action {
            Action::Info { computing, .. } | Action::Verify { computing, .. } => Some(computing),
            Action::Score(scoring) => Some(&scoring.computing),
            Action::Words | Action::List { .. } | Action::Pull { .. } => None,
        }
    }

    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        match &self.action {
            Action::Words => {
                let words = finexl_data::vocabulary::words()?;
                print(&(words.join("\n") + "\n"))?;
            }
            Action::List { folder } => list(folder.as_deref())?,
            Action::Info { encoder, .. } => info(encoder, arguments)?,
            Action::Pull { repository } => fetch(repository, arguments)?,
            Action::Verify { encoder, .. } => {
                let device = finexl_zoo::device::by_name(&arguments.device)?;
                let checks = match zoo_files::stable_diffusion(encoder)? {
                    Some(path) => verify_files(encoder, &path, &device)?,
                    None => verify(encoder, &device)?,
                };
                for check in checks {
                    print(&format!("{}: {}\n", check.what, check.found))?;
                }
                print(&format!("{encoder} is sound\n"))?;
            }
            Action::Score(scoring) => score(scoring, arguments)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(folder: Option<&Path>) -> Result<(), CliError> {
    let mut table = format!("{:52} {:>7}  {:9} {}\n", "encoder", "MB", "", "");
    let embedded = [
        (DEFAULT_ENCODER, 4, "for drawn scenes and our 29 aspects"),
        (JUDGE, 2, "the same, made without it; for measuring"),
    ];
    for (name, megabytes, description) in embedded {
        table.push_str(&format!(
            "{name:52} {megabytes:7}  {:9} {description}\n",
            "embedded"
        ));
    }
    for published in PUBLISHED {
        let here = match locate(published.name) {
            Ok(_) => "here",
            Err(_) => "-",
        };
        table.push_str(&format!(
            "{:52} {:7}  {:9} {}\n",
            published.name, published.megabytes, here, published.description
        ));
    }
    table.push_str(
        "\nAny other CLIP (transformers, open_clip), SigLIP or EVA-CLIP works too, from its folder or \
         the cache; `finexl zoo pull NAME` fetches one.\n",
    );
    table.push_str(&format!("\n{:52} {:>7}\n", "generator", "MB"));
    let device = finexl_zoo::device::by_name("cpu")?;
    for (name, bytes) in embedded_generators() {
        let generator = open_generator(name, &device)?;
        let scenes = generator.scenes()?;
        let size = scenes.image_size();
        table.push_str(&format!(
            "{name:52} {:7}  {:9} scenes of {} subjects, {size} x {size}\n",
            bytes.div_ceil(1_000_000),
            "embedded",
            scenes.subjects().len()
        ));
    }
    table.push_str(
        "\nOthers are weights files that `finexl train` wrote: diffusion, autoregressive models and GANs;\n\
         `finexl personalize` makes adapters and directions.\n",
    );
    table.push_str(&zoo_files::embedded_table());
    match folder {
        Some(folder) if !folder.is_dir() => {
            let problem = format!("{} is no folder; name one to look into", folder.display());
            return Err(CliError::Usage(problem));
        }
        folder => table.push_str(&zoo_files::found_table(folder.unwrap_or(Path::new("runs")))),
    }
    print(&table)
}

fn info(name: &str, arguments: &Arguments) -> Result<(), CliError> {
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    if let Some(record) = PersonalizationRecord::read(Path::new(name))? {
        return print(&described(&record));
    }
    if embedded_generators().any(|(known, _)| known == name) || is_generator(Path::new(name)) {
        let generator = open_generator(name, &device)?;
        return print(&aligned(&generator.describe()));
    }
    if let Some(path) = zoo_files::stable_diffusion(name)? {
        let mut lines = vec![("name".to_string(), name.to_string())];
        lines.extend(describe_files(&path)?);
        return print(&aligned(&lines));
    }
    if let Some(lines) = zoo_files::described(name) {
        return print(&aligned(&lines));
    }
    let opened = open_any(name, &device)?;
    let encoder = opened.encoder();
    let mut lines = vec![
        ("name".to_string(), encoder.name().to_string()),
        ("dimension".to_string(), encoder.dimension().to_string()),
        ("fingerprint".to_string(), encoder.fingerprint().to_string()),
    ];
    if let Opened::Clip(clip) = &opened {
        lines.extend(clip.describe());
    }
    let notes = encoder.notes().iter();
    lines.extend(notes.map(|note| ("note".to_string(), note.clone())));
    print(&aligned(&lines))
}

/// Lines of a name and a value.
fn aligned(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0) + 2;
    lines
        .iter()
        .map(|(key, value)| format!("{key:width$}{value}\n"))
        .collect()
}

/// What is known of a personalized model.
fn described(record: &PersonalizationRecord) -> String {
    let total: f64 = record.styles.iter().map(|style| style.share).sum();
    let styles = record.styles.iter().map(|style| {
        let mut parts: Vec<String> = style
            .aspects
            .iter()
            .map(|(aspect, level)| format!("{aspect} {level} ({})", style.implementation))
            .collect();
        parts.extend(
            style
                .artist
                .as_ref()
                .map(|artist| format!("drawn by {artist}")),
        );
        if parts.is_empty() {
            parts.push("plain".to_string());
        }
        let share = 100.0 * style.share / total;
        (
            "style".to_string(),
            format!("{share:.0}%: {}", parts.join(", ")),
        )
    });
    let mut lines = vec![
        ("name".to_string(), record.name.clone()),
        (
            "base".to_string(),
            format!("{} ({})", record.base, record.base_fingerprint),
        ),
        ("mechanism".to_string(), record.mechanism.name().to_string()),
        ("steps".to_string(), record.step.to_string()),
        ("seed".to_string(), record.seed.to_string()),
    ];
    lines.extend(styles);
    aligned(&lines)
}

fn fetch(repository: &str, arguments: &Arguments) -> Result<(), CliError> {
    const MEGABYTE: usize = 1 << 20;
    let bar = Progress::new(arguments.quiet);
    let pulled = pull(repository, &|file, done, total| {
        bar.show(file, done / MEGABYTE, total.div_ceil(MEGABYTE));
    })?;
    for (file, hash, checked) in &pulled.files {
        let checked = if *checked { "  checked" } else { "" };
        print(&format!("{hash}  {file}{checked}\n"))?;
    }
    if !arguments.quiet {
        eprintln!(
            "{repository} is in {}; use it with --encoder {repository}",
            pulled.folder.display()
        );
    }
    Ok(())
}

fn score(scoring: &Scoring, arguments: &Arguments) -> Result<(), CliError> {
    let vocabulary = match &scoring.vocabulary {
        Some(path) => Vocabulary::read(path)?,
        None => Vocabulary::default_phrases()?,
    };
    let prompts = match &scoring.prompts {
        Some(path) => lines_of(path)?,
        None => Scene::draw_distinct(Split::Train, PROBE_SEED, PROBES)
            .iter()
            .map(Scene::prompt)
            .collect(),
    };
    let device = finexl_zoo::device::by_name(&arguments.device)?;
    let encoder = finexl_zoo::encoders::open(&scoring.encoder, &device)?;
    check(&vocabulary, &prompts, encoder.as_ref(), scoring)?;
    let scores = score_encoder(
        encoder.as_ref(),
        &vocabulary,
        &prompts,
        scoring.pairs,
        scoring.seed,
    )?;
    print(&show(encoder.name(), &scores))
}

/// Refuses texts that the encoder cannot read, by the file that they are from.
fn check(
    vocabulary: &Vocabulary,
    prompts: &[String],
    encoder: &dyn Encoder,
    scoring: &Scoring,
) -> Result<(), CliError> {
    let of_file = |path: &Option<PathBuf>, source: ZooError| match path {
        Some(path) => CliError::Text {
            path: path.clone(),
            source,
        },
        None => CliError::Zoo(source),
    };
    for concept in vocabulary.concepts() {
        encoder
            .check_text(&concept.name)
            .map_err(|source| of_file(&scoring.vocabulary, source))?;
    }
    for prompt in prompts {
        encoder
            .check_text(prompt)
            .map_err(|source| of_file(&scoring.prompts, source))?;
    }
    Ok(())
}

fn show(name: &str, scores: &EncoderScores) -> String {
    let line = |what: &str, score: &Score, meaning: &str| {
        format!(
            "{what:14} {:.3} [{:.3}, {:.3}]  {meaning}\n",
            score.value, score.low, score.high
        )
    };
    format!(
        "{name}: {} concepts, {} prompts, {} pairs of concepts\n{}{}{}",
        scores.concepts,
        scores.probes,
        scores.pairs,
        line(
            "orthogonality",
            &scores.orthogonality,
            "mean |cos| of two concepts, 0 is best"
        ),
        line(
            "linearity",
            &scores.linearity,
            "mean cos of \"A and B\" with A + B, 1 is best"
        ),
        line(
            "deviation",
            &scores.deviation,
            "mean distance of \"A and B\" from A + B, relative, 0 is best"
        ),
    )
}

/// The lines of a text file that are not empty.
fn lines_of(path: &Path) -> Result<Vec<String>, CliError> {
    let text = String::from_utf8_lossy(&finexl_core::atomic::read(path)?).into_owned();
    let lines: Vec<String> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(|line| line.trim().to_string())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return Err(CliError::Usage(format!(
            "{} holds no prompt; write one per line",
            path.display()
        )));
    }
    Ok(lines)
}
