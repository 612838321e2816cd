//! What is asked of Slurm's own commands, and what was submitted.

use super::quoting::quoted;
use crate::diagnostics::CliError;
use finexl_core::json_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Name of the record in the folder of job scripts.
const FILE: &str = "submitted.json";

/// Jobs that were submitted for a sweep.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    version: u32,
    /// Numbers of jobs, the arrays and what they wait for.
    jobs: Vec<String>,
}

impl Submitted {
    const VERSION: u32 = 1;

    /// Adds jobs to the record.
    ///
    /// # Errors
    /// A record that is damaged or cannot be written.
    pub fn add(folder: &Path, array: &str, before: &[String]) -> Result<Self, CliError> {
        let path = folder.join(FILE);
        let mut kept: Self = json_file::read_if_there(&path, Self::VERSION)?.unwrap_or_default();
        kept.version = Self::VERSION;
        kept.jobs
            .extend(before.iter().cloned().chain([array.to_string()]));
        json_file::write(&path, &kept)?;
        Ok(kept)
    }

    /// What to do next.
    pub fn how_to_look(&self, sweep: &Path) -> String {
        format!(
            "`finexl sweep status {}` says how far it is",
            quoted(&sweep.to_string_lossy())
        )
    }
}

/// Submits a script, to begin when other jobs have ended well; its number.
///
/// # Errors
/// What sbatch says.
pub fn sbatch(script: &Path, before: &[String]) -> Result<String, CliError> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    if !before.is_empty() {
        command.arg(format!("--dependency=afterok:{}", before.join(":")));
        command.arg("--kill-on-invalid-dep=yes");
    }
    let output = command.arg(script).output().map_err(|error| {
        CliError::Usage(format!(
            "sbatch cannot be started: {error}; submit {} where Slurm is, or run it by hand",
            script.display()
        ))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(CliError::Usage(format!(
            "sbatch refuses {}: {}",
            script.display(),
            said.trim()
        )));
    }
    // "NUMBER" or "NUMBER;CLUSTER".
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said
        .trim()
        .split(';')
        .next()
        .unwrap_or_default()
        .to_string())
}

/// How Slurm sees the jobs of a sweep, as one line; nothing where none was submitted.
///
/// # Errors
/// A record that is damaged.
pub fn seen(folder: &Path) -> Result<Option<String>, CliError> {
    let submitted: Option<Submitted> =
        json_file::read_if_there(&folder.join(FILE), Submitted::VERSION)?;
    let Some(submitted) = submitted else {
        return Ok(None);
    };
    let jobs = submitted.jobs.join(",");
    // Jobs that ended long ago are unknown to Slurm, which is no fault.
    let output = Command::new("squeue")
        .args(["--noheader", "--array", "--format=%T;%r", "--jobs", &jobs])
        .output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            return Ok(Some(match said.contains("Invalid job id") {
                true => "slurm: no task waits or runs".to_string(),
                false => format!("slurm does not answer: {}", said.trim()),
            }));
        }
        Err(error) => {
            return Ok(Some(format!(
                "slurm does not answer: squeue cannot be started: {error}"
            )));
        }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (state, reason) = line.split_once(';').unwrap_or((line, ""));
        let state = state.trim().to_lowercase();
        let told = match (state.as_str(), reason.trim()) {
            ("pending", reason) if !reason.is_empty() && reason != "None" => {
                format!("pending ({reason})")
            }
            (state, _) => state.to_string(),
        };
        *counts.entry(told).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(Some("slurm: no task waits or runs".to_string()));
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    Ok(Some(format!(
        "slurm: {} of {} jobs",
        parts.join(", "),
        submitted.jobs.len()
    )))
}
