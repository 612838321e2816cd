//! Chat completions over HTTP, with patience.

use super::answer_cache::KeptAnswer;
use super::budget::Budget;
use crate::EvalError;
use finexl_core::experiment::EndpointChoice;
use serde::Deserialize;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, Uri};

/// Characters of a server's complaint that are passed on.
const LONGEST_COMPLAINT: usize = 300;

/// A server with OpenAI's interface.
pub(super) struct ChatClient {
    agent: Agent,
    address: String,
    /// Never shown, logged or written.
    key: Option<String>,
    answer_tokens: u64,
    attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
}

/// What came of one request.
enum Outcome {
    /// The body of an answer.
    Answered(String),
    /// Something that may be gone after a while, with the time that the server asks for.
    MayPass(String, Option<Duration>),
    /// Something that will not change.
    Failed(String),
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    /// Nothing where the model refuses.
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u64>,
}

impl ChatClient {
    /// A client of a choice; nothing is sent yet.
    ///
    /// # Errors
    /// An address that is none, a time that is none, no attempt; [`EvalError::Key`] where the variable of
    /// the key is not set.
    pub fn new(choice: &EndpointChoice) -> Result<Self, EvalError> {
        let uri: Option<Uri> = choice.url.parse().ok();
        let host = uri.as_ref().and_then(Uri::host);
        let scheme = uri.as_ref().and_then(Uri::scheme_str);
        let (Some(host), Some("http" | "https")) = (host, scheme) else {
            let problem = format!(
                "\"{}\" is no address; write http://HOST:PORT/v1",
                choice.url
            );
            return Err(EvalError::setting("url", problem));
        };
        if choice.attempts == 0 {
            return Err(EvalError::setting("attempts", "it has to be at least 1"));
        }
        let timeout = seconds("timeout-seconds", choice.timeout_seconds)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(timeout));
        if is_this_machine(host) {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().new_agent(),
            address: format!("{}/chat/completions", choice.url.trim_end_matches('/')),
            key: choice.key_variable.as_deref().map(key).transpose()?,
            answer_tokens: choice.answer_tokens,
            attempts: choice.attempts,
            first_wait: seconds("first-wait-seconds", choice.first_wait_seconds)?,
            longest_wait: seconds("longest-wait-seconds", choice.longest_wait_seconds)?,
        })
    }

    /// Where requests go.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request until it is answered: after too many requests (429), faults of the server (5xx) and
    /// silence again, each time after twice the wait or the one that `Retry-After` asks for.
    ///
    /// # Errors
    /// [`EvalError::Budget`] before a request that nothing is left for, [`EvalError::Endpoint`] where the
    /// server refuses, cannot be reached, or fails as often as there are attempts.
    pub fn ask(&self, body: &str, budget: &Budget) -> Result<KeptAnswer, EvalError> {
        let mut wait = self.first_wait;
        let mut attempt = 1;
        loop {
            budget.take()?;
            let (problem, asked) = match self.send(body) {
                Outcome::Answered(text) => {
                    let answer = self.completion(&text)?;
                    budget.count_tokens(answer.tokens.unwrap_or(self.answer_tokens));
                    return Ok(answer);
                }
                Outcome::Failed(problem) => return Err(self.failed(&problem)),
                Outcome::MayPass(problem, asked) => (problem, asked),
            };
            if attempt == self.attempts {
                return Err(self.failed(&format!("{problem}, {attempt} times in a row")));
            }
            let pause = asked.unwrap_or(wait);
            if pause > self.longest_wait {
                let seconds = pause.as_secs_f64();
                return Err(self.failed(&format!("{problem}, and it asks to wait {seconds} s")));
            }
            std::thread::sleep(pause);
            wait = wait.saturating_mul(2).min(self.longest_wait);
            attempt += 1;
        }
    }

    fn send(&self, body: &str) -> Outcome {
        let mut request = self
            .agent
            .post(&self.address)
            .content_type("application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => return unreached(&error),
        };
        let status = response.status().as_u16();
        let asked = retry_after(response.headers());
        let text = match response.body_mut().read_to_string() {
            Ok(text) => text,
            Err(error) => return unreached(&error),
        };
        // Some servers repeat the key; it is taken out before anything is cut.
        let complaint: String = self
            .without_key(&text)
            .chars()
            .take(LONGEST_COMPLAINT)
            .collect();
        let problem = format!("it answers with status {status} ({})", complaint.trim());
        match status {
            200..=299 => Outcome::Answered(text),
            408 | 429 | 500..=599 => Outcome::MayPass(problem, asked),
            _ => Outcome::Failed(problem),
        }
    }

    fn completion(&self, text: &str) -> Result<KeptAnswer, EvalError> {
        let completion: Completion = serde_json::from_str(text)
            .map_err(|e| self.failed(&format!("its answer is no chat completion ({e})")))?;
        let tokens = completion.usage.and_then(|usage| usage.total_tokens);
        let first = completion.choices.into_iter().next();
        let content = first.and_then(|choice| choice.message.content);
        Ok(KeptAnswer::new(content.unwrap_or_default(), tokens))
    }

    fn failed(&self, problem: &str) -> EvalError {
        EvalError::Endpoint {
            address: self.address.clone(),
            problem: self.without_key(problem),
        }
    }

    fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key, "[key]"),
            None => text.to_string(),
        }
    }
}

/// The key that an environment variable holds.
fn key(variable: &str) -> Result<String, EvalError> {
    let value = std::env::var(variable).unwrap_or_default();
    match value.trim() {
        "" => Err(EvalError::Key {
            variable: variable.to_string(),
        }),
        key => Ok(key.to_string()),
    }
}

fn unreached(error: &ureq::Error) -> Outcome {
    let problem = format!("it cannot be reached ({error})");
    match error {
        ureq::Error::Timeout(_) | ureq::Error::Io(_) | ureq::Error::ConnectionFailed => {
            Outcome::MayPass(problem, None)
        }
        _ => Outcome::Failed(problem),
    }
}

/// The wait that a server asks for in seconds; a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?;
    Duration::try_from_secs_f64(value.trim().parse().ok()?).ok()
}

fn seconds(setting: &'static str, value: f64) -> Result<Duration, EvalError> {
    Duration::try_from_secs_f64(value)
        .map_err(|e| EvalError::setting(setting, format!("{value} is no number of seconds ({e})")))
}

/// Whether no proxy can stand between: an address of this machine.
fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<std::net::IpAddr> = bare.parse().ok();
    bare == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn waits_are_read_and_dates_are_not() {
        let header = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(header("3"), Some(Duration::from_secs(3)));
        assert_eq!(header("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(header("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(header("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn this_machine_is_recognised() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        assert!(!is_this_machine("example.org") && !is_this_machine("10.0.0.1"));
    }
}
