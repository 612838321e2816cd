//! The hub over HTTP: what a repository holds, and its files. Whatever it answers is taken as a stranger's word: names
//! become parts of paths only where they can be nothing else, and no more is read than was said before.
//!
//! Reference: `get_hf_file_metadata` and `http_get` of huggingface_hub 1.x.

use super::hub_cache::hub_home;
use super::model_files::NEEDED;
use crate::checkpoint::is_plain_name;
use serde::Deserialize;
use std::io::{Read, Write};
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Where the hub is, unless `HF_ENDPOINT` says otherwise.
const ENDPOINT: &str = "https://huggingface.co";
/// Longest description of a repository.
const LONGEST_ANSWER: u64 = 16 << 20;
/// Largest file that is fetched.
const LARGEST_FILE: u64 = 200 << 30;
/// Redirections that are followed.
const MOST_REDIRECTIONS: usize = 8;
/// How long a connection, or the next piece of an answer, is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that are passed on at a time.
const PIECE: usize = 1 << 16;

/// What went wrong between us and the hub.
#[derive(Debug)]
pub(super) enum HubFault {
    /// Something that another attempt may mend.
    MayPass(String),
    /// Anything else.
    Final(String),
    /// The disk does not take what comes.
    Disk(std::io::Error),
}

/// What the hub says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    /// The commit that it belongs to.
    pub commit: String,
    /// Its name among all contents: the SHA-256 of a large file, something else for a small one.
    pub etag: String,
    /// Bytes.
    pub size: u64,
}

/// A hub.
pub(super) struct Hub {
    agent: Agent,
    endpoint: String,
    /// Never shown, logged or written; sent to the hub itself only.
    token: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Hub {
    /// The hub that the variables of the hub's own tools name (`HF_ENDPOINT`, `HF_TOKEN`).
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_string());
        let stored = || std::fs::read_to_string(hub_home()?.join("token")).ok();
        let token = variable("HF_TOKEN").or_else(stored);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Each redirection is looked at here.
            .max_redirects(0)
            .https_only(endpoint.starts_with("https://"))
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE));
        Self {
            agent: config.build().new_agent(),
            endpoint: endpoint.trim_end_matches('/').to_string(),
            token: token.map(|token| token.trim().to_string()),
        }
    }

    /// Names of all files of a repository.
    pub fn files(&self, repository: &str, revision: &str) -> Result<Vec<String>, HubFault> {
        let revision = revision.replace('/', "%2F");
        let url = format!(
            "{}/api/models/{repository}/revision/{revision}",
            self.endpoint
        );
        let response = self.follow(&url, None)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(refused(status));
        }
        let body = response
            .into_body()
            .into_with_config()
            .limit(LONGEST_ANSWER);
        let described: Repository = serde_json::from_reader(body.reader())
            .map_err(|e| HubFault::Final(format!("the hub's answer cannot be read ({e})")))?;
        Ok(described
            .siblings
            .into_iter()
            .map(|s| s.rfilename)
            .collect())
    }

    /// The address of a file.
    pub fn address(&self, repository: &str, revision: &str, file: &str) -> String {
        let revision = revision.replace('/', "%2F");
        format!("{}/{repository}/resolve/{revision}/{file}", self.endpoint)
    }

    /// What the hub says of a file at an address.
    pub fn describe(&self, address: &str) -> Result<Described, HubFault> {
        let mut said = Said::default();
        let mut url = address.to_string();
        for _ in 0..=MOST_REDIRECTIONS {
            let response = self.get(&url, Some("bytes=0-0"))?;
            said.hear(&response);
            match redirection(&url, &response)? {
                Some(next) => url = next,
                None => {
                    let status = response.status().as_u16();
                    return match status {
                        200 | 206 | 416 => said.checked(),
                        _ => Err(refused(status)),
                    };
                }
            }
        }
        Err(endless())
    }

    /// Appends a file from byte `start` to its `size` to `to`; `progress` is told how many bytes came.
    pub fn download(
        &self,
        address: &str,
        [start, size]: [u64; 2],
        to: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), HubFault> {
        let range = format!("bytes={start}-");
        let response = self.follow(address, Some(&range))?;
        let status = response.status().as_u16();
        let begins = header(&response, "content-range").is_some_and(|said| {
            said.strip_prefix("bytes ")
                .is_some_and(|said| said.starts_with(&format!("{start}-")))
        });
        if !(status == 206 && begins || status == 200 && start == 0) {
            return Err(match status {
                200 | 206 => {
                    HubFault::Final("the hub sends another part than was asked for".to_string())
                }
                other => refused(other),
            });
        }
        // One byte more than was said tells a file that is longer.
        let mut body = response.into_body().into_reader().take(size - start + 1);
        let mut piece = vec![0u8; PIECE];
        let mut left = size - start;
        loop {
            let count = body
                .read(&mut piece)
                .map_err(|e| HubFault::MayPass(e.to_string()))?;
            if count == 0 {
                break;
            }
            if count as u64 > left {
                return Err(HubFault::Final(format!(
                    "the hub sends more than the {size} bytes it had said"
                )));
            }
            left -= count as u64;
            to.write_all(&piece[..count]).map_err(HubFault::Disk)?;
            progress(count as u64);
        }
        match left {
            0 => Ok(()),
            left => Err(HubFault::MayPass(format!(
                "the download broke off {left} bytes before its end"
            ))),
        }
    }

    /// The first answer that is no redirection.
    fn follow(&self, url: &str, range: Option<&str>) -> Result<Response<Body>, HubFault> {
        let mut url = url.to_string();
        for _ in 0..=MOST_REDIRECTIONS {
            let response = self.get(&url, range)?;
            match redirection(&url, &response)? {
                Some(next) => url = next,
                None => return Ok(response),
            }
        }
        Err(endless())
    }

    fn get(&self, url: &str, range: Option<&str>) -> Result<Response<Body>, HubFault> {
        let mut request = self.agent.get(url).header("accept-encoding", "identity");
        if let Some(range) = range {
            request = request.header("range", range);
        }
        let inside = url.strip_prefix(&self.endpoint);
        if let Some(token) = &self.token
            && inside.is_some_and(|rest| rest.starts_with('/'))
        {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.call().map_err(|error| match error {
            ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => {
                HubFault::Final(error.to_string())
            }
            _ => HubFault::MayPass(error.to_string()),
        })
    }
}

/// What several answers say together.
#[derive(Default)]
struct Said {
    commit: Option<String>,
    etag: Option<String>,
    size: Option<u64>,
}

impl Said {
    /// Takes up what earlier answers had not said: the hub's own word comes before that of the place it leads to.
    fn hear(&mut self, response: &Response<Body>) {
        let said = |name| header(response, name);
        self.commit = self.commit.take().or_else(|| said("x-repo-commit"));
        let etag = said("x-linked-etag").or_else(|| said("etag"));
        let plain = |etag: String| etag.trim_start_matches("W/").replace('"', "");
        self.etag = self.etag.take().or(etag.map(plain));
        if self.size.is_none() {
            let ranged =
                said("content-range").and_then(|r| Some(r.rsplit_once('/')?.1.to_string()));
            let whole = || said("content-length").filter(|_| response.status().as_u16() == 200);
            let size = said("x-linked-size").or(ranged).or_else(whole);
            self.size = size.and_then(|size| size.trim().parse().ok());
        }
    }

    fn checked(self) -> Result<Described, HubFault> {
        let odd = |what: &str| HubFault::Final(format!("the hub's answer has no usable {what}"));
        let name = |text: &String| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            is_plain_name(text) && text.len() <= 128 && text.chars().all(plain)
        };
        Ok(Described {
            commit: self.commit.filter(name).ok_or_else(|| odd("commit"))?,
            etag: self.etag.filter(name).ok_or_else(|| odd("etag"))?,
            size: self
                .size
                .filter(|size| *size <= LARGEST_FILE)
                .ok_or_else(|| odd("size"))?,
        })
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_string())
}

/// Where an answer leads to, if it does.
fn redirection(url: &str, response: &Response<Body>) -> Result<Option<String>, HubFault> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let odd = || HubFault::Final("the hub leads to no address".to_string());
    let location = header(response, "location").ok_or_else(odd)?;
    if location.starts_with("https://") || location.starts_with("http://") {
        return Ok(Some(location));
    }
    let (scheme, rest) = url.split_once("://").ok_or_else(odd)?;
    let host = rest.split('/').next().unwrap_or_default();
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(Some(format!("{scheme}://{host}{location}")));
    }
    Err(odd())
}

fn endless() -> HubFault {
    HubFault::Final("the hub leads from one address to the next without end".to_string())
}

fn refused(status: u16) -> HubFault {
    match status {
        401 | 403 => HubFault::Final(format!(
            "the hub refuses it (status {status}): there is no such repository, or it asks for consent or a token \
             (HF_TOKEN)"
        )),
        404 => HubFault::Final("the hub has no such repository, revision or file".to_string()),
        429 | 500..600 => HubFault::MayPass(format!("the hub answers with status {status}")),
        _ => HubFault::Final(format!("the hub answers with status {status}")),
    }
}

/// What to do without the hub.
pub(super) fn without(id: &str, cache: &std::path::Path) -> String {
    format!(
        "without the network put {NEEDED} of {id} into a folder and give it as --encoder FOLDER, or copy models--{} from \
         another machine's cache into {}",
        id.replace('/', "--"),
        cache.display()
    )
}
