//! `finexl watch`: new adapters in a folder are explained and join an index.

use crate::arguments::{Arguments, Computing};
use crate::diagnostics::CliError;
use crate::numbers::{count, seconds};
use crate::output::{print, remark};
use crate::verbs::generated_pairs::{GeneratedPairs, WatchedSampling};
use crate::verbs::watched_models::{WatchedModels, is_of_the_machine};
use finexl::models::watched_folder::{Arrival, WatchedAdapter, adapters_in};
use finexl::models::watched_records::{Task, WatchedRecords};
use finexl::models::{IndexOptions, index_records};
use finexl::{ExplainerChoices, Words};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::work_lock::{WorkLock, WorkPlace};
use finexl_explain::cache::Cache;
use finexl_explain::decompose::Method;
use finexl_explain::views::Views;
use finexl_index::additions::IndexChange;
use finexl_zoo::encoders::DEFAULT_ENCODER;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

/// While models are waiting, the index is written anew after as many times as long as that takes.
const SHARE: u32 = 10;
/// How often is looked for files that are still being copied by who looks once.
const LOOKS: u32 = 3;

/// Explain new adapters of a folder, one after another, and put them into an index, until Ctrl-C.
///
/// Each is put onto the model, pictures of both are made with the same prompts and seeds, and their difference is explained,
/// as by `finexl explain --model --adapter`. Files that are still being copied are waited for; one that cannot be explained is
/// named once, and tried again when it changes. What is done is never done again, whenever this was ended.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  finexl watch loras --model sd15 --prompts prompts.txt --out models.finexl\n  finexl watch loras --out models.finexl --once      # for cron"
)]
pub struct Watch {
    /// The folder that adapters are copied into, and folders below it.
    folder: PathBuf,
    /// The index that they join; made where it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where their records and pages are kept [default: beside the index, models.records for models.finexl].
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Explain what is there and end.
    #[arg(long)]
    once: bool,
    /// Try adapters again that were refused before.
    #[arg(long)]
    retry: bool,
    /// Seconds between two looks at the folder.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, conflicts_with = "once")]
    every: Duration,
    /// Seconds without a change after which a file counts as copied.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    settle: Duration,
    /// As of `finexl index`.
    #[arg(long, value_name = "NAME")]
    same_prompts: Option<String>,
    /// A tag of these models; may be given several times.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    #[command(flatten, next_help_heading = "How pictures are made")]
    sampling: WatchedSampling,
    /// Prompts, one per line [default: 25 scenes that the model knows].
    #[arg(help_heading = "How pictures are made", long, value_name = "FILE")]
    prompts: Option<PathBuf>,
    /// As of `finexl explain`, and so the following.
    #[arg(help_heading = "How it is explained", long, default_value = DEFAULT_ENCODER)]
    encoder: String,
    /// Phrases to explain with.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Decomposition.
    #[arg(help_heading = "How it is explained", long, value_name = "NAME", value_parser = Method::parse)]
    method: Option<Method>,
    /// A head of your own.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE", conflicts_with_all = ["calibration"])]
    head: Option<PathBuf>,
    /// Reference models of the base.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE", conflicts_with_all = ["calibration"])]
    references: Option<PathBuf>,
    /// What of a picture is looked at.
    #[arg(help_heading = "How it is explained", long, value_name = "VIEWS", value_parser = str::parse::<Views>)]
    views: Option<Views>,
    /// A calibration for this encoder, vocabulary and method.
    #[arg(help_heading = "How it is explained", long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Seed of resampling.
    #[arg(help_heading = "How it is explained", long, default_value_t = 0)]
    seed: u64,
    /// Aspects on a page.
    #[arg(help_heading = "How it is explained", long, default_value_t = 12, value_name = "N", value_parser = count)]
    top: usize,
    /// Keep no pictures of adapters once they are explained, nor features.
    #[arg(help_heading = "How it is explained", long)]
    no_cache: bool,
    #[command(flatten, next_help_heading = "How it is explained")]
    pub computing: Computing,
}

/// What a watcher remembers between two looks.
#[derive(Default)]
struct Memory {
    /// Since when adapters are as they are.
    since: BTreeMap<PathBuf, (WatchedAdapter, SystemTime)>,
    /// Those of which nothing is to be done until they change.
    settled: BTreeMap<PathBuf, WatchedAdapter>,
    /// Records that the index may not have yet.
    waiting: BTreeSet<PathBuf>,
    /// Whether it was said that the folder cannot be read.
    unread: bool,
}

impl Watch {
    /// Runs the verb.
    pub fn run(&self, arguments: &Arguments) -> Result<ExitCode, CliError> {
        let folder = self.records_folder();
        adapters_in(&self.folder, &[])?;
        let locks = self.locks(&folder)?;
        let choices = self.choices();
        let records = WatchedRecords::open(&folder, &self.chosen()?)?;
        if self.retry {
            records.forget_refusals()?;
        }
        let others = [&self.out, &folder].map(|path| path.canonicalize().unwrap_or(path.clone()));
        let generated = GeneratedPairs::of_watched(&self.sampling);
        let mut models = WatchedModels::new(&generated, &choices, arguments)
            .prompts(self.prompts.as_deref())
            .encoder(&self.encoder)
            .top(self.top);
        let mut memory = Memory {
            waiting: records.all()?.into_iter().collect(),
            ..Memory::default()
        };
        self.index(&mut memory, arguments)?;
        if !self.once {
            // What is wrong with the choice is said now, not when the first file comes.
            models.open()?;
        }
        for looks in 1.. {
            let arriving = self.look(&records, &others, &mut models, &mut memory, arguments)?;
            if self.once && (arriving == 0 || looks == LOOKS) {
                break;
            }
            let pause = match self.once {
                true => self.settle,
                false => self.every,
            };
            std::thread::sleep(pause);
            for lock in &locks {
                lock.check()?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// One look at the folder: what is whole and new is explained, and joins the index. How many are arriving that may be
    /// whole soon.
    fn look(
        &self,
        records: &WatchedRecords,
        others: &[PathBuf],
        models: &mut WatchedModels<'_>,
        memory: &mut Memory,
        arguments: &Arguments,
    ) -> Result<usize, CliError> {
        let adapters = match adapters_in(&self.folder, others) {
            Ok(adapters) => adapters,
            // A folder of another machine comes back.
            Err(error) if !self.once => {
                if !std::mem::replace(&mut memory.unread, true) {
                    remark(
                        &[format!("{error}; it is looked for again")],
                        arguments.quiet,
                    );
                }
                return Ok(0);
            }
            Err(error) => return Err(error.into()),
        };
        memory.unread = false;
        let mut arriving = 0;
        let mut indexed = Instant::now();
        let mut cost = Duration::ZERO;
        memory.forget_all_but(&adapters);
        for adapter in &adapters {
            if memory.settled.get(&adapter.name) == Some(adapter) {
                continue;
            }
            let now = SystemTime::now();
            let since = memory.since(adapter, now);
            match adapter.arrival(since, now, self.settle) {
                Arrival::Arriving => {
                    // A cut one is not waited for by who looks once.
                    let quiet = now.duration_since(since).unwrap_or_default();
                    arriving += usize::from(quiet < self.settle);
                    continue;
                }
                Arrival::Cut(said) => self.refuse(adapter, records, &said, arguments)?,
                Arrival::Whole => {
                    if let Some(record) = self.explain(adapter, records, models, arguments)? {
                        memory.waiting.insert(record);
                    }
                }
            }
            memory.settled.insert(adapter.name.clone(), adapter.clone());
            if indexed.elapsed() > cost * SHARE {
                let begin = Instant::now();
                self.index(memory, arguments)?;
                (cost, indexed) = (begin.elapsed(), Instant::now());
            }
        }
        self.index(memory, arguments)?;
        Ok(arriving)
    }

    /// Explains an adapter where that is to be done; its record.
    fn explain(
        &self,
        adapter: &WatchedAdapter,
        records: &WatchedRecords,
        models: &mut WatchedModels<'_>,
        arguments: &Arguments,
    ) -> Result<Option<PathBuf>, CliError> {
        match records.task(adapter) {
            Ok(Task::New) => {}
            Ok(_) => return Ok(None),
            // It went away, or changed, while it was read.
            Err(_) if !adapter.is_unchanged() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        models.open()?;
        let content = adapter.content();
        let made = models.explain(adapter);
        if !adapter.is_unchanged() {
            // What was read may be half of one and half of another.
            return Ok(None);
        }
        let (content, made) = match content.map_err(CliError::from).and_then(|c| Ok((c, made?))) {
            Ok(both) => both,
            Err(error) if is_of_the_machine(&error) => return Err(error),
            Err(error) => {
                self.refuse(adapter, records, &error.to_string(), arguments)?;
                return Ok(None);
            }
        };
        let inspection = made.inspection.as_deref();
        let record = records.keep(adapter, &content, &made.record, &made.page, inspection)?;
        print(&format!("{}: {}\n", adapter.name.display(), made.summary))?;
        Ok(Some(record))
    }

    /// Names an adapter that cannot be explained, once.
    fn refuse(
        &self,
        adapter: &WatchedAdapter,
        records: &WatchedRecords,
        problem: &str,
        arguments: &Arguments,
    ) -> Result<(), CliError> {
        if records.task(adapter)? == Task::New {
            records.refuse(adapter, problem)?;
            remark(
                &[format!(
                    "left out until it changes: {}: {problem}",
                    adapter.name.display()
                )],
                arguments.quiet,
            );
        }
        Ok(())
    }

    /// Puts the records that are waiting into the index.
    fn index(&self, memory: &mut Memory, arguments: &Arguments) -> Result<(), CliError> {
        if memory.waiting.is_empty() {
            return Ok(());
        }
        let options = IndexOptions {
            records: memory.waiting.iter().cloned().collect(),
            prompts: self.same_prompts.clone(),
            tags: self.tags.clone(),
            forget: Vec::new(),
        };
        let indexed = index_records(&self.out, &options, &|_, _| {})?;
        remark(&indexed.notes, arguments.quiet);
        memory.waiting.clear();
        let done = indexed.outcome;
        if done.added + done.replaced > 0 {
            print(&format!(
                "{}: {} models ({} added, {} replaced)\n",
                self.out.display(),
                done.models,
                done.added,
                done.replaced
            ))?;
        }
        Ok(())
    }

    fn records_folder(&self) -> PathBuf {
        let beside = || self.out.with_extension("records");
        self.records.clone().unwrap_or_else(beside)
    }

    /// One watcher per index, and per folder of records.
    fn locks(&self, records: &Path) -> Result<[WorkLock; 2], CliError> {
        if records == self.out {
            return Err(CliError::Usage(
                "the records need a folder of their own; give another --records or --out"
                    .to_string(),
            ));
        }
        // What is no index is refused before anything is written to it.
        drop(IndexChange::begin(&self.out).map_err(finexl::Error::from)?);
        // The index itself is locked by every change.
        let index = WorkPlace::file(self.out.join("watch")).claim()?;
        Ok([index, WorkPlace::folder(records).claim()?])
    }

    fn choices(&self) -> ExplainerChoices {
        ExplainerChoices {
            method: self.method.clone(),
            words: self.vocabulary.clone().map(Words::File),
            head: self.head.clone(),
            references: self.references.clone(),
            calibration: self.calibration.clone(),
            seed: self.seed,
            views: self.views,
            cache: match self.no_cache {
                true => Cache::none(),
                false => Cache::of_user(),
            },
        }
    }

    /// All that decides what records say, by the names of options; of files their content.
    fn chosen(&self) -> Result<BTreeMap<String, String>, CliError> {
        let mut chosen = self.sampling.chosen();
        let mut put = |name: &str, value: String| {
            chosen.insert(format!("--{name}"), value);
        };
        put("encoder", self.encoder.clone());
        put("seed", self.seed.to_string());
        if let Some(method) = &self.method {
            put("method", format!("{method:?}"));
        }
        if let Some(views) = &self.views {
            put("views", format!("{views:?}"));
        }
        for (name, file) in [
            ("prompts", &self.prompts),
            ("vocabulary", &self.vocabulary),
            ("head", &self.head),
            ("references", &self.references),
            ("calibration", &self.calibration),
        ] {
            match file {
                Some(path) if path.is_file() => put(name, Fingerprint::of_file(path)?.to_string()),
                Some(path) => put(name, path.display().to_string()),
                None => {}
            }
        }
        Ok(chosen)
    }
}

impl Memory {
    /// Forgets adapters that are gone.
    fn forget_all_but(&mut self, adapters: &[WatchedAdapter]) {
        let there: BTreeSet<&PathBuf> = adapters.iter().map(|adapter| &adapter.name).collect();
        self.since.retain(|name, _| there.contains(name));
        self.settled.retain(|name, _| there.contains(name));
    }

    /// Since when an adapter is as it is now.
    fn since(&mut self, adapter: &WatchedAdapter, now: SystemTime) -> SystemTime {
        match self.since.get(&adapter.name) {
            Some((known, since)) if known == adapter => *since,
            _ => {
                let seen = (adapter.clone(), now);
                self.since.insert(adapter.name.clone(), seen);
                now
            }
        }
    }
}
