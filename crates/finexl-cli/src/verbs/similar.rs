//! `finexl similar`: which models change pictures like a given one.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::{check_writable, is_standard_output, print, remark, write};
use finexl_core::CoreError;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::ExplainError;
use finexl_explain::similar::{Similarity, similarity};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Aspects that are told of a model.
const TOLD: usize = 3;

/// Say which models change pictures like a given one, by their explanations alone: records of `finexl explain
/// --json`, made beside the same images of the base.
///
/// Intervals are over pairs: what other pairs of the same two models would give. Another training of the same style
/// may lie outside them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl similar lora.json explanations")]
pub struct Similar {
    /// The record of the model that others are compared with.
    target: PathBuf,
    /// Records of other models, or folders of them (every .json file); the target itself is passed over, and so is
    /// with a note what is no record, or cannot be compared, in a folder.
    #[arg(required = true, value_name = "RECORD")]
    others: Vec<PathBuf>,
    /// Models to show, the most similar first.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = count)]
    top: usize,
    /// Write the whole ranking as JSON; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A model in the ranking.
#[derive(Debug, Serialize)]
struct Ranked {
    /// File of its record.
    record: String,
    /// What the personalized model is called there.
    model: String,
    /// Cosine of the profiles, pair by pair, in [-1, 1].
    similarity: f64,
    /// Lower end of its 95% interval.
    low: f64,
    /// Upper end of its 95% interval.
    high: f64,
    /// Images of the base that both have.
    pairs: usize,
    /// Images of the base that the record has itself.
    pairs_of_record: usize,
    /// Its strongest significant aspects with their scores.
    aspects: Vec<(String, f64)>,
}

impl Similar {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        if let Some(path) = &self.json {
            check_writable(path)?;
        }
        let target = Explanation::read(&self.target)?;
        let mut ranking = Vec::new();
        let mut left_out = Vec::new();
        for Candidate { path, named } in self.candidates()? {
            match self.compare(&target, &path) {
                Ok(model) => ranking.push(model),
                Err(error) if named => return Err(error),
                Err(error) => left_out.push(format!("left out: {error}")),
            }
        }
        remark(&left_out, arguments.quiet);
        if ranking.is_empty() {
            let problem = match left_out.is_empty() {
                true => "there is no record but the target's",
                false => "no record could be compared",
            };
            return Err(CliError::Usage(format!(
                "{problem}; name records of other models, or a folder of them"
            )));
        }
        ranking.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        if let Some(path) = &self.json {
            write(path, &json(&ranking)?)?;
        }
        if !self.json.as_deref().is_some_and(is_standard_output) {
            print(&table(&target, &ranking, self.top))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn compare(&self, target: &Explanation, path: &Path) -> Result<Ranked, CliError> {
        let record = Explanation::read(path)?;
        let found = similarity(target, &record).map_err(|error| match error {
            ExplainError::Incomparable(reason) => CliError::Usage(format!(
                "{} cannot be compared with {}: {reason}",
                path.display(),
                self.target.display()
            )),
            other => other.into(),
        })?;
        Ok(ranked(path, &record, found))
    }

    /// All records, those of a folder by their names, without the target's own.
    fn candidates(&self) -> Result<Vec<Candidate>, CliError> {
        let target = self.target.canonicalize().ok();
        let mut candidates = Vec::new();
        for path in &self.others {
            if !path.is_dir() {
                candidates.push(Candidate {
                    path: path.clone(),
                    named: true,
                });
                continue;
            }
            let read = |source| {
                CliError::Core(CoreError::Read {
                    path: path.clone(),
                    source,
                })
            };
            let mut found = Vec::new();
            for entry in std::fs::read_dir(path).map_err(read)? {
                let file = entry.map_err(read)?.path();
                if file.extension().is_some_and(|end| end == "json") {
                    found.push(file);
                }
            }
            found.sort();
            candidates.extend(
                found
                    .into_iter()
                    .map(|path| Candidate { path, named: false }),
            );
        }
        candidates
            .retain(|candidate| target.is_none() || candidate.path.canonicalize().ok() != target);
        Ok(candidates)
    }
}

/// A file that may be compared.
struct Candidate {
    path: PathBuf,
    /// Whether it was named itself, so that it has to be a record.
    named: bool,
}

fn ranked(path: &Path, record: &Explanation, found: Similarity) -> Ranked {
    let aspects = record.aspects.iter().filter(|aspect| aspect.significant);
    Ranked {
        record: path.display().to_string(),
        model: record.personalized.clone(),
        similarity: found.cosine,
        low: found.interval.low,
        high: found.interval.high,
        pairs: found.pairs,
        pairs_of_record: found.of[1],
        aspects: aspects
            .take(TOLD)
            .map(|aspect| (aspect.concept.clone(), aspect.score))
            .collect(),
    }
}

fn json(ranking: &[Ranked]) -> Result<Vec<u8>, CliError> {
    let text = serde_json::to_string_pretty(ranking).map_err(|source| CoreError::Json {
        what: "the ranking".to_string(),
        source,
    })?;
    Ok(format!("{text}\n").into_bytes())
}

/// A line per model, the columns as wide as what stands in them. Models of one name are told by their records. Where
/// not all are compared on all pairs, a column says on how many.
fn table(target: &Explanation, ranking: &[Ranked], top: usize) -> String {
    let shown = &ranking[..top.min(ranking.len())];
    let names: BTreeSet<&str> = ranking.iter().map(|model| model.model.as_str()).collect();
    let name = |model: &Ranked| match names.len() == ranking.len() {
        true => model.model.clone(),
        false => model.record.clone(),
    };
    let widths = shown.iter().map(|model| name(model).chars().count());
    let width = widths.max().unwrap_or(0).max("model".len());
    let pictures: BTreeSet<&Fingerprint> = target.pair_fingerprints.iter().collect();
    let whole = |model: &Ranked| [model.pairs, model.pairs_of_record] == [pictures.len(); 2];
    let all_whole = ranking.iter().all(whole);
    let (on, column) = match all_whole {
        true => (format!("on {} pairs", pictures.len()), ""),
        false => ("on the pairs that both have".to_string(), "  pairs"),
    };
    let mut text = format!(
        "Models that change pictures like {}; {} compared {on}.\n\n\
         similarity  95% interval   {:width$}{column}  aspects\n",
        target.personalized,
        ranking.len(),
        "model",
    );
    for model in shown {
        let aspects: Vec<String> = (model.aspects.iter())
            .map(|(concept, score)| format!("{concept} {score:.2}"))
            .collect();
        let aspects = match aspects.is_empty() {
            true => "none is significant".to_string(),
            false => aspects.join(", "),
        };
        let pairs = match all_whole {
            true => String::new(),
            false => format!("  {:>5}", model.pairs),
        };
        text.push_str(&format!(
            "{:>10.2}  {:>5.2} to {:>5.2}  {:width$}{pairs}  {aspects}\n",
            model.similarity,
            model.low,
            model.high,
            name(model),
        ));
    }
    text
}
