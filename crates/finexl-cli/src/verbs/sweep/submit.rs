//! `finexl sweep submit`: hands a sweep to Slurm.

use super::quoting::quoted;
use super::slurm::{Submitted, sbatch};
use crate::diagnostics::CliError;
use crate::numbers::count;
use crate::output::print;
use finexl_core::atomic;
use finexl_core::sweep::SweepPlan;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tasks where nobody says how many.
const TASKS: usize = 8;
/// Seconds before the end of a job's time at which its task is told, by default.
const NOTICE: u32 = 60;

/// Submit a job array whose tasks take cells until there is none.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl sweep submit experiments/sweeps/scenarios.toml --slurm --time 2:00:00 --tasks 16\n  finexl sweep submit experiments/sweeps/scenarios.toml --slurm --dry-run"
)]
pub struct Submit {
    /// A sweep, e.g. experiments/sweeps/smoke.toml.
    sweep: PathBuf,
    /// To Slurm, which is the only scheduler so far; for others see `sweep plan --print-commands`.
    #[arg(long, required = true)]
    slurm: bool,
    /// Tasks of the array [default: 8, or as many as cells wait].
    #[arg(long, value_name = "N", value_parser = count)]
    tasks: Option<usize>,
    /// Most tasks that run at a time.
    #[arg(long, value_name = "N", value_parser = count)]
    array_parallel: Option<usize>,
    /// Partition.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Time limit of a task, as for sbatch. A task that comes to it gives its cell back and is queued again.
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Seconds before the time limit at which a task gives its cell back.
    #[arg(long, value_name = "SECONDS", default_value_t = NOTICE)]
    notice: u32,
    /// Processor cores of a task.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 1)]
    cpus: usize,
    /// GPUs of a task.
    #[arg(long, value_name = "N", value_parser = count)]
    gpus: Option<usize>,
    /// A script that is read before the work begins, e.g. to load modules.
    #[arg(long, value_name = "FILE")]
    setup: Option<PathBuf>,
    /// Any other option of sbatch, such as --sbatch=--mem=8G; may be given several times.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// Write the job script and submit nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Submit {
    /// Runs the verb.
    pub fn run(&self) -> Result<ExitCode, CliError> {
        let plan = SweepPlan::read(&self.sweep)?;
        let status = plan.status()?;
        if status.waiting.is_empty() {
            print(&format!("{}; nothing waits\n", status.line()))?;
            return Ok(ExitCode::SUCCESS);
        }
        self.check()?;
        let folder = plan.output.join("slurm");
        atomic::create_folder(&folder)?;
        let folder = folder.canonicalize().unwrap_or(folder);
        let tasks = self.tasks.unwrap_or(TASKS).min(status.waiting.len());
        let mut before = Vec::new();
        let mut scripts = Vec::new();
        for (number, pool) in plan.pool_experiments().iter().enumerate() {
            let command = format!("run {}", quoted(&pool.to_string_lossy()));
            let script = self.script(
                &plan,
                &folder,
                (&command, &format!("pool-{}", number + 1), None),
            )?;
            let path = folder.join(format!("pool-{}.sh", number + 1));
            atomic::write(&path, script.as_bytes())?;
            scripts.push(path);
        }
        let command = format!("sweep work {}", quoted(&self.sweep.to_string_lossy()));
        let job = folder.join("job.sh");
        let script = self.script(&plan, &folder, (&command, "cells", Some(tasks)))?;
        atomic::write(&job, script.as_bytes())?;
        if self.dry_run {
            for script in scripts.iter().chain([&job]) {
                print(&format!("sbatch {}\n", script.display()))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        for script in &scripts {
            before.push(sbatch(script, &[])?);
        }
        let array = sbatch(&job, &before)?;
        let submitted = Submitted::add(&folder, &array, &before)?;
        print(&format!(
            "submitted {array}: {tasks} tasks for {} cells; {}\n",
            status.waiting.len(),
            submitted.how_to_look(&self.sweep)
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn check(&self) -> Result<(), CliError> {
        if let Some(setup) = self.setup.as_ref().filter(|setup| !setup.is_file()) {
            return Err(CliError::Usage(format!(
                "there is no script {}; give a file",
                setup.display()
            )));
        }
        if let Some(wrong) = self
            .sbatch
            .iter()
            .find(|option| !option.starts_with('-') || option.contains('\n'))
        {
            return Err(CliError::Usage(format!(
                "--sbatch {wrong} is no option; write it as --sbatch=--mem=8G"
            )));
        }
        Ok(())
    }

    /// The head of a job script, with what is asked of sbatch.
    fn options(
        &self,
        plan: &SweepPlan,
        folder: &Path,
        (part, tasks): (&str, Option<usize>),
    ) -> String {
        let mut text = String::from("#!/bin/bash\n");
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        };
        let name: String = plan.name.chars().map(plain).collect();
        let mut option = |option: String| {
            let _ = writeln!(text, "#SBATCH {option}");
        };
        option(format!("--job-name=finexl-{name}-{part}"));
        let log = if tasks.is_some() { "%A_%a" } else { "%j" };
        option(format!(
            "--output=\"{}/{part}-{log}.log\"",
            folder.display()
        ));
        option("--open-mode=append".to_string());
        option("--requeue".to_string());
        option(format!("--signal=B:TERM@{}", self.notice));
        option(format!("--cpus-per-task={}", self.cpus));
        if let Some(tasks) = tasks {
            let most = self
                .array_parallel
                .map_or(String::new(), |most| format!("%{most}"));
            option(format!("--array=1-{tasks}{most}"));
        }
        let named = [
            ("partition", self.partition.clone()),
            ("time", self.time.clone()),
            ("gpus", self.gpus.map(|gpus| gpus.to_string())),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                option(format!("--{name}={value}"));
            }
        }
        for other in &self.sbatch {
            option(other.clone());
        }
        text
    }

    /// A job script that a person can read, change and start by hand.
    fn script(
        &self,
        plan: &SweepPlan,
        folder: &Path,
        (command, part, tasks): (&str, &str, Option<usize>),
    ) -> Result<String, CliError> {
        let unknown = |error: std::io::Error| {
            CliError::Usage(format!(
                "this program or its folder cannot be named: {error}"
            ))
        };
        let program = std::env::current_exe().map_err(unknown)?;
        let here = std::env::current_dir().map_err(unknown)?;
        let mut text = self.options(plan, folder, (part, tasks));
        let _ = write!(
            text,
            "\n# Written by `finexl sweep submit`. Runs by hand as well, on any machine that sees the folder.\n\
             cd {} || exit 1\n",
            quoted(&here.to_string_lossy())
        );
        if let Some(setup) = &self.setup {
            let setup = setup.canonicalize().unwrap_or_else(|_| setup.clone());
            let _ = writeln!(
                text,
                "source {} || exit 1",
                quoted(&setup.to_string_lossy())
            );
        }
        let threads = if tasks.is_some() {
            " --threads \"${SLURM_CPUS_PER_TASK:-1}\""
        } else {
            ""
        };
        let _ = write!(
            text,
            "\n# Shortly before the time limit, and where the job is preempted, Slurm sends TERM. The cell that is being\n\
             # made is given back then, and the task is queued again.\n\
             again() {{\n\
             \x20   kill -TERM \"$work\" 2>/dev/null\n\
             \x20   wait \"$work\"\n\
             \x20   if [ -n \"$SLURM_ARRAY_JOB_ID\" ]; then\n\
             \x20       scontrol requeue \"${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}\"\n\
             \x20   elif [ -n \"$SLURM_JOB_ID\" ]; then\n\
             \x20       scontrol requeue \"$SLURM_JOB_ID\"\n\
             \x20   fi\n\
             \x20   exit 0\n\
             }}\n\
             trap again TERM\n\
             {} {command}{threads} &\n\
             work=$!\n\
             wait \"$work\"\n",
            quoted(&program.to_string_lossy())
        );
        Ok(text)
    }
}
