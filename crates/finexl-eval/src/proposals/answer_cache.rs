//! Answers on disk, by what was asked.

use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::json_file;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of what is kept, and of how requests are named.
const VERSION: u32 = 1;

/// A folder with one file per request, named by the SHA-256 of all that was sent but the key.
pub(super) struct AnswerCache {
    folder: PathBuf,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptAnswer {
    version: u32,
    /// Its words.
    pub content: String,
    /// Tokens of question and answer, where the server counted them.
    pub tokens: Option<u64>,
}

impl KeptAnswer {
    pub fn new(content: String, tokens: Option<u64>) -> Self {
        Self {
            version: VERSION,
            content,
            tokens,
        }
    }
}

impl AnswerCache {
    /// The cache in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming the folder.
    pub fn open(folder: PathBuf) -> Result<Self, EvalError> {
        finexl_core::atomic::create_folder(&folder)?;
        Ok(Self { folder })
    }

    /// What names a request.
    pub fn key(address: &str, body: &str) -> Fingerprint {
        Fingerprint::of("chat completion")
            .number("version", u64::from(VERSION))
            .text("address", address)
            .text("body", body)
            .finish()
    }

    /// The kept answer; a file that is damaged counts as none and is written anew.
    pub fn find(&self, key: &Fingerprint) -> Option<KeptAnswer> {
        json_file::read(&self.path(key), VERSION).ok()
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming the file: what is paid for must not be lost unnoticed.
    pub fn keep(&self, key: &Fingerprint, answer: &KeptAnswer) -> Result<(), EvalError> {
        Ok(json_file::write(&self.path(key), answer)?)
    }

    fn path(&self, key: &Fingerprint) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_is_found_by_its_request_and_a_damaged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = AnswerCache::open(folder.path().join("a/b")).unwrap();
        let key = AnswerCache::key("http://x/v1", "{}");
        assert_ne!(key, AnswerCache::key("http://x/v1{", "}"));
        assert_eq!(cache.find(&key), None);
        let answer = KeptAnswer::new("{\"aspects\": []}".to_string(), Some(12));
        cache.keep(&key, &answer).unwrap();
        assert_eq!(cache.find(&key), Some(answer));
        std::fs::write(cache.path(&key), "{").unwrap();
        assert_eq!(cache.find(&key), None);
    }
}
