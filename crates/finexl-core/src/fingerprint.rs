//! Fingerprints: what went into a result, as one SHA-256.

use crate::CoreError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// SHA-256 over labelled fields, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Starts a fingerprint of one kind of thing; kinds never collide.
    pub fn of(kind: &str) -> FingerprintBuilder {
        let mut builder = FingerprintBuilder {
            hash: Sha256::new(),
        };
        builder.frame("kind", kind.as_bytes());
        builder
    }

    /// The SHA-256 of plain bytes, comparable with `sha256sum`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// The SHA-256 of a file's content.
    ///
    /// # Errors
    /// [`CoreError::Read`] naming the file.
    pub fn of_file(path: &Path) -> Result<Self, CoreError> {
        let unreadable = |source| CoreError::Read {
            path: path.to_path_buf(),
            source,
        };
        // Piece by piece: weights may be larger than what should be in memory at once.
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        let mut hash = Sha256::new();
        let mut piece = vec![0u8; 1 << 20];
        loop {
            let read = match file.read(&mut piece) {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                read => read.map_err(unreadable)?,
            };
            if read == 0 {
                return Ok(Self(hex(&hash.finalize())));
            }
            hash.update(&piece[..read]);
        }
    }

    /// A fingerprint that was written down; nothing for what is not 64 hexadecimal digits.
    pub fn of_digits(text: &str) -> Option<Self> {
        let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, enough for file names and for people.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(12)]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects fields; every field is framed by its label and length, so none can run into the next.
pub struct FingerprintBuilder {
    hash: Sha256,
}

impl FingerprintBuilder {
    fn frame(&mut self, label: &str, bytes: &[u8]) {
        for part in [label.as_bytes(), bytes] {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
    }

    /// Adds text.
    pub fn text(mut self, label: &str, value: &str) -> Self {
        self.frame(label, value.as_bytes());
        self
    }

    /// Adds bytes.
    pub fn bytes(mut self, label: &str, value: &[u8]) -> Self {
        self.frame(label, value);
        self
    }

    /// Adds a number.
    pub fn number(mut self, label: &str, value: u64) -> Self {
        self.frame(label, &value.to_le_bytes());
        self
    }

    /// Adds a number that need not be whole, by its bits.
    pub fn real(mut self, label: &str, value: f64) -> Self {
        self.frame(label, &value.to_le_bytes());
        self
    }

    /// Adds another fingerprint.
    pub fn nested(self, label: &str, value: &Fingerprint) -> Self {
        self.text(label, value.as_str())
    }

    /// The fingerprint of all fields so far.
    pub fn finish(self) -> Fingerprint {
        Fingerprint(hex(&self.hash.finalize()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_has_the_fingerprint_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let bytes = vec![7u8; (1 << 20) + 5];
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(
            Fingerprint::of_file(&path).unwrap(),
            Fingerprint::of_bytes(&bytes)
        );
        assert!(Fingerprint::of_file(&folder.path().join("b")).is_err());
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let a = Fingerprint::of("t").text("x", "ab").text("y", "c").finish();
        let b = Fingerprint::of("t").text("x", "a").text("y", "bc").finish();
        assert_ne!(a, b);
        assert_eq!(
            Fingerprint::of_bytes(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
