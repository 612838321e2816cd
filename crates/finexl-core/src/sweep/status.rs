//! How far a sweep is.

use super::cell_folder::{CellState, bytes_of};
use super::plan::SweepPlan;
use crate::CoreError;
use crate::owner::Owner;

/// How many cells are how far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepStatus {
    /// Numbers of cells that nobody is at.
    pub waiting: Vec<usize>,
    /// Those that a process is at.
    pub running: Vec<(usize, Owner)>,
    /// Those whose results are there.
    pub done: Vec<usize>,
    /// Those that went wrong, with what went wrong.
    pub failed: Vec<(usize, String)>,
    /// Seconds that the cells took whose results are there.
    pub seconds: f64,
    /// Bytes of their folders.
    pub bytes: u64,
}

impl SweepPlan {
    /// Looks how far every cell is.
    ///
    /// # Errors
    /// A folder of another version, a record that is damaged.
    pub fn status(&self) -> Result<SweepStatus, CoreError> {
        let mut status = SweepStatus::default();
        for cell in 0..self.cells.len() {
            match self.folder(cell).state()? {
                CellState::Waiting => status.waiting.push(cell),
                CellState::Running(owner) => status.running.push((cell, owner)),
                CellState::Done(outcome) => {
                    status.done.push(cell);
                    status.seconds += outcome.seconds;
                    status.bytes += outcome.bytes;
                }
                CellState::Failed(outcome) => {
                    status
                        .failed
                        .push((cell, outcome.problem.unwrap_or_default()));
                }
            }
        }
        Ok(status)
    }

    /// Bytes of what the cells share.
    pub fn shared_bytes(&self) -> u64 {
        bytes_of(&self.output.join("shared"))
    }

    /// A cell in words: its axes with their values.
    pub fn describe(&self, cell: usize) -> String {
        let named = self.axes.iter().zip(&self.cells[cell].values);
        let named: Vec<String> = named
            .map(|(axis, value)| format!("{}={value}", axis.column))
            .collect();
        named.join(", ")
    }
}

impl SweepStatus {
    /// In one line: "40 of 48 done, 1 failed, 2 running".
    pub fn line(&self) -> String {
        let all = self.waiting.len() + self.running.len() + self.done.len() + self.failed.len();
        let mut parts = vec![format!("{} of {all} done", self.done.len())];
        let others = [
            ("failed", self.failed.len()),
            ("running", self.running.len()),
        ];
        for (what, count) in others.into_iter().filter(|(_, count)| *count > 0) {
            parts.push(format!("{count} {what}"));
        }
        parts.join(", ")
    }
}
