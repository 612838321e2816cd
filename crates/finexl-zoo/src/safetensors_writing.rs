//! Safetensors files piece by piece, the same bytes for the same content: the reference takes all tensors into memory once
//! more, and writes free entries in the order of the day.

use safetensors::Dtype;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What the length of a header is a multiple of, as in the reference.
const ALIGNED: usize = 8;

/// A tensor to be written.
pub(crate) struct WrittenTensor<'a> {
    /// What its numbers are stored as.
    pub dtype: Dtype,
    /// Lengths of its sides.
    pub shape: Vec<usize>,
    /// Its numbers, little-endian, row by row.
    pub bytes: Cow<'a, [u8]>,
}

/// Writes a file: tensors of wide numbers first, then by name, as the reference does.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_tensors(
    out: &mut dyn Write,
    tensors: &BTreeMap<String, WrittenTensor<'_>>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut order: Vec<(&String, &WrittenTensor<'_>)> = tensors.iter().collect();
    order.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.dtype));
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_string(), json!(metadata));
    }
    let mut end = 0;
    for (name, tensor) in &order {
        let start = end;
        end += tensor.bytes.len();
        let told = json!({
            "dtype": tensor.dtype,
            "shape": tensor.shape,
            "data_offsets": [start, end],
        });
        header.insert((*name).clone(), told);
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(ALIGNED), b' ');
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    for (_, tensor) in order {
        out.write_all(&tensor.bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use safetensors::SafeTensors;

    #[test]
    fn the_reference_reads_what_is_written() {
        let tensor = |dtype, shape: &[usize], bytes: &[u8]| WrittenTensor {
            dtype,
            shape: shape.to_vec(),
            bytes: bytes.to_vec().into(),
        };
        let tensors = BTreeMap::from([
            ("a".to_string(), tensor(Dtype::F16, &[3], &[1; 6])),
            ("b".to_string(), tensor(Dtype::F32, &[1, 2], &[2; 8])),
            ("c".to_string(), tensor(Dtype::F32, &[], &[3; 4])),
        ]);
        let entries = (0..20).map(|n| (format!("key {n}"), format!("\"{n}\" é")));
        let metadata: BTreeMap<String, String> = entries.collect();
        let write = || {
            let mut bytes = Vec::new();
            write_tensors(&mut bytes, &tensors, &metadata).unwrap();
            bytes
        };
        let bytes = write();
        assert_eq!(bytes, write());
        let read = SafeTensors::deserialize(&bytes).unwrap();
        for (name, tensor) in &tensors {
            let found = read.tensor(name).unwrap();
            assert_eq!(
                (found.dtype(), found.shape()),
                (tensor.dtype, &tensor.shape[..])
            );
            assert_eq!(found.data(), &*tensor.bytes);
        }
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let told = header.metadata().clone().unwrap();
        assert_eq!(told.into_iter().collect::<BTreeMap<_, _>>(), metadata);
    }
}
