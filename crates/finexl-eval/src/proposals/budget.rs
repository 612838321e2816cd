//! How much a run may ask.

use crate::EvalError;
use finexl_core::experiment::EndpointChoice;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Counts requests and tokens of one run.
pub(super) struct Budget {
    most_requests: Option<u64>,
    most_tokens: Option<u64>,
    cache: PathBuf,
    used: Mutex<Used>,
}

/// Requests sent, and the tokens that the server counted.
#[derive(Clone, Copy, Default)]
struct Used {
    requests: u64,
    tokens: u64,
}

impl Budget {
    /// The budget of a choice.
    ///
    /// # Errors
    /// A choice without any limit.
    pub fn new(choice: &EndpointChoice) -> Result<Self, EvalError> {
        if choice.most_requests.is_none() && choice.most_tokens.is_none() {
            return Err(EvalError::setting(
                "proposer.endpoint",
                "it has no budget; give most-requests or most-tokens",
            ));
        }
        Ok(Self {
            most_requests: choice.most_requests,
            most_tokens: choice.most_tokens,
            cache: choice.cache.clone(),
            used: Mutex::default(),
        })
    }

    /// Takes a request from the budget before it is sent.
    ///
    /// # Errors
    /// [`EvalError::Budget`] where nothing is left.
    pub fn take(&self) -> Result<(), EvalError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = |setting, limit: Option<u64>, used: u64| match limit {
            Some(limit) if used >= limit => Err(EvalError::Budget {
                setting,
                limit,
                cache: self.cache.clone(),
            }),
            _ => Ok(()),
        };
        spent("most-requests", self.most_requests, used.requests)?;
        spent("most-tokens", self.most_tokens, used.tokens)?;
        used.requests += 1;
        Ok(())
    }

    /// Counts the tokens of an answer.
    pub fn count_tokens(&self, tokens: u64) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.tokens = used.tokens.saturating_add(tokens);
    }
}
