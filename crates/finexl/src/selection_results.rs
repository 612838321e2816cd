//! The folder that an experiment of model selection leaves: its records, and what is drawn from them.

use crate::Error;
use finexl_core::published::Published;
use finexl_core::results_folder::check_whole;
use finexl_core::selection::{SelectionRecord, TableColumn};
use finexl_core::{CoreError, atomic};
use finexl_plot::{SelectionFigure, SelectionReport, png, selection_figures};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The records of a folder.
pub struct SelectionResults {
    folder: PathBuf,
    /// A line each, as they were written.
    pub records: Vec<SelectionRecord>,
}

impl SelectionResults {
    /// Reads the records of a folder in which a run has ended.
    ///
    /// # Errors
    /// Results of two recipes; those of [`SelectionResults::read`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        check_whole(folder)?;
        Self::read(folder)
    }

    /// Reads the records of a folder.
    ///
    /// # Errors
    /// A folder without records, a line that is damaged.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("records.jsonl");
        if !path.is_file() {
            let problem = "is not there; give the output folder of a [select-models] experiment, which `finexl run` writes";
            return Err(damaged(path, problem));
        }
        let records = SelectionRecord::read_all(&path)?;
        if records.is_empty() {
            return Err(damaged(path, "holds no record; run its experiment again"));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            records,
        })
    }

    /// What the folder is called.
    pub fn name(&self) -> String {
        let resolved = self.folder.canonicalize();
        let folder = resolved.as_deref().unwrap_or(&self.folder);
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// The tables, without writing them.
    ///
    /// # Errors
    /// A statistic that fails.
    pub fn columns(&self) -> Result<Vec<TableColumn>, Error> {
        Ok(finexl_eval::selection::table(&self.records)?)
    }

    /// Writes the tables anew and returns them.
    ///
    /// # Errors
    /// Files that cannot be written, a statistic that fails.
    pub fn write_tables(&self) -> Result<Vec<TableColumn>, Error> {
        let columns = finexl_eval::selection::write_tables(&self.folder, &self.records)?;
        Ok(columns)
    }

    /// Writes every figure as SVG and PNG into `figures` and returns them.
    ///
    /// # Errors
    /// Files that cannot be written, a figure that cannot be drawn.
    pub fn write_figures(&self, columns: &[TableColumn]) -> Result<Vec<SelectionFigure>, Error> {
        let figures = selection_figures(columns, &self.records, &Published::embedded()?)?;
        let folder = self.figures_folder();
        atomic::create_folder(&folder)?;
        let mut written = BTreeSet::new();
        for figure in &figures {
            let file = |ending: &str| folder.join(format!("{}.{ending}", figure.name));
            atomic::write(file("svg"), figure.svg.as_bytes())?;
            atomic::write(file("png"), &png(&figure.svg)?)?;
            written.extend([file("svg"), file("png")]);
        }
        // Figures of columns that are no more.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let a_figure = path.extension().is_some_and(|e| e == "svg" || e == "png");
            if a_figure && !written.contains(&path) {
                std::fs::remove_file(&path).map_err(|source| CoreError::Write { path, source })?;
            }
        }
        Ok(figures)
    }

    /// Writes figures and report; returns where the report is.
    ///
    /// # Errors
    /// Files that cannot be written, a figure that cannot be drawn, a provenance that is damaged.
    pub fn write_report(&self, columns: &[TableColumn]) -> Result<PathBuf, Error> {
        let provenance = self.provenance()?;
        let figures = self.write_figures(columns)?;
        let report = SelectionReport {
            name: &self.name(),
            columns,
            records: &self.records,
            figures: &figures,
            published: &Published::embedded()?,
            provenance: provenance.as_ref(),
        };
        let path = self.folder.join("report.html");
        atomic::write(&path, report.html().as_bytes())?;
        Ok(path)
    }

    /// Where figures are written.
    pub fn figures_folder(&self) -> PathBuf {
        self.folder.join("figures")
    }

    /// What the records were made from, where the run has kept it.
    ///
    /// # Errors
    /// A file that is damaged.
    pub fn provenance(&self) -> Result<Option<Value>, Error> {
        let path = self.folder.join("provenance.json");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = atomic::read(&path)?;
        let document = serde_json::from_slice(&bytes).map_err(|source| {
            let problem = format!("is damaged: {source}; take it away or run the experiment again");
            damaged(path, &problem)
        })?;
        Ok(Some(document))
    }
}

fn damaged(path: PathBuf, problem: &str) -> Error {
    Error::Results {
        path,
        problem: problem.to_string(),
    }
}
