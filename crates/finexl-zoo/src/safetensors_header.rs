//! The header of a safetensors file, read without the numbers behind it.

use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;

/// Longest header that is read, as in the reference.
const LONGEST: u64 = 100_000_000;
/// Bytes before the header, which say how long it is.
const PREFIX: u64 = 8;

/// What a file says of its tensors.
#[derive(Clone, Debug)]
pub struct Header {
    /// Free entries.
    pub metadata: HashMap<String, String>,
    /// Type, shape and place of every tensor; places are counted from [`Header::data`].
    pub tensors: BTreeMap<String, TensorInfo>,
    /// The byte of the file where the numbers begin.
    pub data: u64,
}

/// Why a header could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HeaderFault {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// It is no whole safetensors file.
    #[error("{0}")]
    Damaged(String),
}

impl Header {
    /// Reads the header of a file of `length` bytes from its beginning. Nothing longer than the file is taken up,
    /// whatever it says; tensors lie one behind the other, as many bytes each as shape and type need, and end with the
    /// file.
    ///
    /// # Errors
    /// [`HeaderFault`]; a name that stands twice is one too.
    pub fn read(mut file: impl Read, length: u64) -> Result<Self, HeaderFault> {
        let damaged = |problem: String| Err(HeaderFault::Damaged(problem));
        if length < PREFIX {
            return damaged(format!("it has {length} bytes"));
        }
        let mut prefix = [0u8; PREFIX as usize];
        file.read_exact(&mut prefix)?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > LONGEST.min(length - PREFIX) {
            return damaged("its header is longer than the file".to_string());
        }
        let mut bytes = Vec::new();
        file.take(header_length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != header_length {
            return damaged("it ends inside its header".to_string());
        }
        let metadata = parse(&bytes).map_err(|e| HeaderFault::Damaged(e.to_string()))?;
        let data = PREFIX + header_length;
        let (stored, needed) = (length - data, metadata.data_len() as u64);
        if needed > stored {
            let problem = format!("it ends {} bytes before its tensors do", needed - stored);
            return damaged(problem);
        }
        if needed < stored {
            let problem = format!("{} bytes stand behind its last tensor", stored - needed);
            return damaged(problem);
        }
        let tensors = metadata.tensors().into_iter();
        Ok(Self {
            metadata: metadata.metadata().clone().unwrap_or_default(),
            tensors: tensors.map(|(name, info)| (name, info.clone())).collect(),
            data,
        })
    }

    /// Reads the header of a file on disk.
    ///
    /// # Errors
    /// As [`Header::read`].
    pub fn of_file(path: &std::path::Path) -> Result<Self, HeaderFault> {
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        Self::read(file, length)
    }
}

/// The reference's reading, which checks shapes and places, of two equal names takes the last.
fn parse(bytes: &[u8]) -> serde_json::Result<Metadata> {
    struct Names;

    impl<'de> Visitor<'de> for Names {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a JSON object of tensors")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut seen = BTreeSet::new();
            while let Some(name) = map.next_key::<String>()? {
                map.next_value::<IgnoredAny>()?;
                if let Some(name) = seen.replace(name) {
                    let problem = format!("the name {name} stands in it twice");
                    return Err(serde::de::Error::custom(problem));
                }
            }
            Ok(())
        }
    }

    serde_json::Deserializer::from_slice(bytes).deserialize_map(Names)?;
    serde_json::from_slice(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(header: &str, numbers: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(std::iter::repeat_n(0, numbers));
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Header, String> {
        Header::read(bytes, bytes.len() as u64).map_err(|e| e.to_string())
    }

    #[test]
    fn a_whole_file_is_read() {
        let bytes = file(
            r#"{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}"#,
            12,
        );
        let header = read(&bytes).unwrap();
        assert_eq!(header.metadata["a"], "b");
        assert_eq!(header.tensors["x"].shape, [2, 3]);
        assert_eq!(header.data as usize, bytes.len() - 12);
    }

    #[test]
    fn what_lies_about_itself_is_refused() {
        let tensor = |name: &str, shape: &str, start: u64, end: u64| {
            format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#)
        };
        let of = |tensors: &[String], numbers| {
            read(&file(&format!("{{{}}}", tensors.join(",")), numbers)).unwrap_err()
        };
        let huge = "[4611686018427387904,4611686018427387904]";
        for (tensors, numbers) in [
            // More numbers than 64 bits can count; more bytes than the shape needs; overlapping; with a hole.
            (vec![tensor("x", huge, 0, 4)], 4),
            (vec![tensor("x", "[1]", 0, 8)], 8),
            (vec![tensor("x", "[1]", 0, 4), tensor("y", "[1]", 0, 4)], 4),
            (
                vec![tensor("x", "[1]", 0, 4), tensor("y", "[1]", 8, 12)],
                12,
            ),
            (vec![tensor("x", "[1]", 8, 4)], 8),
            (vec![tensor("x", "[-1]", 0, 4)], 4),
        ] {
            of(&tensors, numbers);
        }
        let twice = of(&[tensor("x", "[1]", 0, 4), tensor("x", "[1]", 0, 4)], 4);
        assert!(twice.contains("twice"), "{twice}");
        let short = of(&[tensor("x", "[2]", 0, 8)], 5);
        assert!(short.contains("ends 3 bytes before"), "{short}");
        let long = of(&[tensor("x", "[1]", 0, 4)], 9);
        assert!(long.contains("5 bytes stand behind"), "{long}");
        for bytes in [
            &b""[..],
            b"12345678",
            &u64::MAX.to_le_bytes(),
            &file("[]", 0),
            &file(&"[".repeat(100_000), 0),
        ] {
            read(bytes).unwrap_err();
        }
    }
}
