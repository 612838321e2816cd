//! Which models change pictures like a given one, by their explanations alone.

use crate::Error;
use finexl_core::CoreError;
use finexl_core::explanation::Explanation;
use finexl_explain::ExplainError;
use finexl_explain::similar::{Similarity, similarity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Aspects that are told of a model.
const TOLD: usize = 3;

/// A record of an explanation, or several.
#[derive(Clone, Debug)]
pub enum Records {
    /// A file, or a folder whose files that end in `.json` are all looked at.
    Path(PathBuf),
    /// One that is read already.
    Held {
        /// What it is called in messages.
        name: String,
        /// The record.
        record: Box<Explanation>,
    },
}

/// A model in the ranking.
#[derive(Clone, Debug, Serialize)]
pub struct RankedModel {
    /// File of its record, or what it is called.
    pub record: String,
    /// What the personalized model is called there.
    pub model: String,
    /// Cosine of the profiles, pair by pair, in [-1, 1].
    pub similarity: f64,
    /// Lower end of its 95% interval.
    pub low: f64,
    /// Upper end of its 95% interval.
    pub high: f64,
    /// Images of the base that both have.
    pub pairs: usize,
    /// Images of the base that the record has itself.
    pub pairs_of_record: usize,
    /// Its strongest significant aspects with their scores.
    pub aspects: Vec<(String, f64)>,
}

/// Models by how alike they change pictures.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// The record that others were compared with.
    pub target: Explanation,
    /// The most similar first.
    pub models: Vec<RankedModel>,
    /// What was left out of folders, and why; and which records another version of the program made.
    pub left_out: Vec<String>,
}

impl Ranking {
    /// Compares records with a target; its own file is passed over.
    ///
    /// # Errors
    /// A record that was named and cannot be read or compared; nothing to compare with.
    pub fn of(target: &Records, others: &[Records]) -> Result<Self, Error> {
        let (name, record) = match target {
            Records::Path(path) => (path.display().to_string(), Explanation::read(path)?),
            Records::Held { name, record } => (name.clone(), record.as_ref().clone()),
        };
        let mut ranking = Self {
            target: record,
            models: Vec::new(),
            left_out: Vec::new(),
        };
        let mut other_code = BTreeSet::new();
        for (other, named) in candidates(target, others)? {
            match compared(&ranking.target, &name, &other) {
                Ok((model, differing)) => {
                    if !differing.is_empty() {
                        other_code.insert((model.record.clone(), differing));
                    }
                    ranking.models.push(model);
                }
                Err(error) if named => return Err(error),
                Err(error) => ranking.left_out.push(format!("left out: {error}")),
            }
        }
        if ranking.models.is_empty() {
            let problem = match ranking.left_out.is_empty() {
                true => "there is no record but the target's",
                false => "no record could be compared",
            };
            let left_out = ranking.left_out.iter().take(TOLD);
            return Err(Error::Records(format!(
                "{problem}; name records of other models, or a folder of them{}",
                left_out.map(|note| format!("; {note}")).collect::<String>()
            )));
        }
        ranking.left_out.extend(code_note(&other_code));
        (ranking.models).sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        Ok(ranking)
    }

    /// The ranking as JSON.
    ///
    /// # Errors
    /// Never, but for numbers that JSON has no form for.
    pub fn json(&self) -> Result<Vec<u8>, Error> {
        let text =
            serde_json::to_string_pretty(&self.models).map_err(|source| CoreError::Json {
                what: "the ranking".to_string(),
                source,
            })?;
        Ok(format!("{text}\n").into_bytes())
    }
}

/// All records, those of a folder by their names, without the target's own; and whether each was named itself, so that it
/// has to be a record.
fn candidates(target: &Records, others: &[Records]) -> Result<Vec<(Records, bool)>, Error> {
    let mut candidates = Vec::new();
    for other in others {
        match other {
            Records::Path(path) if path.is_dir() => {
                let files = records_in(path)?.into_iter();
                candidates.extend(files.map(|file| (Records::Path(file), false)));
            }
            other => candidates.push((other.clone(), true)),
        }
    }
    let resolved = |records: &Records| match records {
        Records::Path(path) => path.canonicalize().ok(),
        Records::Held { .. } => None,
    };
    if let Some(own) = resolved(target) {
        candidates.retain(|(other, _)| resolved(other).as_ref() != Some(&own));
    }
    Ok(candidates)
}

fn records_in(folder: &Path) -> Result<Vec<PathBuf>, CoreError> {
    let read = |source| CoreError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let file = entry.map_err(read)?.path();
        if file.extension().is_some_and(|end| end == "json") {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

/// A model, and the parts of the program of which its record was made with other versions.
fn compared(
    target: &Explanation,
    target_name: &str,
    other: &Records,
) -> Result<(RankedModel, Vec<String>), Error> {
    let read;
    let (name, record) = match other {
        Records::Path(path) => {
            read = Explanation::read(path)?;
            (path.display().to_string(), &read)
        }
        Records::Held { name, record } => (name.clone(), record.as_ref()),
    };
    let found = similarity(target, record).map_err(|error| match error {
        ExplainError::Incomparable(reason) => Error::Records(format!(
            "{name} cannot be compared with {target_name}: {reason}"
        )),
        other => other.into(),
    })?;
    let differing = other_versions(&target.provenance.code, &record.provenance.code);
    Ok((ranked(name, record, found), differing))
}

/// Parts of the program of which two records name other versions, where both name one.
fn other_versions(target: &BTreeMap<String, u32>, other: &BTreeMap<String, u32>) -> Vec<String> {
    let differs =
        |(part, version): &(&String, &u32)| other.get(*part).is_some_and(|known| known != *version);
    let differing = target.iter().filter(differs);
    differing.map(|(part, _)| part.clone()).collect()
}

fn code_note(records: &BTreeSet<(String, Vec<String>)>) -> Option<String> {
    let (first, parts) = records.first()?;
    Some(format!(
        "{} records were made by another version of the program than the target's ({first}: {}); their numbers may \
         differ by that; explain these models anew",
        records.len(),
        parts.join(", ")
    ))
}

fn ranked(name: String, record: &Explanation, found: Similarity) -> RankedModel {
    let aspects = record.aspects.iter().filter(|aspect| aspect.significant);
    RankedModel {
        record: name,
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
