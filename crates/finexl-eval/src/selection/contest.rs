//! One pool with all that methods are offered, and what they say of it.

use super::answers::{Answer, Form, answers};
use super::distances::{Distances, Measuring};
use super::experiment::{Setup, contenders};
use super::methods::Contender;
use super::part::{Field, Part};
use super::pool_features::{PoolFeatures, pairs};
use super::thresholds::{choices, quality};
use super::{Candidate, Protocol};
use crate::EvalError;
use crate::baselines::Offer;
use crate::proposals::{ImagePair, PairAnswer, ProposalTable, Proposer};
use crate::settings::Progress;
use finexl_core::cells::Cells;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::pool::PoolRecord;
use finexl_core::selection::SelectionRecord;
use finexl_data::decode::decode_file;
use finexl_explain::probes::Probes;
use finexl_explain::vocabulary::Vocabulary;
use finexl_explain::{image_features, phrase_features};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of what methods are offered and of what proposers are asked.
const VERSION: u32 = 2;

/// One pool with all that methods are offered.
pub(super) struct Contest<'a> {
    setup: &'a Setup<'a>,
    cells: &'a Cells,
    folder: &'a Path,
    pool: PoolRecord,
    candidates: Vec<Candidate>,
    contenders: Vec<Contender>,
    features: PoolFeatures,
    distances: Distances,
    /// One per ground.
    offers: Vec<Offer<'a>>,
    proposals: Option<Vec<ProposalTable>>,
    /// Of everything that answers depend on, beside images and method.
    context: Fingerprint,
}

impl<'a> Contest<'a> {
    pub fn prepare(
        (setup, cells): (&'a Setup<'a>, &'a Cells),
        folder: &'a Path,
        pool: PoolRecord,
        progress: Progress<'_>,
    ) -> Result<Self, EvalError> {
        let encoder = setup.encoder.as_ref();
        let base = Some(&pool.base_fingerprint);
        let contenders = contenders(setup.config, &setup.encoder, &setup.grounds, base)?;
        let features = PoolFeatures::encode(folder, &pool, encoder, &setup.cache, progress)?;
        let with = Measuring {
            judge: setup.judge.as_ref(),
            lpips: setup.lpips.as_ref(),
            inception: setup.inception.as_ref(),
        };
        let distances = Distances::prepare(folder, &pool, with, &setup.cache, progress)?;
        let offers = setup.grounds.offers(&setup.encoder, &features)?;
        let mut contest = Self {
            candidates: Candidate::of_pool(&pool.models),
            contenders,
            context: context(setup, &features),
            setup,
            cells,
            folder,
            pool,
            features,
            distances,
            offers,
            proposals: None,
        };
        if let Some(proposer) = &setup.proposer {
            contest.proposals = Some(contest.ask(proposer.as_ref(), progress)?);
        }
        Ok(contest)
    }

    /// What the proposer says of every model's pairs.
    fn ask(
        &self,
        proposer: &dyn Proposer,
        progress: Progress<'_>,
    ) -> Result<Vec<ProposalTable>, EvalError> {
        let models = self.pool.models.iter().zip(self.features.models());
        let mut tables = Vec::new();
        for (done, (model, features)) in models.enumerate() {
            progress(&proposer.name(), done, self.pool.models.len());
            let key = Fingerprint::of("proposals")
                .number("version", u64::from(VERSION))
                .nested("proposer", &proposer.fingerprint())
                .nested("vocabulary", self.vocabulary().fingerprint())
                .nested("images", &features.images);
            let prompts = self.features.prompts.iter();
            let key = prompts.fold(key, |key, prompt| key.text("prompt", prompt));
            // An answer that cannot be read counts in this table and is asked for again in the next run.
            let mut unreadable = None;
            let made = self.cells.get(&key.finish(), || {
                let set = pairs(self.folder, &self.pool, model)?;
                let answers = self.answers_of(proposer, &set)?;
                match answers.iter().find_map(PairAnswer::problem) {
                    None => Ok(answers),
                    Some(problem) => {
                        let error = EvalError::setting("proposer", problem.to_string());
                        unreadable = Some(answers);
                        Err(error)
                    }
                }
            });
            let answers = match (unreadable, made) {
                (Some(answers), _) => answers,
                (None, made) => made?,
            };
            tables.push(ProposalTable::new(&answers, self.vocabulary())?);
        }
        Ok(tables)
    }

    fn answers_of(
        &self,
        proposer: &dyn Proposer,
        set: &finexl_data::pairs::PairSet,
    ) -> Result<Vec<PairAnswer>, EvalError> {
        let images = set.pairs.iter().map(|pair| {
            let [base, personalized] = [&pair.base, &pair.personalized].map(decode_file);
            Ok::<_, EvalError>((base?.image, personalized?.image))
        });
        let images: Vec<_> = images.collect::<Result<_, _>>()?;
        let shown: Vec<ImagePair<'_>> = set
            .pairs
            .iter()
            .zip(&images)
            .map(|(pair, (base, personalized))| ImagePair {
                base,
                personalized,
                prompt: pair.prompt.as_deref(),
            })
            .collect();
        let concepts = self.vocabulary().concepts();
        proposer.propose(&shown, Some(concepts), &|_, _| ())
    }

    /// All concepts.
    fn vocabulary(&self) -> &Vocabulary {
        self.setup.grounds.vocabulary(0)
    }

    fn answers(
        &self,
        contender: &Contender,
        threshold: f64,
        progress: Progress<'_>,
    ) -> Result<Vec<Answer>, EvalError> {
        let form = Form {
            threshold,
            largest: self.setup.config.largest,
        };
        let (name, total) = (contender.name(), self.pool.models.len());
        let mut done = 0;
        answers(
            contender,
            &self.offers[contender.offer],
            &self.features,
            self.proposals.as_deref(),
            form,
            (self.cells, &self.context),
            &mut || {
                done += 1;
                progress(&name, done, total);
            },
        )
    }

    /// Thresholds of every method with how good they are here, by method.
    pub fn tune(
        &self,
        progress: Progress<'_>,
    ) -> Result<BTreeMap<String, Vec<(f64, f64)>>, EvalError> {
        let mut all = BTreeMap::new();
        for contender in &self.contenders {
            let plain = self.answers(contender, 0.0, progress)?;
            let weights: Vec<Vec<f64>> = plain.into_iter().map(|a| a.weights).collect();
            let mut tried = Vec::new();
            for threshold in choices(&weights) {
                let answers = self.answers(contender, threshold, progress)?;
                let last = contender.columns.len() - 1;
                let vectors: Vec<Vec<f64>> = answers
                    .into_iter()
                    .map(|a| a.vectors[last].clone())
                    .collect();
                tried.push((threshold, quality(&self.candidates, &vectors)?));
            }
            all.insert(contender.name(), tried);
        }
        Ok(all)
    }

    pub fn records(&self, progress: Progress<'_>) -> Result<Vec<SelectionRecord>, EvalError> {
        let mut answered = Vec::new();
        for contender in &self.contenders {
            let threshold = self.setup.thresholds.of_contender(contender);
            answered.push((contender, self.answers(contender, threshold, progress)?));
        }
        let mut records = Vec::new();
        for column in &self.setup.config.columns {
            for protocol in [Protocol::OtherRuns, Protocol::AnyOther] {
                let part = Part::of(self.field(), column, protocol);
                records.extend(part.references()?);
                for (contender, answers) in &answered {
                    records.extend(part.of_method(contender, answers)?);
                }
            }
        }
        Ok(records)
    }

    fn field(&self) -> Field<'_> {
        Field {
            pool: &self.pool.name,
            pairs: self.features.base.len(),
            candidates: &self.candidates,
            distances: &self.distances,
            grounds: &self.setup.grounds,
        }
    }
}

fn context(setup: &Setup<'_>, features: &PoolFeatures) -> Fingerprint {
    let mut context = Fingerprint::of("selection context")
        .number("version", u64::from(VERSION))
        .number("directions", u64::from(phrase_features::VERSION))
        .number("images", u64::from(image_features::VERSION))
        .nested("encoder", setup.encoder.fingerprint())
        .text("device", setup.encoder.device())
        .nested("vocabulary", setup.grounds.vocabulary(0).fingerprint());
    for prompt in features.prompts.iter().chain(&Probes::default_prompts()) {
        context = context.text("prompt", prompt);
    }
    if let Some(proposer) = &setup.proposer {
        context = context.nested("proposer", &proposer.fingerprint());
    }
    context.finish()
}
