//! Checkpoints that are whole or not there, whenever the program is killed.

use burn::train::checkpoint::{Checkpoint, Checkpointer, CheckpointerError};
use finexl_core::{CoreError, atomic};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Folder of checkpoints inside the folder of a training.
pub(super) const CHECKPOINTS: &str = "checkpoint";
/// Epochs whose checkpoints are kept.
pub(super) const KEPT: usize = 2;
/// Names of the three files of an epoch.
pub(super) const MODEL: &str = "model";
pub(super) const OPTIMIZER: &str = "optim";
pub(super) const SCHEDULER: &str = "scheduler";

/// One of the three files of every epoch, in burn's format and under burn's names; burn itself writes them in
/// place.
pub(super) struct WholeCheckpoints {
    folder: PathBuf,
    name: &'static str,
}

impl WholeCheckpoints {
    /// The files of a name in the folder of a training.
    pub fn of(run: &Path, name: &'static str) -> Self {
        Self {
            folder: run.join(CHECKPOINTS),
            name,
        }
    }

    fn path(&self, epoch: usize) -> PathBuf {
        self.folder.join(format!("{}-{epoch}.bpk", self.name))
    }
}

/// Removes what a training that was killed left beside the last epochs up to `epoch`: files of a later epoch,
/// which is not whole, and those of earlier ones, which it came not to remove.
pub(super) fn keep_until(run: &Path, epoch: usize) -> Result<(), CoreError> {
    let kept = (epoch + 1).saturating_sub(KEPT)..=epoch;
    let entries = std::fs::read_dir(run.join(CHECKPOINTS));
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| {
            let (_, number) = name.strip_suffix(".bpk")?.rsplit_once('-')?;
            number.parse::<usize>().ok()
        });
        if number.is_some_and(|number| !kept.contains(&number)) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|source| CoreError::Write { path, source })?;
        }
    }
    Ok(())
}

impl<R: Checkpoint> Checkpointer<R> for WholeCheckpoints {
    fn save(&self, epoch: usize, record: R) -> Result<(), CheckpointerError> {
        let bytes = record
            .checkpoint_into_bytes()
            .map_err(CheckpointerError::Record)?;
        atomic::write(self.path(epoch), &bytes).map_err(|error| match error {
            CoreError::Write { source, .. } => CheckpointerError::IOError(source),
            other => CheckpointerError::Unknown(other.to_string()),
        })
    }

    fn delete(&self, epoch: usize) -> Result<(), CheckpointerError> {
        match std::fs::remove_file(self.path(epoch)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(CheckpointerError::IOError(error))
            }
            _ => Ok(()),
        }
    }

    fn restore(&self, epoch: usize) -> Result<R, CheckpointerError> {
        R::load(self.path(epoch))
    }
}
