//! Pools whose models are explained.

use crate::EvalError;
use crate::made_pool::made_pool;
use crate::settings::Progress;
use finexl_core::pool::PoolRecord;
use std::path::PathBuf;

/// A pool with its folder, which the paths of its list are relative to.
pub struct ExplainedPool {
    /// The folder.
    pub folder: PathBuf,
    /// Its models.
    pub record: PoolRecord,
}

/// Pools by their folders, or by the experiments that make them, which are run first.
///
/// # Errors
/// A path that is neither, and whatever making a pool refuses.
pub fn explained_pools(
    pools: &[PathBuf],
    device: &str,
    progress: Progress<'_>,
) -> Result<Vec<ExplainedPool>, EvalError> {
    let opened = pools.iter().map(|pool| {
        let folder = made_pool(pool, "pools", device, progress)?.folder;
        let record = PoolRecord::read(&folder)?;
        Ok(ExplainedPool { folder, record })
    });
    opened.collect()
}
