//! `finexl gallery`: in a folder, and served.

#![allow(clippy::unwrap_used)]

use crate::models_index::{record, three_models, write};
use crate::sandbox::Sandbox;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// Names that a page must not take for markup.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\u{2028}";

#[test]
fn a_gallery_is_written_and_replaced() {
    let sandbox = three_models();
    let mut hostile = record(HOSTILE, &[("warm", 0.8)]);
    hostile["summary"] = json!(HOSTILE);
    hostile["base"] = json!(HOSTILE);
    write(&sandbox, "hostile.json", &hostile);
    sandbox.write("hostile.html", "<!DOCTYPE html>a report");
    sandbox.succeeds("index hostile.json --out models.finexl");
    let said = sandbox.succeeds("gallery models.finexl --out site").stdout;
    assert!(said.contains("4 models"), "{said}");
    let data = std::fs::read_to_string(sandbox.path("site/data/models.js")).unwrap();
    assert!(
        data.contains("onerror") && !data.contains('<') && !data.contains('\u{2028}'),
        "{data}"
    );
    assert!(
        !data.contains(sandbox.path("records").to_str().unwrap()),
        "paths are nobody's business"
    );
    assert_eq!(sandbox.names("site/reports").len(), 1);
    let pairs = sandbox.names("site/pairs").remove(0);
    let pairs = std::fs::read_to_string(sandbox.path("site/pairs").join(pairs)).unwrap();
    assert!(
        pairs.contains("FINEXL_PAIRS") && pairs.ends_with("= [];\n"),
        "{pairs}"
    );
    assert!(sandbox.names("site").contains(&"index.html".to_string()));
    sandbox.succeeds("index --forget hostile.json --out models.finexl");
    sandbox.succeeds("gallery models.finexl --out site");
    assert!(sandbox.names("site/reports").is_empty() && sandbox.names("site/pairs").is_empty());
    sandbox.refuses("gallery models.finexl --out records", &["is no gallery"]);
}

/// A server that ends with the test.
struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start(sandbox: &Sandbox) -> Self {
        let mut command = sandbox.command("gallery models.finexl --serve --port 0");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.split('/').nth(2).unwrap().to_string();
        Self { child, address }
    }

    /// The whole answer to a request of one line.
    fn ask(&self, line: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

#[test]
fn a_gallery_is_served_and_nothing_else() {
    let sandbox = three_models();
    let served = Served::start(&sandbox);
    let ask = |line: &str| served.ask(line, "localhost");
    assert!(
        served.address.starts_with("127.0.0.1:"),
        "{}",
        served.address
    );
    assert!(
        ask("GET /").starts_with("HTTP/1.1 200")
            && ask("GET /data/models.js").contains("\"live\":true")
    );
    assert!(ask("GET /data/details-0.js").contains("similar"));
    for path in [
        "/../index.json",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/data/details-99.js",
        "/js",
    ] {
        assert!(
            ask(&format!("GET {path}")).starts_with("HTTP/1.1 404"),
            "{path}"
        );
    }
    assert!(ask("POST /").starts_with("HTTP/1.1 405"));
    assert!(
        served
            .ask("GET /", "evil.example")
            .starts_with("HTTP/1.1 421")
    );
    let found = ask("GET /api/search?q=not+dark%2C+flat+colour");
    assert!(
        found.contains("Content-Type: application/json") && found.contains("not dark; flat colour"),
        "{found}"
    );
    assert!(ask("GET /api/search?q=quixotic").contains("not in the vocabulary"));
    assert!(ask(&format!("GET /api/search?q={}", "a".repeat(600))).contains("at most 500"));
}
