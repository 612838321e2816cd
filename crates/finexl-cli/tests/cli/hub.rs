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
