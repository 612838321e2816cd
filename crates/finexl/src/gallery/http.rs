//! As much of HTTP/1.1 as a gallery needs: GET and HEAD of files and one question.

use std::io::{ErrorKind, Read, Result as IoResult, Write};

/// Most bytes of the head of a request.
const MOST_HEAD: usize = 8 * 1024;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Without what stands behind `?`, decoded, without the first `/`.
    pub(super) path: String,
    /// Names and values behind `?`, decoded.
    pub(super) query: Vec<(String, String)>,
    /// What the client calls this machine.
    pub(super) host: Option<String>,
    /// Whether only the head is asked for.
    pub(super) head_only: bool,
    /// Whether another request may follow.
    pub(super) keep: bool,
}

/// What is wrong with a request: a status with its words.
pub(super) type Refusal = (u16, &'static str);

/// Reads bytes until a request is whole; what follows it stays in `buffer`. Nothing where the client has ended.
pub(super) fn read(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
) -> IoResult<Option<Result<Request, Refusal>>> {
    loop {
        let end = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            let head: Vec<u8> = buffer.drain(..end + 4).collect();
            return Ok(Some(parse(&head[..end])));
        }
        if buffer.len() > MOST_HEAD {
            return Ok(Some(Err((431, "Request Header Fields Too Large"))));
        }
        let mut piece = [0; 2048];
        match stream.read(&mut piece) {
            Ok(0) => return Ok(None),
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn parse(head: &[u8]) -> Result<Request, Refusal> {
    const BAD: Refusal = (400, "Bad Request");
    let head = std::str::from_utf8(head).map_err(|_| BAD)?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(BAD);
    };
    if !["HTTP/1.1", "HTTP/1.0"].contains(&version) {
        return Err((505, "HTTP Version Not Supported"));
    }
    if method != "GET" && method != "HEAD" {
        return Err((405, "Method Not Allowed"));
    }
    let mut request = Request {
        path: String::new(),
        query: Vec::new(),
        host: None,
        head_only: method == "HEAD",
        keep: version == "HTTP/1.1",
    };
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => request.host = Some(value.to_string()),
            "connection" => request.keep &= !value.eq_ignore_ascii_case("close"),
            // Nothing that is asked for here has a body, and where one ends is a source of mistakes.
            "content-length" if value != "0" => return Err((413, "Content Too Large")),
            "transfer-encoding" => return Err((413, "Content Too Large")),
            _ => {}
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix('/').ok_or(BAD)?;
    request.path = decoded(path, false).ok_or(BAD)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let pair = decoded(name, true).zip(decoded(value, true)).ok_or(BAD)?;
        request.query.push(pair);
    }
    Ok(request)
}

/// Text with its `%41`, and in queries `+`, as characters.
fn decoded(text: &str, plus: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            b'+' if plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Writes an answer.
pub(super) fn answer(
    stream: &mut impl Write,
    (status, words): Refusal,
    kind: &str,
    body: &[u8],
    (head_only, keep): (bool, bool),
) -> IoResult<()> {
    let connection = if keep { "keep-alive" } else { "close" };
    let mut bytes = format!(
        "HTTP/1.1 {status} {words}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
         Connection: {connection}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    if !head_only {
        bytes.extend_from_slice(body);
    }
    stream.write_all(&bytes)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(text: &str) -> Result<Request, Refusal> {
        read(&mut text.as_bytes(), &mut Vec::new())
            .unwrap()
            .unwrap()
    }

    #[test]
    fn requests_are_read_and_what_is_none_is_refused() {
        let found =
            request("GET /a%20b/c?q=flat+colour%21&x HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
                .unwrap();
        assert_eq!(found.path, "a b/c");
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(found.query, [pair("q", "flat colour!"), pair("x", "")]);
        assert!(found.keep && found.host.as_deref() == Some("localhost:1"));
        for (text, status) in [
            ("POST / HTTP/1.1\r\n\r\n", 405),
            ("GET / HTTP/3\r\n\r\n", 505),
            ("GET /%zz HTTP/1.1\r\n\r\n", 400),
            ("GET nothing HTTP/1.1\r\n\r\n", 400),
            ("nonsense\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 413),
        ] {
            assert_eq!(request(text).unwrap_err().0, status, "{text}");
        }
        let long = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(9000));
        assert_eq!(request(&long).unwrap_err().0, 431);
        assert!(
            read(&mut "GET /".as_bytes(), &mut Vec::new())
                .unwrap()
                .is_none()
        );
    }
}
