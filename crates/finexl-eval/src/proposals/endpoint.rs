//! A server with OpenAI's interface as a proposer.

use super::answer_cache::AnswerCache;
use super::budget::Budget;
use super::chat_client::ChatClient;
use super::question::{VERSION, question, read};
use super::{ImagePair, PairAnswer, Proposer};
use crate::EvalError;
use finexl_core::experiment::EndpointChoice;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::vocabulary::Concept;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Asks a vision-language model for scores of aspects, one request per pair, both images in it. Answers are
/// kept on disk, so a run that was stopped or ran out of its budget goes on where it was.
pub struct Endpoint {
    choice: EndpointChoice,
    client: ChatClient,
    cache: AnswerCache,
    budget: Budget,
    pool: ThreadPool,
}

impl Endpoint {
    /// An endpoint of a choice; nothing is sent yet.
    ///
    /// # Errors
    /// Settings outside their range, no budget, a key that is not in its variable
    /// ([`EvalError::Key`]), a cache that cannot be made.
    pub fn new(choice: &EndpointChoice) -> Result<Self, EvalError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(choice.requests_at_once.max(1))
            .build()
            .map_err(|e| EvalError::setting("requests-at-once", e.to_string()))?;
        Ok(Self {
            client: ChatClient::new(choice)?,
            budget: Budget::new(choice)?,
            cache: AnswerCache::open(choice.cache.clone())?,
            choice: choice.clone(),
            pool,
        })
    }

    fn answer(
        &self,
        pair: &ImagePair<'_>,
        offer: Option<&[Concept]>,
    ) -> Result<PairAnswer, EvalError> {
        let body = question(&self.choice, pair, offer)?.to_string();
        let key = AnswerCache::key(self.client.address(), &body);
        if let Some(kept) = self.cache.find(&key) {
            let kept = read(&kept.content);
            if kept.problem().is_none() {
                return Ok(kept);
            }
        }
        let answer = self.client.ask(&body, &self.budget)?;
        let read = read(&answer.content);
        // What cannot be read is no answer: the next run asks again.
        if read.problem().is_none() {
            self.cache.keep(&key, &answer)?;
        }
        Ok(read)
    }
}

impl Proposer for Endpoint {
    fn name(&self) -> String {
        self.choice.model.clone()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of("endpoint")
            .number("version", u64::from(VERSION))
            .text("address", self.client.address())
            .text("model", &self.choice.model)
            .number("answer tokens", self.choice.answer_tokens)
            .finish()
    }

    fn propose(
        &self,
        pairs: &[ImagePair<'_>],
        offer: Option<&[Concept]>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<PairAnswer>, EvalError> {
        let done = AtomicUsize::new(0);
        self.pool.install(|| {
            pairs
                .par_iter()
                .map(|pair| {
                    let answer = self.answer(pair, offer)?;
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1, pairs.len());
                    Ok(answer)
                })
                .collect()
        })
    }
}
