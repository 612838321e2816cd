//! Explains adapters one after another with one model, one set of prompts and one explainer.

use crate::arguments::Arguments;
use crate::diagnostics::CliError;
use crate::output::Progress;
use crate::verbs::generated_pairs::{GeneratedPairs, Subject};
use crate::verbs::pair_maker::PairMaker;
use finexl::models::watched_folder::WatchedAdapter;
use finexl::{ExplainerChoices, Report};
use finexl_core::CoreError;
use finexl_core::inspection::{InspectedFile, Inspection, SCHEMA};
use finexl_explain::ExplainError;
use finexl_explain::explainer::Explainer;
use finexl_zoo::ZooError;
use finexl_zoo::generators::AdapterChoice;
use std::path::Path;

/// What models are explained by. It is put together where it is needed first.
pub(super) struct WatchedModels<'a> {
    generated: &'a GeneratedPairs,
    choices: &'a ExplainerChoices,
    arguments: &'a Arguments,
    prompts: Option<&'a Path>,
    encoder: &'a str,
    top: usize,
    opened: Option<(PairMaker<'a>, Explainer)>,
}

/// The files of a model.
pub(super) struct MadeModel {
    pub(super) record: Vec<u8>,
    pub(super) page: Vec<u8>,
    /// What `finexl inspect` says; nothing of what is no LoRA.
    pub(super) inspection: Option<Vec<u8>>,
    pub(super) summary: String,
}

impl<'a> WatchedModels<'a> {
    pub(super) fn new(
        generated: &'a GeneratedPairs,
        choices: &'a ExplainerChoices,
        arguments: &'a Arguments,
    ) -> Self {
        Self {
            generated,
            choices,
            arguments,
            prompts: None,
            encoder: "",
            top: 0,
            opened: None,
        }
    }

    pub(super) fn prompts(self, prompts: Option<&'a Path>) -> Self {
        Self { prompts, ..self }
    }

    pub(super) fn encoder(self, encoder: &'a str) -> Self {
        Self { encoder, ..self }
    }

    /// Aspects on a page.
    pub(super) fn top(self, top: usize) -> Self {
        Self { top, ..self }
    }

    /// Opens model and encoder and makes the base's pictures, so that what is wrong later is wrong with an adapter.
    pub(super) fn open(&mut self) -> Result<(), CliError> {
        if self.opened.is_some() {
            return Ok(());
        }
        let builder = self.choices.builder()?;
        let cache = &self.choices.cache;
        let mut maker = PairMaker::new(self.generated, self.prompts, cache, self.arguments)?;
        let device = finexl_zoo::device::by_name(&self.arguments.device)?;
        let encoder = finexl_zoo::encoders::open(self.encoder, &device)?;
        let explainer = self.choices.build(builder, encoder.into())?;
        maker.prepare()?;
        self.opened = Some((maker, explainer));
        Ok(())
    }

    /// Makes the pictures of an adapter and explains them.
    pub(super) fn explain(&mut self, adapter: &WatchedAdapter) -> Result<MadeModel, CliError> {
        let Some((maker, explainer)) = &mut self.opened else {
            return Err(CliError::Usage(
                "no model is open; run the same again".to_string(),
            ));
        };
        let choice = AdapterChoice {
            path: adapter.path.clone(),
            scale: self.generated.watched_scale(),
        };
        let folders = maker.pairs(&Subject::Adapters(vec![choice]))?;
        let pairs = folders.pairs()?;
        let progress = Progress::new(self.arguments.quiet);
        let name = adapter.name.display();
        let explained =
            explainer.explain_pairs(&pairs, &folders.sides, &folders.options, &|done, all| {
                progress.show(&format!("encoding pairs, {name}"), done, all)
            })?;
        let inside = self.generated.inside_of(&adapter.path);
        let report = Report::new(&explained, self.top).with_adapters(inside.clone());
        let made = MadeModel {
            record: report.json()?,
            page: report.html()?.into_bytes(),
            inspection: inspection(inside)?,
            summary: explained.explanation.summary.clone(),
        };
        if self.choices.cache.is_none() {
            // Pictures of one adapter are of no use to the next.
            let _ = std::fs::remove_dir_all(&folders.personalized);
        }
        Ok(made)
    }
}

/// What is inside an adapter, as the file that an index reads.
fn inspection(files: Vec<InspectedFile>) -> Result<Option<Vec<u8>>, CliError> {
    if files.is_empty() {
        return Ok(None);
    }
    let inspection = Inspection {
        schema: SCHEMA.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        files,
        comparison: None,
    };
    let bytes = serde_json::to_vec_pretty(&inspection).map_err(|source| CoreError::Json {
        what: "the inspection".to_string(),
        source,
    })?;
    Ok(Some(bytes))
}

/// Whether an error says something of the machine (its disk, its memory, another process) and not of an adapter.
pub(super) fn is_of_the_machine(error: &CliError) -> bool {
    let core = match error {
        CliError::Core(error)
        | CliError::Zoo(ZooError::Core(error))
        | CliError::Explain(ExplainError::Core(error))
        | CliError::Explain(ExplainError::Zoo(ZooError::Core(error))) => error,
        _ => return false,
    };
    matches!(
        core,
        CoreError::Write { .. }
            | CoreError::Busy { .. }
            | CoreError::LockLost { .. }
            | CoreError::Memory { .. }
    )
}
