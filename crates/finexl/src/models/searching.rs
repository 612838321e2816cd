//! Searches in an index, with what is told of the models that are found.

use super::nearest_words::NearestWords;
use super::vocabulary_words::known_words;
use crate::Error;
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use finexl_explain::similar::{Incomparable, cosine_of_profiles};
use finexl_index::by_words::{Hit, ranked};
use finexl_index::columns::{Number, Text};
use finexl_index::entry::{Beside, Entry};
use finexl_index::filters::Filters;
use finexl_index::group::Group;
use finexl_index::group_file::GroupFile;
use finexl_index::lexicon::Lexicon;
use finexl_index::likeness::{Profiles, Target, alike};
use finexl_index::models_index::ModelsIndex;
use finexl_index::query::Query;
use finexl_zoo::encoders::Encoder;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Aspects that are told of a model.
const TOLD: usize = 3;

/// A search by words.
pub struct WordsRequest<'a> {
    /// The words.
    pub words: &'a str,
    /// Short name of the group.
    pub group: Option<&'a str>,
    /// Which models may be found.
    pub filters: &'a Filters,
    /// Most models that are told of.
    pub top: usize,
    /// The vocabulary that the models were explained with, where it is a file.
    pub vocabulary: Option<&'a Path>,
    /// Reads words that the vocabulary does not have.
    pub encoder: Option<Box<dyn Encoder>>,
}

/// A search by a model.
pub struct LikeRequest<'a> {
    /// Its record, or its title in the index.
    pub like: &'a str,
    /// Short name of the group.
    pub group: Option<&'a str>,
    /// How profiles are compared.
    pub profiles: Profiles,
    /// Which models may be found.
    pub filters: &'a Filters,
    /// Most models that are told of.
    pub top: usize,
}

/// What a search found.
#[derive(Clone, Debug, Serialize)]
pub struct Searched {
    /// What was looked for, as it was understood.
    pub looked_for: String,
    /// The group, in a line.
    pub group: String,
    /// Models of the group.
    pub models: usize,
    /// Those that the filters allow, and that can be compared.
    pub allowed: usize,
    /// Concepts whose scores are told of every model.
    pub concepts: Vec<String>,
    /// The best first.
    pub found: Vec<FoundModel>,
    /// What was guessed or left out.
    pub notes: Vec<String>,
}

/// A model that was found.
#[derive(Clone, Debug, Serialize)]
pub struct FoundModel {
    /// What it is called, so that it is told from all others.
    pub title: String,
    /// What its record calls it.
    pub model: String,
    /// Its record.
    pub record: String,
    /// How much it is what was asked for: the projection, or the cosine.
    pub value: f64,
    /// Lower end of its 95% interval; none where there is no interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Scores of the concepts that were asked for.
    pub scores: Vec<f32>,
    /// Images of the base that it has in common with the model that was given; none of searches by words.
    pub pairs: Option<usize>,
    /// Its strongest significant aspects with their scores.
    pub aspects: Vec<(String, f32)>,
    /// The base.
    pub base: String,
    /// Its family, where that is known.
    pub family: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The sentence of its report.
    pub summary: String,
}

/// Looks for models by words.
///
/// # Errors
/// Words that are not understood; several groups and none chosen; another vocabulary or encoder than that of the models.
pub fn search_words(index: &ModelsIndex, request: WordsRequest<'_>) -> Result<Searched, Error> {
    let (file, hits, concepts, searched) = ranked_by_words(index, request)?;
    let found = hits.iter().map(|hit| found(file, hit, &concepts));
    Ok(Searched {
        found: found.collect(),
        ..searched
    })
}

/// As [`search_words`], with the records of the models alone, the best first; nothing is told of them, so thousands are
/// named in no time.
///
/// # Errors
/// As [`search_words`].
pub fn records_by_words<'a>(
    index: &'a ModelsIndex,
    request: WordsRequest<'_>,
) -> Result<(Searched, Vec<&'a str>), Error> {
    let (file, hits, _, searched) = ranked_by_words(index, request)?;
    let records = hits.iter().map(|hit| file.text(Text::Record, hit.row));
    Ok((searched, records.collect()))
}

/// The group, its best models, the places of the concepts that were asked for, and the search without what it found.
type RankedByWords<'a> = (&'a GroupFile, Vec<Hit>, Vec<usize>, Searched);

fn ranked_by_words<'a>(
    index: &'a ModelsIndex,
    request: WordsRequest<'_>,
) -> Result<RankedByWords<'a>, Error> {
    let file = index.group(request.group)?;
    let (words, note) = known_words(file.group(), request.vocabulary)?;
    let lexicon = Lexicon::new(file.group(), &words);
    let nearest = match request.encoder {
        Some(encoder) => Some(NearestWords::new(encoder, file.group(), &words)?),
        None => None,
    };
    let by_encoder = nearest
        .as_ref()
        .map(|nearest| |word: &str| nearest.of(word));
    let query = match &by_encoder {
        Some(nearest) => Query::read(request.words, &lexicon, Some(nearest)),
        None => Query::read(request.words, &lexicon, None),
    };
    let query = query.map_err(|error| match &note {
        Some(note) => Error::Records(format!("{error}; {note}")),
        None => error.into(),
    })?;
    let (hits, allowed) = ranked(file, &query, request.filters, request.top);
    let concepts: Vec<usize> = query.terms.iter().map(|term| term.concept).collect();
    let mut notes = query.notes.clone();
    if !file.group().calibrated {
        notes.push(
            "scores of this group are raw weights; the match is relative to the largest of them, and levels (--min, \
             slightly) mean shares of it or weights, not levels"
                .to_string(),
        );
    }
    let searched = Searched {
        looked_for: query.said(&lexicon),
        group: file.group().described(),
        models: file.len(),
        allowed,
        found: Vec::new(),
        concepts: concepts
            .iter()
            .map(|at| lexicon.name(*at).to_string())
            .collect(),
        notes,
    };
    Ok((file, hits, concepts, searched))
}

/// Looks for models that change pictures like a given one.
///
/// # Errors
/// A record that cannot be read, or that no group can be compared with; no model of that title.
pub fn search_like(index: &ModelsIndex, request: &LikeRequest<'_>) -> Result<Searched, Error> {
    let (file, target, name) = target(index, request)?;
    let compared = alike(
        file,
        &target,
        request.profiles,
        request.filters,
        request.top,
    );
    let concepts = file.group().concepts.len();
    let mut models = Vec::new();
    for hit in &compared.hits {
        let mut model = found(file, hit, &[]);
        let common = target.common(file, hit.row);
        model.pairs = Some(common[0].len() / concepts.max(1));
        model.low = None;
        model.high = None;
        if request.profiles == Profiles::Pairs {
            let [a, b] = &common;
            let (_, interval) = cosine_of_profiles([a, b], concepts)?;
            model.low = Some(interval.low);
            model.high = Some(interval.high);
        }
        models.push(model);
    }
    let mut notes = Vec::new();
    if compared.apart > 0 {
        notes.push(format!(
            "{} models have no image of the base in common with {name}; --by mean compares these too, by the mean over \
             all of their pairs",
            compared.apart
        ));
    }
    Ok(Searched {
        looked_for: format!("models that change pictures like {name}"),
        group: file.group().described(),
        models: file.len(),
        allowed: compared.compared,
        concepts: Vec::new(),
        found: models,
        notes,
    })
}

/// The group, the model that others are compared with, and its name.
fn target<'a>(
    index: &'a ModelsIndex,
    request: &LikeRequest<'_>,
) -> Result<(&'a GroupFile, Target, String), Error> {
    let path = PathBuf::from(request.like);
    if !path.exists() {
        return titled(index, request);
    }
    let record = Explanation::read(&path)?;
    let whole = path.canonicalize().unwrap_or(path);
    let beside = Beside {
        record: whole.to_string_lossy().into_owned(),
        ..Beside::default()
    };
    let own = index.find(&beside.record);
    let entry = Entry::of(&record, &beside, &Fingerprint::of("target").finish())?;
    let comparable = |group: &Group| {
        group.encoder_fingerprint == record.provenance.encoder
            && group.vocabulary == record.provenance.vocabulary
            && group.concepts == Group::of(&record, None).concepts
    };
    let fitting: Vec<&GroupFile> = (index.groups().iter())
        .filter(|file| comparable(file.group()))
        .filter(|file| {
            request
                .group
                .is_none_or(|name| file.group().id().starts_with(name))
        })
        .collect();
    let its_own = |file: &&&GroupFile| {
        let known = own.map(|(group, _)| group.group().id());
        known.unwrap_or_else(|| Group::of(&record, None).id()) == file.group().id()
    };
    let file = match fitting[..] {
        [] => {
            let reason = match index
                .groups()
                .iter()
                .any(|file| file.group().encoder_fingerprint == record.provenance.encoder)
            {
                true => Incomparable::Vocabulary,
                false => Incomparable::Encoder,
            };
            return Err(Error::Records(format!(
                "{} cannot be compared with the models of the index: {reason}{}",
                request.like,
                index.listed()
            )));
        }
        [one] => one,
        _ => match fitting.iter().find(its_own) {
            Some(file) => file,
            None => index.group(request.group)?,
        },
    };
    let row = own.filter(|(group, _)| group.group().id() == file.group().id());
    let target = Target::entry(&entry, row.map(|(_, row)| row));
    Ok((file, target, record.personalized))
}

/// A model of the index by its title.
fn titled<'a>(
    index: &'a ModelsIndex,
    request: &LikeRequest<'_>,
) -> Result<(&'a GroupFile, Target, String), Error> {
    let groups = (index.groups().iter()).filter(|file| {
        request
            .group
            .is_none_or(|name| file.group().id().starts_with(name))
    });
    for file in groups {
        let is_it = |row: &usize| file.text(Text::Title, *row) == request.like;
        if let Some(row) = (0..file.len()).find(is_it) {
            let name = file.text(Text::Title, row).to_string();
            return Ok((file, Target::row(file, row), name));
        }
    }
    Err(Error::Records(format!(
        "there is neither a file {} nor a model of that title in the index; name a record of `finexl explain --json`, or a \
         model as the table of a search does",
        request.like
    )))
}

fn found(file: &GroupFile, hit: &Hit, concepts: &[usize]) -> FoundModel {
    let row = hit.row;
    let text = |text: Text| file.text(text, row).to_string();
    let scores = file.numbers(Number::Score, row);
    let finite = |value: f32| value.is_finite().then(|| f64::from(value));
    FoundModel {
        title: text(Text::Title),
        model: text(Text::Model),
        record: text(Text::Record),
        value: hit.value.into(),
        low: finite(hit.low),
        high: finite(hit.high),
        scores: concepts
            .iter()
            .map(|at| scores.get(*at).copied().unwrap_or(0.0))
            .collect(),
        pairs: None,
        aspects: strongest(file, row),
        base: text(Text::Base),
        family: text(Text::Family),
        tags: file.tags(row).map(str::to_string).collect(),
        summary: text(Text::Summary),
    }
}

/// The strongest significant aspects of a model.
fn strongest(file: &GroupFile, row: usize) -> Vec<(String, f32)> {
    let scores = file.numbers(Number::Score, row);
    let significant = file.numbers(Number::Significant, row);
    let both = scores.iter().zip(significant.iter());
    let mut aspects: Vec<(String, f32)> = (both.zip(&file.group().concepts))
        .filter(|((_, significant), _)| **significant != 0.0)
        .map(|((score, _), concept)| (concept.name.clone(), *score))
        .collect();
    aspects.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    aspects.truncate(TOLD);
    aspects
}
