//! `finexl index`: records of many models in one index.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::{Progress, print, remark};
use finexl::models::{IndexOptions, Indexed, index_records};
use finexl_index::models_index::ModelsIndex;
use std::path::PathBuf;
use std::process::ExitCode;

/// Put records of `finexl explain --json` into an index, which `finexl search` and `finexl gallery` read, and other
/// engines as Parquet.
///
/// Records join an index that is there. One that is in it as it is stays, one that has changed is replaced. Beside a record
/// NAME.json its page (NAME.html) and what is inside its adapter (NAME.inspection.json, by `finexl inspect --json`) are
/// taken in too.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl index explanations --out models.finexl\n  finexl index new.json --out models.finexl --tag portrait"
)]
pub struct Index {
    /// Records, or folders of them (every .json file; what is no record is passed over there with a note).
    #[arg(value_name = "RECORD", required_unless_present = "forget")]
    records: Vec<PathBuf>,
    /// The index, a folder; made where it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// These records were made with the same prompts, which are to be called so, beside images of several bases; they stand
    /// in one ranking [default: records beside the same images of one base do].
    #[arg(long, value_name = "NAME")]
    same_prompts: Option<String>,
    /// A tag of these models, to be searched by; may be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// A record that leaves the index; may be given several times.
    #[arg(long, value_name = "RECORD")]
    forget: Vec<PathBuf>,
}

impl Index {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let options = IndexOptions {
            records: self.records.clone(),
            prompts: self.same_prompts.clone(),
            tags: self.tags.clone(),
            forget: self.forget.clone(),
        };
        let progress = Progress::new(arguments.quiet);
        let indexed = index_records(&self.out, &options, &|done, all| {
            progress.show("reading records", done, all);
        })?;
        remark(&indexed.notes, arguments.quiet);
        let index = ModelsIndex::open(&self.out).map_err(finexl::Error::from)?;
        print(&self.said(&indexed, &index))?;
        Ok(ExitCode::SUCCESS)
    }

    /// What became of the index.
    fn said(&self, indexed: &Indexed, index: &ModelsIndex) -> String {
        let done = &indexed.outcome;
        let mut text = format!(
            "{}: {} models ({} added, {} replaced, {} removed; {} were there as they are).\n",
            self.out.display(),
            done.models,
            done.added,
            done.replaced,
            done.removed,
            indexed.same
        );
        if indexed.without_page > 0 {
            text.push_str(&format!(
                "{} of the records that joined have no page beside them (NAME.html, by explain --html), so the gallery \
                 shows no pictures of these models.\n",
                indexed.without_page
            ));
        }
        text.push_str(&format!(
            "Groups, each with a ranking of its own:{}\n",
            index.listed()
        ));
        text.push_str(&format!(
            "Parquet for other engines: {}\n",
            index.data().display()
        ));
        text
    }
}
