//! Who proposes the aspects in which two sets of images differ.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The vision-language model that baselines ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum ProposerChoice {
    /// A captioner inside the program; it needs no network.
    Captioner(CaptionerChoice),
    /// A server with OpenAI's interface for chats with images.
    Endpoint(EndpointChoice),
}

/// A captioner with its encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaptionerChoice {
    /// Its name or its weights file.
    pub model: String,
    /// The encoder that it was trained with: its name or its weights file.
    pub encoder: String,
}

impl Default for CaptionerChoice {
    fn default() -> Self {
        Self {
            model: "mini-captioner".to_string(),
            encoder: "mini-clip".to_string(),
        }
    }
}

/// A server that answers chat completions (vLLM, Ollama, llama.cpp, OpenAI).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointChoice {
    /// Address of the interface with its version, such as `http://127.0.0.1:8000/v1`.
    pub url: String,
    /// Name of the model, as the server knows it.
    pub model: String,
    /// Environment variable that holds the key; absent: none is sent.
    #[serde(default)]
    pub key_variable: Option<String>,
    /// Folder in which answers are kept; what is there is not asked again.
    pub cache: PathBuf,
    /// Most requests of one run, repeated ones counted; this or `most-tokens` has to be given.
    #[serde(default)]
    pub most_requests: Option<u64>,
    /// Most tokens of one run, of questions and answers, as the server counts them; the request that
    /// passes it is the last one.
    #[serde(default)]
    pub most_tokens: Option<u64>,
    /// Longest answer in tokens.
    #[serde(default = "answer_tokens")]
    pub answer_tokens: u64,
    /// Requests that are under way at a time.
    #[serde(default = "one")]
    pub requests_at_once: usize,
    /// How often a request is sent that fails in a way that may pass (too many requests, a fault of the
    /// server, no answer in time).
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Seconds before the second attempt; twice as long before each further one.
    #[serde(default = "first_wait")]
    pub first_wait_seconds: f64,
    /// Longest wait in seconds, also where the server asks for one.
    #[serde(default = "longest_wait")]
    pub longest_wait_seconds: f64,
    /// Seconds that an answer may take.
    #[serde(default = "timeout")]
    pub timeout_seconds: f64,
}

fn answer_tokens() -> u64 {
    2048
}

fn one() -> usize {
    1
}

fn attempts() -> u32 {
    6
}

fn first_wait() -> f64 {
    1.0
}

fn longest_wait() -> f64 {
    60.0
}

fn timeout() -> f64 {
    120.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        proposer: ProposerChoice,
    }

    #[test]
    fn both_kinds_are_read_and_mistakes_are_named() {
        let captioner: File = toml::from_str("proposer = { captioner = {} }").unwrap();
        assert_eq!(
            captioner.proposer,
            ProposerChoice::Captioner(CaptionerChoice::default())
        );
        let text = "[proposer.endpoint]\nurl = \"http://127.0.0.1:8000/v1\"\nmodel = \"m\"\n\
                    cache = \"runs/answers\"\nmost-requests = 9\n";
        let file: File = toml::from_str(text).unwrap();
        let ProposerChoice::Endpoint(endpoint) = file.proposer else {
            unreachable!("{text}");
        };
        assert_eq!(
            (endpoint.most_requests, endpoint.most_tokens),
            (Some(9), None)
        );
        assert_eq!((endpoint.attempts, endpoint.key_variable), (6, None));
        let error = toml::from_str::<File>(&text.replace("cache", "cash")).unwrap_err();
        assert!(error.to_string().contains("cash"), "{error}");
    }
}
