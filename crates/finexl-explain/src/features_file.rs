//! Features on disk: safetensors with the rows' names, for the cache and for other programs.

use crate::error::ExplainError;
use finexl_zoo::encoders::Features;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// Name of the tensor that we write.
const TENSOR: &str = "features";
/// Metadata key of the rows' names, as a JSON array.
const NAMES: &str = "names";

/// Features with the names of their rows and free metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct FeaturesFile {
    /// `[n, d]`
    pub features: Features,
    /// One per row, or none.
    pub names: Vec<String>,
    /// Anything else, by key.
    pub metadata: HashMap<String, String>,
}

impl FeaturesFile {
    /// Writes features, atomically.
    ///
    /// # Errors
    /// [`finexl_core::CoreError::Write`] naming the file.
    pub fn write(&self, path: &Path) -> Result<(), ExplainError> {
        let bytes: Vec<u8> = self
            .features
            .values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let shape = vec![self.features.len(), self.features.dimension];
        let fault = |e: safetensors::SafeTensorError| ExplainError::Features {
            path: path.to_path_buf(),
            problem: format!("the features cannot be stored ({e})"),
        };
        let view = TensorView::new(Dtype::F32, shape, &bytes).map_err(fault)?;
        let mut metadata = self.metadata.clone();
        if !self.names.is_empty() {
            let names = serde_json::to_string(&self.names).map_err(|source| {
                finexl_core::CoreError::Json {
                    what: path.display().to_string(),
                    source,
                }
            })?;
            metadata.insert(NAMES.to_string(), names);
        }
        let content = safetensors::serialize([(TENSOR, view)], Some(metadata)).map_err(fault)?;
        Ok(finexl_core::atomic::write(path, &content)?)
    }

    /// Reads a file with one two-dimensional float tensor of any name, `[n, d]`.
    ///
    /// # Errors
    /// A file that is no safetensors file, holds several tensors, or a tensor of another shape or
    /// type; a value that is not finite.
    pub fn read(path: &Path) -> Result<Self, ExplainError> {
        Self::parse(path, &finexl_core::atomic::read(path)?)
    }

    /// The free metadata of a file, whatever tensors it holds; none where there is none.
    ///
    /// # Errors
    /// A file that cannot be read or is no safetensors file.
    pub fn read_metadata(path: &Path) -> Result<HashMap<String, String>, ExplainError> {
        let bytes = finexl_core::atomic::read(path)?;
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|e| ExplainError::Features {
                path: path.to_path_buf(),
                problem: format!("its header cannot be read ({e}); write it again"),
            })?;
        Ok(header.metadata().clone().unwrap_or_default())
    }

    /// Like [`FeaturesFile::read`], from bytes; `path` stands in messages.
    ///
    /// # Errors
    /// As [`FeaturesFile::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ExplainError> {
        let fault = |problem: String| ExplainError::Features {
            path: path.to_path_buf(),
            problem,
        };
        let remedy = "write it with safetensors (`safetensors.numpy.save_file`) or `finexl embed`";
        let file = SafeTensors::deserialize(bytes)
            .map_err(|e| fault(format!("it is no whole safetensors file ({e}); {remedy}")))?;
        let all: Vec<_> = file.iter().collect();
        let view = match all.as_slice() {
            [(_, view)] => view,
            many => {
                let chosen = many.iter().find(|(name, _)| *name == TENSOR);
                chosen.map(|(_, view)| view).ok_or_else(|| {
                    let count = many.len();
                    fault(format!(
                        "it holds {count} tensors and none is named \"{TENSOR}\"; {remedy}"
                    ))
                })?
            }
        };
        let [n, d] = *view.shape() else {
            let shape = view.shape();
            return Err(fault(format!(
                "its tensor has the shape {shape:?}; expected [rows, dimension]"
            )));
        };
        let values = floats(view).map_err(fault)?;
        if let Some(place) = values.iter().position(|v| !v.is_finite()) {
            return Err(fault(format!(
                "row {}, column {} (counted from 0) is {}; embed these inputs again",
                place / d.max(1),
                place % d.max(1),
                values[place]
            )));
        }
        if n == 0 || d == 0 {
            return Err(fault("it holds no rows".to_string()));
        }
        let empty = |row: &[f32]| row.iter().all(|value| *value == 0.0);
        if let Some(row) = values.chunks(d).position(empty) {
            return Err(fault(format!(
                "row {row} (counted from 0) holds nothing but zeros, which no input is embedded as; embed it again, or \
                 leave it out on both sides"
            )));
        }
        let (_, header) = SafeTensors::read_metadata(bytes)
            .map_err(|e| fault(format!("its header cannot be read ({e}); {remedy}")))?;
        let mut metadata = header.metadata().clone().unwrap_or_default();
        let names: Vec<String> = match metadata.remove(NAMES) {
            None => Vec::new(),
            Some(json) => serde_json::from_str(&json).map_err(|e| {
                fault(format!(
                    "its entry \"{NAMES}\" is no JSON array of texts ({e}); {remedy}"
                ))
            })?,
        };
        if !names.is_empty() && names.len() != n {
            return Err(fault(format!("it has {} names for {n} rows", names.len())));
        }
        Ok(Self {
            features: Features {
                dimension: d,
                values,
            },
            names,
            metadata,
        })
    }
}

pub(crate) fn floats(view: &TensorView<'_>) -> Result<Vec<f32>, String> {
    let data = view.data();
    let wide = |b: &[u8; 8]| f64::from_le_bytes(*b) as f32;
    match view.dtype() {
        Dtype::F32 => Ok(data
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect()),
        Dtype::F64 => Ok(data.as_chunks().0.iter().map(wide).collect()),
        Dtype::F16 => Ok(data
            .as_chunks()
            .0
            .iter()
            .map(|b| half::f16::from_le_bytes(*b).to_f32())
            .collect()),
        Dtype::BF16 => Ok(data
            .as_chunks()
            .0
            .iter()
            .map(|b| half::bf16::from_le_bytes(*b).to_f32())
            .collect()),
        other => Err(format!(
            "its tensor is {other:?}; expected F16, BF16, F32 or F64"
        )),
    }
}
