//! Where a personalization stands, so that one that was killed goes on from there.

use crate::ZooError;
use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use finexl_core::CoreError;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::personalization::PersonalizationRecord;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Folder of states inside the folder of snapshots.
const FOLDER: &str = ".training";
const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";

/// The states of one personalization.
pub struct TrainingStates {
    folder: PathBuf,
}

impl TrainingStates {
    /// Those beside snapshots.
    pub fn of(output: &Path) -> Self {
        Self {
            folder: output.join(FOLDER),
        }
    }

    /// Keeps the state that a record is of; those before are no longer needed.
    pub fn keep<M: Module>(
        &self,
        record: &PersonalizationRecord,
        model: &M,
        optimizer: &ModuleOptimizer,
    ) -> Result<(), ZooError> {
        let folder = self.folder.join(format!("step-{}", record.step));
        if folder.exists() {
            remove(&folder)?;
        }
        let partial = PartialFolder::start(&folder)?;
        let failed = |message| ZooError::Backend {
            what: "keeping the state of a personalization",
            message,
        };
        let trained = model.clone().into_record();
        trained
            .save(partial.path().join(MODEL))
            .map_err(|e| failed(format!("{e:?}")))?;
        optimizer
            .to_record()
            .save(partial.path().join(OPTIMIZER))
            .map_err(|e| failed(format!("{e:?}")))?;
        partial.finish([MODEL, OPTIMIZER].into_iter())?;
        // Last: it says that the state is complete.
        record.write(&folder)?;
        for other in self.folders().into_iter().filter(|other| *other != folder) {
            remove(&other)?;
        }
        Ok(())
    }

    /// Step, model and optimiser of the latest complete state whose record is wanted.
    pub fn load<M: Module>(
        &self,
        wanted: impl Fn(&PersonalizationRecord) -> bool,
        model: &M,
        optimizer: &ModuleOptimizer,
    ) -> Option<(usize, M, ModuleOptimizer)> {
        let records = self.records().into_iter();
        let mut kept: Vec<(usize, PathBuf)> = records
            .filter(|(_, record)| wanted(record))
            .map(|(folder, record)| (record.step, folder))
            .collect();
        kept.sort();
        let (step, folder) = kept.pop()?;
        let trained = ModuleRecord::load(folder.join(MODEL)).ok()?;
        let state = OptimizerRecord::load(folder.join(OPTIMIZER)).ok()?;
        let trained = model.clone().try_load_record(trained).ok()?;
        // burn 0.22.1 puts the state onto its default device first and panics where that is a GPU that
        // is not there; then the training begins anew.
        let load = AssertUnwindSafe(|| optimizer.clone().load_record(state));
        Some((step, trained, catch_unwind(load).ok()?))
    }

    /// The records of all complete states, with their folders.
    pub fn records(&self) -> Vec<(PathBuf, PersonalizationRecord)> {
        let read = |folder: PathBuf| {
            let record = PersonalizationRecord::read(&folder).ok()??;
            Some((folder, record))
        };
        self.folders().into_iter().filter_map(read).collect()
    }

    /// Removes all states.
    pub fn clear(&self) -> Result<(), ZooError> {
        if self.folder.exists() {
            remove(&self.folder)?;
        }
        Ok(())
    }

    /// The folders of states, complete or not.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        paths.filter(|path| path.is_dir()).collect()
    }
}

fn remove(folder: &Path) -> Result<(), ZooError> {
    std::fs::remove_dir_all(folder).map_err(|source| {
        ZooError::Core(CoreError::Write {
            path: folder.to_path_buf(),
            source,
        })
    })
}
