//! Long rows of numbers inside JSON.

use serde::{Deserialize, Serialize};

/// Numbers that are stored as base64 of little-endian f32, and rounded to f32 when they are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Packed(pub Vec<f64>);

impl Packed {
    /// Rounds to what will be read back.
    pub fn of(values: Vec<f64>) -> Self {
        Self(values.into_iter().map(|v| f64::from(v as f32)).collect())
    }

    /// The identity matrix, `[d, d]`.
    pub fn identity(d: usize) -> Self {
        Self(
            (0..d * d)
                .map(|i| f64::from(u8::from(i % (d + 1) == 0)))
                .collect(),
        )
    }
}

impl From<Packed> for String {
    fn from(packed: Packed) -> Self {
        let bytes: Vec<u8> = packed
            .0
            .iter()
            .flat_map(|v| (*v as f32).to_le_bytes())
            .collect();
        data_encoding::BASE64.encode(&bytes)
    }
}

impl TryFrom<String> for Packed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = data_encoding::BASE64
            .decode(text.as_bytes())
            .map_err(|e| format!("numbers are not base64 ({e})"))?;
        let (chunks, rest) = bytes.as_chunks::<4>();
        let values: Vec<f64> = chunks
            .iter()
            .map(|b| f64::from(f32::from_le_bytes(*b)))
            .collect();
        if !rest.is_empty() || values.iter().any(|v| !v.is_finite()) {
            return Err("numbers are cut off or not finite".to_owned());
        }
        Ok(Self(values))
    }
}
