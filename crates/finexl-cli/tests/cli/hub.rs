//! The hub's cache and pulling into it, against a hub on this machine; and that nothing else ever
//! asks for the network.

#![allow(clippy::unwrap_used)]

use crate::loopback::{Loopback, Request, Response};
use crate::sandbox::{Outcome, Sandbox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAME: &str = "someone/tiny-clip";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../finexl-zoo/tests/fixtures/clip/clip")
}

/// The files of a repository.
fn files() -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(fixture())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .filter(|(name, _)| name != "expected.safetensors")
        .collect()
}

/// A hub on this machine that serves files; `spoil` changes the content that is sent, not the hash.
struct Hub(Loopback);

impl Hub {
    fn start(files: BTreeMap<String, Vec<u8>>, spoil: bool) -> Self {
        Self(Loopback::start(move |request, _| {
            assert!(request.body.is_empty());
            answer(request, &files, spoil)
        }))
    }

    fn requests(&self) -> usize {
        self.0.requests()
    }

    /// A command that asks this hub and keeps its cache in the sandbox.
    fn command(&self, sandbox: &Sandbox, arguments: &str) -> Command {
        let mut command = sandbox.command(arguments);
        for variable in [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ] {
            command.env_remove(variable);
        }
        command
            .env("HF_ENDPOINT", &self.0.address)
            .env("HF_HOME", sandbox.path("hf"))
            .env_remove("HF_HUB_CACHE")
            .env_remove("HUGGINGFACE_HUB_CACHE")
            .env_remove("HF_TOKEN")
            .env_remove("HF_HUB_OFFLINE");
        command
    }
}

fn sha256(bytes: &[u8]) -> String {
    finexl_core::fingerprint::Fingerprint::of_bytes(bytes).to_string()
}

fn answer(request: &Request, files: &BTreeMap<String, Vec<u8>>, spoil: bool) -> Response {
    let mut headers = vec![("x-repo-commit", COMMIT.to_string())];
    if request.path.starts_with("/api/models/") {
        let names: Vec<String> = files
            .keys()
            .map(|name| format!("{{\"rfilename\": \"{name}\"}}"))
            .collect();
        let json = format!(
            "{{\"sha\": \"{COMMIT}\", \"siblings\": [{}]}}",
            names.join(",")
        );
        return Response {
            status: "200 OK",
            headers,
            body: json.into_bytes(),
        };
    }
    let name = request.path.rsplit('/').next().unwrap_or_default();
    let Some(content) = files.get(name) else {
        return Response {
            status: "404 Not Found",
            headers,
            body: Vec::new(),
        };
    };
    let mut sent = content.clone();
    if spoil && name == "model.safetensors" {
        *sent.last_mut().unwrap() ^= 1;
    }
    let range = request
        .headers
        .get("range")
        .map_or("0-", |range| range.strip_prefix("bytes=").unwrap_or(range));
    let (start, end) = range.split_once('-').unwrap();
    let start: usize = start.parse().unwrap();
    let last = end.parse().unwrap_or(usize::MAX).min(sent.len() - 1);
    headers.push(("etag", format!("\"{}\"", sha256(content))));
    let sizes = format!("bytes {start}-{last}/{}", sent.len());
    headers.push(("content-range", sizes));
    Response {
        status: "206 Partial Content",
        headers,
        body: sent[start..=last].to_vec(),
    }
}

#[test]
fn a_pulled_encoder_is_used_from_the_cache() {
    let (hub, sandbox) = (Hub::start(files(), false), Sandbox::new());
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.contains("model.safetensors  checked"),
        "{outcome:?}"
    );
    let asked = hub.requests();
    assert!(asked > 3);
    // From here on nobody asks the hub.
    let verified = Outcome::of(hub.command(&sandbox, &format!("zoo verify {NAME}")));
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("as expected"), "{verified:?}");
    let info = Outcome::of(hub.command(&sandbox, &format!("zoo info {NAME}")));
    assert!(info.stdout.contains(NAME), "{info:?}");
    assert_eq!(hub.requests(), asked);
    // HF_HUB_CACHE counts more than HF_HOME.
    let mut elsewhere = hub.command(&sandbox, &format!("zoo info {NAME}"));
    elsewhere.env("HF_HUB_CACHE", sandbox.path("empty"));
    assert_eq!(Outcome::of(elsewhere).code, Some(2));
    // A blob that was changed later is found.
    let blobs = sandbox.path("hf/hub/models--someone--tiny-clip/blobs");
    for entry in std::fs::read_dir(blobs).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes == files()["model.safetensors"] {
            std::fs::write(&path, &bytes[1..]).unwrap();
        }
    }
    let spoiled = Outcome::of(hub.command(&sandbox, &format!("zoo verify {NAME}")));
    assert_eq!(spoiled.code, Some(2), "{spoiled:?}");
    assert!(spoiled.stderr.contains("SHA-256"), "{spoiled:?}");
}

#[test]
fn what_is_not_what_the_hub_said_is_removed() {
    let (hub, sandbox) = (Hub::start(files(), true), Sandbox::new());
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("removed"), "{outcome:?}");
    let snapshot = sandbox.path(&format!(
        "hf/hub/models--someone--tiny-clip/snapshots/{COMMIT}/model.safetensors"
    ));
    assert!(!snapshot.exists());
    let used = Outcome::of(hub.command(&sandbox, &format!("zoo info {NAME}")));
    assert_eq!(used.code, Some(2), "{used:?}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_said_and_nothing_half_done_is_used() {
    let (hub, sandbox) = (Hub::start(files(), false), Sandbox::new());
    let command = hub.command(&sandbox, &format!("zoo pull {NAME}"));
    // A limit on the size of files stands in for the full disk.
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"")
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(sandbox.path(""));
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(key, value),
            None => limited.env_remove(key),
        };
    }
    let outcome = Outcome::of(limited);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("hf"), "{outcome:?}");
    let used = Outcome::of(hub.command(&sandbox, &format!("zoo info {NAME}")));
    assert_eq!(used.code, Some(2), "{used:?}");
    // With room again the pull goes on.
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn offline_it_says_what_to_put_where() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(BTreeMap::new(), false);
    let mut offline = hub.command(&sandbox, &format!("zoo pull {NAME}"));
    offline.env("HF_HUB_OFFLINE", "1");
    let outcome = Outcome::of(offline);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for word in [
        "HF_HUB_OFFLINE",
        "config.json",
        "model.safetensors",
        "models--someone--tiny-clip",
    ] {
        assert!(outcome.stderr.contains(word), "{outcome:?}");
    }
    assert_eq!(hub.requests(), 0);
    // Nobody answers there.
    let mut dead = hub.command(&sandbox, &format!("zoo pull {NAME}"));
    dead.env("HF_ENDPOINT", "http://127.0.0.1:9");
    let outcome = Outcome::of(dead);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("without the network put"),
        "{outcome:?}"
    );
    sandbox.refuses("zoo pull nonsense", &["nonsense", "ORG/NAME"]);
}

#[test]
fn nothing_but_pull_asks_for_the_network() {
    let (hub, sandbox) = (Hub::start(files(), false), Sandbox::with_pairs(1));
    for arguments in [
        "zoo list".to_string(),
        format!("zoo info {NAME}"),
        format!("zoo verify {NAME}"),
        format!("zoo score {NAME}"),
        format!("{} --encoder {NAME}", crate::sandbox::EXPLAIN),
        format!("embed --encoder {NAME} --images base --out x.safetensors"),
    ] {
        let outcome = Outcome::of(hub.command(&sandbox, &arguments));
        let expected = if arguments == "zoo list" { 0 } else { 2 };
        assert_eq!(outcome.code, Some(expected), "{arguments}: {outcome:?}");
        if expected == 2 {
            assert!(outcome.stderr.contains("zoo pull"), "{outcome:?}");
        }
    }
    assert_eq!(hub.requests(), 0);
}

#[test]
fn the_cache_is_where_the_hubs_own_tools_have_it() {
    let (hub, sandbox) = (Hub::start(files(), false), Sandbox::new());
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let cache = sandbox.path("hf/hub").display().to_string();
    for (variable, value) in [
        ("HF_HOME", "~/hf"),
        ("HF_HOME", "$HOME/hf"),
        ("HUGGINGFACE_HUB_CACHE", cache.as_str()),
        ("HUGGINGFACE_HUB_CACHE", "~/hf/hub"),
        ("HF_HUB_CACHE", "${HOME}/hf/hub"),
    ] {
        let mut info = sandbox.command(&format!("zoo info {NAME}"));
        for other in [
            "HF_HOME",
            "HF_HUB_CACHE",
            "HUGGINGFACE_HUB_CACHE",
            "XDG_CACHE_HOME",
        ] {
            info.env_remove(other);
        }
        info.env("HOME", sandbox.path("")).env(variable, value);
        let found = Outcome::of(info);
        assert_eq!(found.code, Some(0), "{variable}={value}: {found:?}");
    }
    assert!(!sandbox.path("~").exists());
}

/// A hub whose answers are changed before they are sent.
fn lying(change: impl Fn(&Request, &mut Response) + Send + Sync + 'static) -> Hub {
    let files = files();
    Hub(Loopback::start(move |request, _| {
        let mut response = answer(request, &files, false);
        change(request, &mut response);
        response
    }))
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    response.headers.retain(|(known, _)| *known != name);
    response.headers.push((name, value.to_string()));
}

/// Pulls from a hub that lies: it has to be said, and nothing may lie outside the cache or in its snapshots.
#[track_caller]
fn is_not_believed(hub: &Hub, words: &[&str]) {
    let sandbox = Sandbox::new();
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
    }
    assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
    let mut outside = sandbox.names("");
    outside.retain(|name| !["hf", "words.txt"].contains(&name.as_str()));
    assert_eq!(outside, [""; 0]);
    // Nothing at all where the first answer is not believed.
    assert!(sandbox.names("hf").iter().all(|name| name == "hub"));
    let used = Outcome::of(hub.command(&sandbox, &format!("zoo info {NAME}")));
    assert_eq!(used.code, Some(2), "{used:?}");
}

#[test]
fn names_in_answers_are_no_paths() {
    for (header, value) in [
        ("x-repo-commit", "../../../../outside"),
        ("x-repo-commit", "/tmp/outside"),
        ("x-repo-commit", ""),
        ("etag", "\"../../../outside\""),
        ("etag", "/outside"),
        ("content-range", "bytes 0-0/*"),
        ("content-range", "bytes 0-0/99999999999999999"),
    ] {
        let hub = lying(move |_, response| set(response, header, value));
        is_not_believed(&hub, &["no usable"]);
    }
    let parts = lying(|request, response| {
        if request.path.starts_with("/api/") {
            let text = String::from_utf8(response.body.clone()).unwrap();
            let text = text.replace("model.safetensors", "model.safetensors.index.json");
            response.body = text.into_bytes();
        } else if request.path.ends_with("model.safetensors.index.json") {
            let body = br#"{"weight_map": {"x": "../../../../outside.safetensors"}}"#;
            response.status = "206 Partial Content";
            response.body = body.to_vec();
            set(response, "etag", "\"0123\"");
            set(
                response,
                "content-range",
                &format!("bytes 0-{}/{}", body.len() - 1, body.len()),
            );
        }
    });
    is_not_believed(&parts, &["index.json", "beside the index"]);
}

#[test]
fn addresses_that_lead_nowhere_come_to_an_end() {
    let round = lying(|request, response| {
        response.status = "302 Found";
        set(response, "location", &request.path);
    });
    is_not_believed(&round, &["without end"]);
    for place in ["ftp://example.org/x", "//example.org/x", "x"] {
        let odd = lying(move |_, response| {
            response.status = "307 Temporary Redirect";
            set(response, "location", place);
        });
        is_not_believed(&odd, &["leads to no address"]);
    }
    let silent = lying(|_, response| response.status = "302 Found");
    is_not_believed(&silent, &["leads to no address"]);
    let closed = lying(|_, response| response.status = "401 Unauthorized");
    is_not_believed(&closed, &["HF_TOKEN"]);
    let nonsense = lying(|_, response| response.body = b"<html>".to_vec());
    is_not_believed(&nonsense, &["cannot be read"]);
}

#[test]
fn more_than_was_said_is_not_taken() {
    let long = lying(|request, response| {
        let whole = request
            .headers
            .get("range")
            .is_some_and(|r| r.ends_with('-'));
        if request.path.ends_with("config.json") && whole {
            response.body.extend(vec![b' '; 1 << 20]);
        }
    });
    is_not_believed(&long, &["more than the"]);
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let hub = lying(|request, response| {
        let from_start = request
            .headers
            .get("range")
            .is_some_and(|r| r == "bytes=0-");
        if request.path.ends_with("model.safetensors") && from_start {
            response.body.truncate(response.body.len() / 2);
        }
    });
    let sandbox = Sandbox::new();
    let outcome = Outcome::of(hub.command(&sandbox, &format!("zoo pull {NAME}")));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let verified = Outcome::of(hub.command(&sandbox, &format!("zoo verify {NAME}")));
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
