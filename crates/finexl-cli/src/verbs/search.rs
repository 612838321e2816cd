//! `finexl search`: models of an index by words, or by likeness.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::{count, scores};
use crate::output::{check_writable, is_standard_output, print, remark, write};
use clap::ValueEnum;
use finexl::Error;
use finexl::models::{
    FoundModel, LikeRequest, Searched, WordsRequest, known_words, search_like, search_words,
};
use finexl_core::CoreError;
use finexl_index::filters::Filters;
use finexl_index::group_file::GroupFile;
use finexl_index::likeness::Profiles;
use finexl_index::models_index::ModelsIndex;
use std::path::PathBuf;
use std::process::ExitCode;

/// Look for models in an index by words, or by a model that they are like.
///
/// Words are those of the vocabulary that the models were explained with, its synonyms and their forms, with "not",
/// "without", "less", "slightly" and "very". Models are ranked by the lower end of the 95% interval of how much they are
/// what was asked for (docs/search.md).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl search models.finexl \"flat colours and bold outlines, not darker\"\n  finexl search models.finexl --like lora.json"
)]
pub struct Search {
    /// The index.
    index: PathBuf,
    /// What the pictures should be like.
    #[arg(required_unless_present_any = ["like", "words_known"], conflicts_with = "like")]
    words: Option<String>,
    /// Models that change pictures like this one: a record, or a title of the index.
    #[arg(long, value_name = "RECORD")]
    like: Option<String>,
    /// What is compared with --like.
    #[arg(long, value_enum, default_value_t = By::Pairs, requires = "like")]
    by: By,
    /// The group of the index, by the beginning of its short name; needed where there are several.
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Least score of every aspect that is asked for.
    #[arg(long, value_name = "SCORE", conflicts_with = "like")]
    min: Option<f32>,
    /// Only models in which every aspect that is asked for is significant, and none that is not.
    #[arg(long, conflicts_with = "like")]
    significant: bool,
    /// Only models of this family: the beginning or a part of the generator's name.
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// Only models of this base: a part of its name.
    #[arg(long, value_name = "NAME")]
    base: Option<String>,
    /// Only models with this tag; may be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Models to show.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = count)]
    top: usize,
    /// Write what was found as JSON; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The vocabulary file that the models were explained with, for its synonyms.
    #[arg(long, value_name = "FILE", conflicts_with = "like")]
    vocabulary: Option<PathBuf>,
    /// The encoder that the models were explained with: a word that the vocabulary does not have then stands for what this
    /// finds nearest, with a note.
    #[arg(long, conflicts_with = "like")]
    encoder: Option<String>,
    /// List the words that a search may use, and end.
    #[arg(long = "words", id = "words_known", conflicts_with_all = ["words", "like"])]
    list: bool,
    #[command(flatten)]
    pub computing: Computing,
}

/// What is compared.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// Profiles pair by pair, over the images of the base that both have, as `finexl similar` does.
    Pairs,
    /// Mean profiles, which need no image in common; without intervals.
    Mean,
}

impl Search {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        if let Some(path) = &self.json {
            check_writable(path)?;
        }
        let index = ModelsIndex::open(&self.index).map_err(Error::from)?;
        if self.list {
            let file = index.group(self.group.as_deref()).map_err(Error::from)?;
            print(&self.listed(file)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let found = self.searched(&index, arguments)?;
        remark(&found.notes, arguments.quiet);
        if let Some(path) = &self.json {
            write(path, &json(&found)?)?;
        }
        if !self.json.as_deref().is_some_and(is_standard_output) {
            print(&table(&found))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn searched(&self, index: &ModelsIndex, arguments: &Arguments) -> Result<Searched, CliError> {
        let filters = Filters {
            min: self.min,
            significant: self.significant,
            family: self.family.clone(),
            base: self.base.clone(),
            tags: self.tags.clone(),
        };
        let group = self.group.as_deref();
        if let Some(like) = &self.like {
            return Ok(search_like(
                index,
                &LikeRequest {
                    like,
                    group,
                    profiles: match self.by {
                        By::Pairs => Profiles::Pairs,
                        By::Mean => Profiles::Mean,
                    },
                    filters: &filters,
                    top: self.top,
                },
            )?);
        }
        let encoder = match &self.encoder {
            Some(name) => {
                let device = finexl_zoo::device::by_name(&arguments.device)?;
                Some(finexl_zoo::encoders::open(name, &device)?)
            }
            None => None,
        };
        Ok(search_words(
            index,
            WordsRequest {
                words: self.words.as_deref().unwrap_or_default(),
                group,
                filters: &filters,
                top: self.top,
                vocabulary: self.vocabulary.as_deref(),
                encoder,
            },
        )?)
    }

    /// The concepts of a group with their synonyms.
    fn listed(&self, file: &GroupFile) -> Result<String, CliError> {
        let (words, note) = known_words(file.group(), self.vocabulary.as_deref())?;
        let mut text = String::new();
        for concept in &file.group().concepts {
            let known = words.iter().find(|known| known.name == concept.name);
            let mut others: Vec<&str> = (known.iter().flat_map(|known| &known.phrases))
                .map(String::as_str)
                .filter(|phrase| *phrase != concept.name)
                .collect();
            others.dedup();
            text.push_str(&concept.name);
            if !others.is_empty() {
                text.push_str(&format!(": {}", others.join(", ")));
            }
            text.push('\n');
        }
        if let Some(note) = note {
            text.push_str(&format!("\n{note}\n"));
        }
        Ok(text)
    }
}

fn json(found: &Searched) -> Result<Vec<u8>, CliError> {
    let text = serde_json::to_string_pretty(found).map_err(|source| CoreError::Json {
        what: "what was found".to_string(),
        source,
    })?;
    Ok(format!("{text}\n").into_bytes())
}

/// A line per model, the columns as wide as what stands in them.
fn table(found: &Searched) -> String {
    let mut text = format!(
        "Looked for: {}.\nIn group {}; {} of {} models pass.\n",
        found.looked_for, found.group, found.allowed, found.models
    );
    if found.found.is_empty() {
        text.push_str("\nNo model does; ask for less, or leave filters out.\n");
        return text;
    }
    let wide = |texts: &mut dyn Iterator<Item = &str>| texts.map(|t| t.chars().count()).max();
    let width = wide(&mut found.found.iter().map(|model| model.title.as_str()));
    let width = width.unwrap_or(0).max("model".len());
    let has_interval = found.found.iter().any(|model| model.low.is_some());
    let [first, interval] = match (found.concepts.is_empty(), has_interval) {
        (true, false) => ["similarity", ""],
        (true, true) => ["similarity", "  95% interval  "],
        _ => ["     match", "  95% interval  "],
    };
    text.push_str(&format!("\n{first}{interval}  {:width$}", "model"));
    for concept in &found.concepts {
        text.push_str(&format!("  {:>5}", concept));
    }
    text.push_str("  aspects\n");
    for model in &found.found {
        text.push_str(&line(model, found, width, has_interval));
    }
    text
}

fn line(model: &FoundModel, found: &Searched, width: usize, has_interval: bool) -> String {
    let mut text = format!("{:>10.2}", model.value);
    let end = |end: Option<f64>| end.map_or("?".to_string(), |end| format!("{end:.2}"));
    if has_interval {
        text.push_str(&format!(
            "  {:>5} to {:>5}",
            end(model.low),
            end(model.high)
        ));
    }
    text.push_str(&format!("  {:width$}", model.title));
    for (concept, score) in found.concepts.iter().zip(&model.scores) {
        let width = concept.chars().count().max(5);
        text.push_str(&format!("  {score:>width$.2}"));
    }
    let aspects = scores(&model.aspects);
    text.push_str(&format!("  {aspects}\n"));
    text
}
