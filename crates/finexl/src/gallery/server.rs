//! A gallery behind a server of this machine.

use super::assets::media_type;
use super::content::Gallery;
use super::http::{self, Refusal, Request};
use crate::Error;
use crate::models::{WordsRequest, records_by_words};
use finexl_core::CoreError;
use finexl_index::filters::Filters;
use serde_json::json;
use std::io::Result as IoResult;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How much a server does at once.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Connections; more are answered that the server is busy, and closed.
    pub connections: usize,
    /// Requests of one connection.
    pub requests: usize,
    /// How long a client may keep it waiting.
    pub patience: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            requests: 10_000,
            patience: Duration::from_secs(10),
        }
    }
}

/// Longest question in characters.
const LONGEST: usize = 500;
/// Models that an answer names.
const MOST_FOUND: usize = 5000;
const OK: Refusal = (200, "OK");
const JSON: &str = "application/json";

/// A server that listens.
#[derive(Debug)]
pub struct GalleryServer {
    listener: TcpListener,
    address: SocketAddr,
    gallery: Arc<Gallery>,
    limits: ServerLimits,
}

impl GalleryServer {
    /// Listens at an address; port 0 is any that is free.
    ///
    /// # Errors
    /// An address that is taken, or not of this machine.
    pub fn bind(
        gallery: Gallery,
        address: SocketAddr,
        limits: ServerLimits,
    ) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::Records(format!(
                "cannot listen at {address}: {error}; choose another --address or --port"
            ))
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        Ok(Self {
            address: listener.local_addr().map_err(failed)?,
            listener,
            gallery: Arc::new(gallery),
            limits,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// Where connections can no longer be taken.
    pub fn run(&self) -> Result<(), Error> {
        let open = Arc::new(AtomicUsize::new(0));
        for stream in self.listener.incoming() {
            let Ok(stream) = stream else {
                // A client that went away, or no room for more: others may come.
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            if open.fetch_add(1, Ordering::SeqCst) >= self.limits.connections {
                open.fetch_sub(1, Ordering::SeqCst);
                refuse(stream);
                continue;
            }
            let (gallery, limits, address) = (self.gallery.clone(), self.limits, self.address);
            let counted = Counted(open.clone());
            let spawned = std::thread::Builder::new().spawn(move || {
                let _counted = counted;
                // A client that breaks off is no mistake of ours.
                let _ = converse(stream, &gallery, &limits, address);
            });
            if spawned.is_err() {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Err(Error::Core(CoreError::Read {
            path: PathBuf::from(self.address.to_string()),
            source: std::io::ErrorKind::BrokenPipe.into(),
        }))
    }
}

/// One of the connections that are open.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn refuse(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_secs(1)));
    let busy = (503, "Service Unavailable");
    let _ = http::answer(&mut stream, busy, "text/plain", b"busy", (false, false));
}

fn converse(
    mut stream: TcpStream,
    gallery: &Gallery,
    limits: &ServerLimits,
    address: SocketAddr,
) -> IoResult<()> {
    stream.set_read_timeout(Some(limits.patience))?;
    stream.set_write_timeout(Some(limits.patience))?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    for number in 1..=limits.requests {
        let Some(request) = http::read(&mut stream, &mut buffer)? else {
            return Ok(());
        };
        let request = match request {
            Ok(request) => request,
            Err(refusal) => {
                let said = refusal.1.as_bytes();
                return http::answer(&mut stream, refusal, "text/plain", said, (false, false));
            }
        };
        let keep = request.keep && number < limits.requests;
        let (status, kind, body) = respond(gallery, &request, address);
        http::answer(&mut stream, status, kind, &body, (request.head_only, keep))?;
        if !keep {
            return Ok(());
        }
    }
    Ok(())
}

/// Status, kind and body of an answer. Names are looked up among those of the gallery, so no path leads out of it.
fn respond(
    gallery: &Gallery,
    request: &Request,
    address: SocketAddr,
) -> (Refusal, &'static str, Vec<u8>) {
    let plain = |status: u16, words: &'static str| ((status, words), "text/plain", words.into());
    if !is_ours(request.host.as_deref(), address) {
        // A page of somebody else that makes its name lead here is not to read what is here.
        return plain(421, "Misdirected Request");
    }
    let name = match request.path.as_str() {
        "" => "index.html",
        "api/search" => return (OK, JSON, search(gallery, request)),
        path => path,
    };
    match gallery.content(name) {
        Ok(Some(content)) => (OK, media_type(name), content.into_owned()),
        Ok(None) => plain(404, "Not Found"),
        Err(_) => plain(404, "Not Found"),
    }
}

/// Whether a client asks by a name that is ours: of loopback, or the address itself.
fn is_ours(host: Option<&str>, address: SocketAddr) -> bool {
    let Some(host) = host else {
        return false;
    };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    if !address.ip().is_loopback() {
        // Who lets others in is called by names that only they know.
        return true;
    }
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Models by words: what was looked for and the names of the models, or what is wrong.
fn search(gallery: &Gallery, request: &Request) -> Vec<u8> {
    let value = |name: &str| {
        let mut pairs = request.query.iter();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let words = value("q").unwrap_or_default();
    if words.chars().count() > LONGEST {
        let error = format!("a question has at most {LONGEST} characters");
        return json!({ "error": error }).to_string().into_bytes();
    }
    let filters = Filters::default();
    let searched = records_by_words(
        gallery.index(),
        WordsRequest {
            words,
            group: value("group"),
            filters: &filters,
            top: MOST_FOUND,
            vocabulary: None,
            encoder: None,
        },
    );
    let answer = match searched {
        Ok((found, records)) => json!({
            "looked_for": found.looked_for,
            "notes": found.notes,
            "ids": records.iter().map(|record| gallery.id_of(record)).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "error": error.to_string() }),
    };
    answer.to_string().into_bytes()
}
