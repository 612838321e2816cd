//! Bytes that are no safetensors file though they are called one: what they are, and what to do.

const PICKLE: Foreign = Foreign {
    what: "a PyTorch file, which may run programs when it is opened",
    remedy: "save it as safetensors with the tool that made it, or load it there and save it anew",
};
const ANSWER: &str =
    "a server sent it in place of the file; sign in where it is offered, and fetch it again";
const PACKED: &str = "unpack it, and give the .safetensors file inside";

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// In a few words.
    pub what: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What bytes that are no safetensors file are by their beginning. Not to be asked of others: the length of a header is
/// the first of a file, and may be any bytes.
pub(crate) fn foreign(bytes: &[u8]) -> Option<Foreign> {
    // Behind its length stands a header, whatever bytes the length is.
    if bytes.get(8) == Some(&b'{') {
        return None;
    }
    let starts = |with: &[u8]| bytes.starts_with(with);
    let is = |what, remedy| Some(Foreign { what, remedy });
    if starts(b"PK\x03\x04") {
        return match holds(bytes, b"data.pkl") {
            true => Some(PICKLE),
            false => is("a zip archive", PACKED),
        };
    }
    if let [0x80, 2..=5, ..] = bytes {
        return Some(PICKLE);
    }
    if starts(b"version https://git-lfs") {
        let remedy = "it stands for a file that was not fetched; run `git lfs pull` in the folder, or fetch the file itself";
        return is("a Git LFS pointer", remedy);
    }
    if starts(b"GGUF") {
        return is("a GGUF file", "take the same as .safetensors");
    }
    if starts(b"\x1f\x8b") || starts(b"7z\xbc\xaf\x27\x1c") || starts(b"Rar!") {
        return is("a packed archive", PACKED);
    }
    if starts(b"\x89PNG") || starts(b"\xff\xd8\xff") || (starts(b"RIFF") && holds(bytes, b"WEBP")) {
        return is("a picture", "give the .safetensors file that it shows");
    }
    let text = bytes.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let begins =
        |with: &[u8]| text.len() >= with.len() && text[..with.len()].eq_ignore_ascii_case(with);
    if begins(b"<!doctype") || begins(b"<html") || begins(b"<?xml") || begins(b"<error") {
        return is("a web page", ANSWER);
    }
    if text.first() == Some(&b'{') && text[1..].trim_ascii_start().first() == Some(&b'"') {
        return is("text in JSON, as servers send with an error", ANSWER);
    }
    let first = bytes.get(..64)?;
    first.iter().all(|byte| *byte == 0).then_some(Foreign {
        what: "a file that begins with nothing but zeros, as one whose download was broken off",
        remedy: "fetch it again",
    })
}

/// Whether a word stands near the beginning.
fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes[..bytes.len().min(512)]
        .windows(word.len())
        .any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_hold_is_named() {
        let named = |bytes: &[u8], word: &str| {
            let what = foreign(bytes).map_or("nothing", |foreign| foreign.what);
            assert!(what.contains(word), "{word}: {what}");
        };
        named(b"PK\x03\x04....archive/data.pkl....", "PyTorch");
        named(b"PK\x03\x04....style.safetensors....", "zip");
        named(b"\x80\x04\x95....", "PyTorch");
        named(b"version https://git-lfs.github.com/spec/v1\n", "LFS");
        named(b"\n<!DOCTYPE html><html>", "web page");
        named(b"{\"error\":\"Unauthorized\"}", "JSON");
        named(b"GGUF\x03", "GGUF");
        named(b"\x89PNG\r\n", "picture");
        named(&[0; 100], "zeros");
        // A header of 640 bytes that was cut off begins as a pickle does.
        assert_eq!(foreign(b"\x80\x02\0\0\0\0\0\0{\"a\":"), None);
    }
}
