//! The folder of a cell: what it is, its results, its log and what came of it.

use super::plan::{Cell, SweepPlan};
use crate::owner::Owner;
use crate::recipe::Recipe;
use crate::work_lock::{Attempt, WorkLock, WorkPlace};
use crate::{CoreError, atomic, json_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of cells: of their folders, and of what their identity is made of.
pub(super) const VERSION: u32 = 1;
/// Version of the program, whose cells no other one takes for its own.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// Folder of the cells inside that of a sweep.
const CELLS: &str = "cells";
/// Digits of the identity in the name of a folder.
const DIGITS: usize = 16;

/// What a cell is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellRecord {
    version: u32,
    program: String,
    identity: String,
    axes: BTreeMap<String, String>,
}

/// What came of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellOutcome {
    /// Version of this record.
    pub version: u32,
    /// What went wrong; nothing where it is done.
    pub problem: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Bytes of its results.
    pub bytes: u64,
}

/// How far a cell is.
#[derive(Clone, Debug, PartialEq)]
pub enum CellState {
    /// Nobody is at it, and nothing came of it yet.
    Waiting,
    /// A process is at it.
    Running(Owner),
    /// Its results are there.
    Done(CellOutcome),
    /// It went wrong.
    Failed(CellOutcome),
}

/// The folder of a cell.
#[derive(Clone, Debug)]
pub struct CellFolder {
    path: PathBuf,
}

/// The right to run a cell, until it is dropped.
#[derive(Debug)]
pub struct RunningCell {
    folder: CellFolder,
    lock: WorkLock,
}

impl SweepPlan {
    /// The folder of a cell, by its number from 0.
    pub fn folder(&self, cell: usize) -> CellFolder {
        let name = &self.cells[cell].identity.as_str()[..DIGITS];
        CellFolder {
            path: self.output.join(CELLS).join(name),
        }
    }

    fn record(&self, cell: &Cell) -> CellRecord {
        let columns = self.axes.iter().map(|axis| axis.column.clone());
        CellRecord {
            version: VERSION,
            program: PROGRAM.to_string(),
            identity: cell.identity.to_string(),
            axes: columns.zip(cell.values.iter().cloned()).collect(),
        }
    }

    /// Takes a cell that nobody is at and nothing came of yet, keeping what it is in its folder; nothing where there is
    /// no need to.
    ///
    /// # Errors
    /// A folder of another version, or one that cannot be written to.
    pub fn begin(&self, cell: usize) -> Result<Option<RunningCell>, CoreError> {
        let folder = self.folder(cell);
        if !matches!(folder.state()?, CellState::Waiting) {
            return Ok(None);
        }
        atomic::create_folder(&folder.path)?;
        let lock = match WorkPlace::folder(&folder.path).attempt()? {
            Attempt::Ours(lock) => lock,
            Attempt::Theirs(_) => return Ok(None),
        };
        // Somebody may have been faster and is done by now.
        if folder.outcome()?.is_some() {
            return Ok(None);
        }
        let cell = &self.cells[cell];
        json_file::write(&folder.record(), &self.record(cell))?;
        Recipe::of(&cell.experiment)?.write(&folder.experiment())?;
        Ok(Some(RunningCell { folder, lock }))
    }
}

impl CellFolder {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Folder of the results of its experiment.
    pub fn results(&self) -> PathBuf {
        self.path.join("results")
    }

    /// Its experiment.
    pub fn experiment(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// What it wrote while it ran.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.txt")
    }

    fn record(&self) -> PathBuf {
        self.path.join("cell.json")
    }

    fn outcome_file(&self) -> PathBuf {
        self.path.join("outcome.json")
    }

    /// How far the cell is.
    ///
    /// # Errors
    /// [`CoreError::OtherCell`] for a folder of another version, a record that is damaged.
    pub fn state(&self) -> Result<CellState, CoreError> {
        match self.outcome()? {
            Some(outcome) if outcome.problem.is_none() => Ok(CellState::Done(outcome)),
            Some(outcome) => Ok(CellState::Failed(outcome)),
            None => Ok(match WorkPlace::folder(&self.path).holder()? {
                Some(owner) => CellState::Running(owner),
                None => CellState::Waiting,
            }),
        }
    }

    fn outcome(&self) -> Result<Option<CellOutcome>, CoreError> {
        let Ok(bytes) = std::fs::read(self.record()) else {
            return Ok(None);
        };
        self.check(&bytes)?;
        json_file::read_if_there(&self.outcome_file(), VERSION)
    }

    /// Refuses a folder that another version of the program made.
    fn check(&self, record: &[u8]) -> Result<(), CoreError> {
        #[derive(Deserialize)]
        struct Versions {
            version: Option<u32>,
            program: Option<String>,
        }
        let found = serde_json::from_slice(record).unwrap_or(Versions {
            version: None,
            program: None,
        });
        if found.version == Some(VERSION) && found.program.as_deref() == Some(PROGRAM) {
            return Ok(());
        }
        let version = found
            .version
            .map_or("unknown".to_string(), |v| v.to_string());
        Err(CoreError::OtherCell {
            path: self.path.clone(),
            found: format!(
                "{version} of finexl {}",
                found.program.as_deref().unwrap_or("unknown")
            ),
            here: format!("{VERSION} of finexl {PROGRAM}"),
        })
    }

    /// Lets a cell that failed wait again; its log goes with it. False where it had not failed.
    ///
    /// # Errors
    /// As [`CellFolder::state`], and files that cannot be removed.
    pub fn retry(&self) -> Result<bool, CoreError> {
        if !matches!(self.state()?, CellState::Failed(_)) {
            return Ok(false);
        }
        let path = self.outcome_file();
        std::fs::remove_file(&path).map_err(|source| CoreError::Write { path, source })?;
        Ok(true)
    }

    /// Bytes of all files in it.
    pub fn bytes(&self) -> u64 {
        bytes_of(&self.path)
    }
}

/// Bytes of all files of a folder, links aside.
pub(super) fn bytes_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_of(&entry.path()),
        Ok(data) if data.is_file() => data.len(),
        _ => 0,
    });
    sizes.sum()
}

impl RunningCell {
    /// The folder.
    pub fn folder(&self) -> &CellFolder {
        &self.folder
    }

    /// Says what came of the cell, and gives it back.
    ///
    /// # Errors
    /// [`CoreError::LockLost`] where another machine has taken it over, [`CoreError::Write`].
    pub fn finish(self, problem: Option<String>, seconds: f64) -> Result<CellOutcome, CoreError> {
        self.lock.check()?;
        let outcome = CellOutcome {
            version: VERSION,
            problem,
            seconds,
            bytes: self.folder.bytes(),
        };
        json_file::write(&self.folder.outcome_file(), &outcome)?;
        Ok(outcome)
    }
}
