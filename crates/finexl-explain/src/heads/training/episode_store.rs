//! Episodes on disk: drawn once, in chunks, so that a training that was stopped goes on.

use crate::error::ExplainError;
use crate::heads::{Episode, Stock};
use finexl_core::CoreError;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::work_lock::WorkPlace;
use finexl_zoo::encoders::Features;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Sets per file.
const CHUNK: usize = 64;
/// Metadata key of what a file was drawn from.
const KEY: &str = "finexl.episodes";
const DIVERGENCES: &str = "divergences";
const LEVELS: &str = "levels";

/// Called with how many sets are there and how many there will be.
pub type DrawingProgress<'a> = &'a dyn Fn(usize, usize);

/// A folder of drawn sets.
pub(super) struct EpisodeStore<'a> {
    folder: &'a Path,
    name: &'a str,
    key: Fingerprint,
}

impl<'a> EpisodeStore<'a> {
    /// Sets of a name in a folder, which are drawn anew where they are of another `key`.
    pub fn new(folder: &'a Path, name: &'a str, key: Fingerprint) -> Self {
        Self { folder, name, key }
    }

    /// The first `count` sets, drawing those that are not there.
    ///
    /// # Errors
    /// Where the stock fails or a file cannot be written.
    pub fn episodes(
        &self,
        stock: &Stock<'_>,
        count: usize,
        progress: DrawingProgress<'_>,
    ) -> Result<Vec<Episode>, ExplainError> {
        // Another training may draw from the same: then it is waited for, and its sets are taken.
        let _lock = WorkPlace::folder(self.folder).wait()?;
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            progress(all.len(), count);
            let path = self.path(all.len() / CHUNK);
            let sets = match self.read(&path, stock) {
                Some(sets) => sets,
                None => {
                    let drawn = stock.draw(all.len()..all.len() + CHUNK)?;
                    self.write(&path, &drawn, stock)?;
                    drawn
                }
            };
            all.extend(sets);
        }
        all.truncate(count);
        progress(count, count);
        Ok(all)
    }

    fn path(&self, chunk: usize) -> PathBuf {
        self.folder
            .join(format!("{}-{chunk:04}.safetensors", self.name))
    }

    fn write(&self, path: &Path, sets: &[Episode], stock: &Stock<'_>) -> Result<(), ExplainError> {
        let bytes = |values: &mut dyn Iterator<Item = f32>| -> Vec<u8> {
            values.flat_map(f32::to_le_bytes).collect()
        };
        let [d, n, aspects] = sizes(stock);
        let divergences = bytes(
            &mut sets
                .iter()
                .flat_map(|s| s.divergences.values.iter().copied()),
        );
        let levels = bytes(&mut sets.iter().flat_map(|s| s.levels.iter().copied()));
        let fault = |e: safetensors::SafeTensorError| ExplainError::Features {
            path: path.to_path_buf(),
            problem: format!("the sets cannot be stored ({e})"),
        };
        let views = [
            (DIVERGENCES, vec![sets.len(), n, d], &divergences),
            (LEVELS, vec![sets.len(), aspects], &levels),
        ];
        let mut tensors = Vec::new();
        for (name, shape, bytes) in views {
            let view = TensorView::new(Dtype::F32, shape, bytes).map_err(fault)?;
            tensors.push((name, view));
        }
        let metadata = HashMap::from([(KEY.to_string(), self.key.to_string())]);
        let content = safetensors::serialize(tensors, Some(metadata)).map_err(fault)?;
        Ok(finexl_core::atomic::write(path, &content)?)
    }

    /// The sets of a file; nothing where it is not there, damaged or of something else.
    fn read(&self, path: &Path, stock: &Stock<'_>) -> Option<Vec<Episode>> {
        let bytes = match finexl_core::atomic::read(path) {
            Ok(bytes) => bytes,
            Err(CoreError::Read { .. }) => return None,
            Err(error) => {
                tracing::warn!("drawing sets anew: {error}");
                return None;
            }
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        let key = header.metadata().as_ref()?.get(KEY)?;
        (*key == self.key.to_string()).then_some(())?;
        let file = SafeTensors::deserialize(&bytes).ok()?;
        let [d, n, aspects] = sizes(stock);
        let numbers = |name: &str, size: usize| -> Option<Vec<f32>> {
            let tensor = file.tensor(name).ok()?;
            let (chunks, rest) = tensor.data().as_chunks::<4>();
            let whole = tensor.dtype() == Dtype::F32 && rest.is_empty();
            (whole && chunks.len() == CHUNK * size)
                .then(|| chunks.iter().map(|b| f32::from_le_bytes(*b)).collect())
        };
        let divergences = numbers(DIVERGENCES, n * d)?;
        let levels = numbers(LEVELS, aspects)?;
        let sets = divergences
            .chunks_exact(n * d)
            .zip(levels.chunks_exact(aspects));
        Some(
            sets.map(|(divergences, levels)| Episode {
                divergences: Features {
                    dimension: d,
                    values: divergences.to_vec(),
                },
                tiles: None,
                levels: levels.to_vec(),
            })
            .collect(),
        )
    }
}

/// d, pairs, aspects.
fn sizes(stock: &Stock<'_>) -> [usize; 3] {
    [stock.encoder.dimension(), stock.pairs, stock.aspects.len()]
}
