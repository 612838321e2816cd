//! Where the forms of an explanation are written.

use crate::arguments::Arguments;
use crate::card_file::{check_card_file, write_card};
use crate::diagnostics::CliError;
use crate::output::{check_standard_output, check_writable, is_standard_output, remark, write};
use finexl::Report;
use finexl_core::CoreError;
use finexl_core::explanation_series::ExplanationSeries;
use finexl_core::inspection::InspectedFile;
use finexl_plot::series_page;
use std::path::{Path, PathBuf};

/// The files that a run is asked for.
#[derive(Debug, clap::Args)]
pub struct ReportFiles {
    /// Write the result as JSON; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a model card (Markdown with Hugging Face front matter); of one that is there only finexl's own
    /// section and keys are replaced.
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// What the card names as base model, e.g. artist/base; a base that FineXL generated with is known.
    #[arg(long, value_name = "NAME", requires = "card")]
    pub base_model: Option<String>,
}

impl ReportFiles {
    /// Refuses, before any work is done, what cannot be written; true where standard output is taken.
    ///
    /// `read` are the files that the run reads: none of them may be written over.
    pub fn check(&self, read: &[Option<&Path>]) -> Result<bool, CliError> {
        let files = [
            ("--json", self.json.as_deref()),
            ("--html", self.html.as_deref()),
            ("--card", self.card.as_deref()),
        ];
        let printed = check_standard_output(&files)?;
        check_distinct(&files, read)?;
        for path in files.into_iter().filter_map(|(_, path)| path) {
            check_writable(path)?;
        }
        if let Some(path) = &self.card {
            check_card_file(path)?;
        }
        Ok(printed)
    }

    /// Whether any of them shows what is inside adapters.
    pub fn shows_adapters(&self) -> bool {
        self.html.is_some() || self.card.is_some()
    }

    /// Writes a report on several scales or snapshots.
    pub fn write_series(
        &self,
        series: &ExplanationSeries,
        top: usize,
        adapters: &[InspectedFile],
    ) -> Result<(), CliError> {
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(series).map_err(|source| CoreError::Json {
                what: "the series".to_string(),
                source,
            })?;
            write(path, format!("{text}\n").as_bytes())?;
        }
        if let Some(path) = &self.html {
            write(path, series_page(series, top, adapters)?.as_bytes())?;
        }
        Ok(())
    }

    /// Writes them.
    pub fn write(
        &self,
        report: &Report<'_>,
        base_model: Option<String>,
        arguments: &Arguments,
    ) -> Result<(), CliError> {
        if let Some(path) = &self.json {
            write(path, &report.json()?)?;
        }
        if let Some(path) = &self.html {
            write(path, report.html()?.as_bytes())?;
        }
        if let Some(path) = &self.card {
            let notes = write_card(path, report, base_model)?;
            remark(&notes, arguments.quiet);
        }
        Ok(())
    }
}

/// Refuses a file that would be written twice, or that is read.
fn check_distinct(
    written: &[(&str, Option<&Path>)],
    read: &[Option<&Path>],
) -> Result<(), CliError> {
    // What is not there yet is told by its folder and its name; devices may take anything.
    let place = |path: &Path| {
        let whole = path.canonicalize().ok().or_else(|| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        });
        whole.filter(|whole| whole.is_file() || !whole.exists())
    };
    let read: Vec<PathBuf> = read
        .iter()
        .flatten()
        .filter_map(|path| place(path))
        .collect();
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (option, path) in written {
        let Some(whole) = path
            .filter(|path| !is_standard_output(path))
            .and_then(place)
        else {
            continue;
        };
        if read.contains(&whole) {
            return Err(CliError::Usage(format!(
                "{option} would write over {}, which this run reads; choose another name",
                whole.display()
            )));
        }
        if let Some((other, _)) = seen.iter().find(|(_, known)| *known == whole) {
            return Err(CliError::Usage(format!(
                "{other} and {option} would both be written to {}; give them different names",
                whole.display()
            )));
        }
        seen.push((*option, whole));
    }
    Ok(())
}
