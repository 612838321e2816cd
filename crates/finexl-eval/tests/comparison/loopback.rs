//! A server on this machine, for tests of what talks over HTTP; those of the binary use it too.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What was asked.
pub struct Request {
    /// Path with query.
    pub path: String,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Content, as long as `content-length` says.
    pub body: Vec<u8>,
}

/// What is answered.
pub struct Response {
    /// Number and phrase.
    pub status: &'static str,
    /// Headers beside `content-length` and `connection`.
    pub headers: Vec<(&'static str, String)>,
    /// Content.
    pub body: Vec<u8>,
}

/// A server that answers every connection once, in a thread of its own, until the test ends.
pub struct Loopback {
    /// `http://127.0.0.1:PORT`
    pub address: String,
    requests: Arc<AtomicUsize>,
}

impl Loopback {
    /// Starts a server; `answer` is also told how many requests there were before.
    pub fn start(answer: impl Fn(&Request, usize) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (counted, answer) = (requests.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let before = counted.fetch_add(1, Ordering::Relaxed);
                let answer = answer.clone();
                std::thread::spawn(move || {
                    if let Some(request) = read(&stream) {
                        write(stream, &answer(&request, before));
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// Connections so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Nothing where the other side hangs up.
fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split(' ').nth(1)?.to_string();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_string());
        }
    }
    let length = headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        path,
        headers,
        body,
    })
}

fn write(mut stream: TcpStream, response: &Response) {
    let mut head = format!(
        "HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    // The other side may be gone.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&response.body);
}
