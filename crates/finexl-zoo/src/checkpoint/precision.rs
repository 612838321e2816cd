//! Numbers as weights files store them.

use crate::transformer::Matrix;
use half::slice::HalfFloatSliceExt;

/// Precision of stored numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    F64,
    F32,
    F16,
    Bf16,
}

impl Precision {
    /// As a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// Little-endian bytes to numbers.
pub(super) fn decode(bytes: &[u8], precision: Precision) -> Matrix {
    match precision {
        Precision::F64 => Matrix::F32(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f64::from_le_bytes(*b) as f32)
                .collect(),
        ),
        Precision::F32 => Matrix::F32(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
        ),
        Precision::F16 => Matrix::F16(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| half::f16::from_le_bytes(*b))
                .collect(),
        ),
        Precision::Bf16 => Matrix::Bf16(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| half::bf16::from_le_bytes(*b))
                .collect(),
        ),
    }
}

/// Whether no number is NaN or infinite.
pub(super) fn is_finite(matrix: &Matrix) -> bool {
    const BLOCK: usize = 4096;
    match matrix {
        Matrix::F32(values) => values.iter().all(|v| v.is_finite()),
        Matrix::F16(values) => values.chunks(BLOCK).all(|block| {
            let mut wide = vec![0.0; block.len()];
            block.convert_to_f32_slice(&mut wide);
            wide.iter().all(|v| v.is_finite())
        }),
        Matrix::Bf16(values) => values.iter().all(|v| v.is_finite()),
    }
}
