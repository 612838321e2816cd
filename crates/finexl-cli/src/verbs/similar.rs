//! `finexl similar`: which models change pictures like a given one.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::numbers::{count, scores};
use crate::output::{check_writable, is_standard_output, print, remark, write};
use finexl::{RankedModel, Ranking, Records};
use finexl_core::explanation::Explanation;
use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say which models change pictures like a given one, by their explanations alone: records of `finexl explain
/// --json`, made beside the same images of the base.
///
/// Intervals are over pairs: what other pairs of the same two models would give. Another training of the same style
/// may lie outside them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  finexl similar lora.json explanations")]
pub struct Similar {
    /// The record of the model that others are compared with.
    target: PathBuf,
    /// Records of other models, or folders of them (every .json file); the target itself is passed over, and so is
    /// with a note what is no record, or cannot be compared, in a folder.
    #[arg(required = true, value_name = "RECORD")]
    others: Vec<PathBuf>,
    /// Models to show, the most similar first.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = count)]
    top: usize,
    /// Write the whole ranking as JSON; - for standard output instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Similar {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        if let Some(path) = &self.json {
            check_writable(path)?;
        }
        let others: Vec<Records> = self.others.iter().cloned().map(Records::Path).collect();
        let ranking = Ranking::of(&Records::Path(self.target.clone()), &others)?;
        remark(&ranking.left_out, arguments.quiet);
        if let Some(path) = &self.json {
            write(path, &ranking.json()?)?;
        }
        if !self.json.as_deref().is_some_and(is_standard_output) {
            print(&table(&ranking.target, &ranking.models, self.top))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A line per model, the columns as wide as what stands in them. Models of one name are told by their records. Where
/// not all are compared on all pairs, a column says on how many.
fn table(target: &Explanation, ranking: &[RankedModel], top: usize) -> String {
    let shown = &ranking[..top.min(ranking.len())];
    let names: BTreeSet<&str> = ranking.iter().map(|model| model.model.as_str()).collect();
    let name = |model: &RankedModel| match names.len() == ranking.len() {
        true => model.model.clone(),
        false => model.record.clone(),
    };
    let widths = shown.iter().map(|model| name(model).chars().count());
    let width = widths.max().unwrap_or(0).max("model".len());
    let pictures: BTreeSet<&Fingerprint> = target.pair_fingerprints.iter().collect();
    let whole = |model: &RankedModel| [model.pairs, model.pairs_of_record] == [pictures.len(); 2];
    let all_whole = ranking.iter().all(whole);
    let (on, column) = match all_whole {
        true => (format!("on {} pairs", pictures.len()), ""),
        false => ("on the pairs that both have".to_string(), "  pairs"),
    };
    let mut text = format!(
        "Models that change pictures like {}; {} compared {on}.\n\n\
         similarity  95% interval   {:width$}{column}  aspects\n",
        target.personalized,
        ranking.len(),
        "model",
    );
    for model in shown {
        let aspects = scores(&model.aspects);
        let pairs = match all_whole {
            true => String::new(),
            false => format!("  {:>5}", model.pairs),
        };
        text.push_str(&format!(
            "{:>10.2}  {:>5.2} to {:>5.2}  {:width$}{pairs}  {aspects}\n",
            model.similarity,
            model.low,
            model.high,
            name(model),
        ));
    }
    text
}
