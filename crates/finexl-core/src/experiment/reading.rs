//! Reading an experiment from its file.

use super::ranges::{out_of_range, out_of_range_value};
use super::{Experiment, Setting};
use crate::sweep::SWEEP;
use crate::{CoreError, toml_file};
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// What an experiment may be, the names of its only table.
pub const KINDS: [&str; 20] = [
    "calibrate",
    "evaluate",
    "evaluate-generator",
    "evaluate-pool",
    "evaluate-probes",
    "explain-models",
    "explain-scenes",
    "gather-references",
    "make-pool",
    "personalize",
    "planted-concepts",
    "score-encoders",
    "select-models",
    "train-autoencoder",
    "train-autoregressive",
    "train-captioner",
    "train-denoiser",
    "train-encoder",
    "train-gan",
    "train-head",
];

impl Experiment {
    /// Reads an experiment. Its file has one table whose name says which kind it is; keys that the kind does not have,
    /// and numbers that no run can be made with, are refused.
    ///
    /// # Errors
    /// [`CoreError::Read`], or [`CoreError::Toml`] with the line of what is wrong.
    pub fn read(path: &Path) -> Result<Self, CoreError> {
        let text = toml_file::text(path)?;
        if let Ok(document) = DeTable::parse(&text)
            && let Some((problem, span)) = misfit(document.get_ref())
        {
            return Err(toml_file::mistake(path, &text, problem, span));
        }
        toml_file::parse(path, &text)
    }
}

impl Experiment {
    /// As [`Experiment::read`], with keys set from outside; what only they complete or mend may be missing or wrong in
    /// the file.
    ///
    /// # Errors
    /// As [`Experiment::read`]; [`CoreError::Setting`] for a key that the experiment does not have, with its place and
    /// the keys that there are, and for a value that it cannot have.
    pub fn read_with(path: &Path, settings: &[Setting]) -> Result<Self, CoreError> {
        if settings.is_empty() {
            return Self::read(path);
        }
        let text = toml_file::text(path)?;
        let mut file: Table = toml_file::parse(path, &text)?;
        if let Ok(document) = DeTable::parse(&text)
            && let Err((problem, span)) = only_table(document.get_ref())
        {
            return Err(toml_file::mistake(path, &text, problem, span));
        }
        let refused = |setting: &Setting, problem: String| CoreError::Setting {
            path: path.to_path_buf(),
            setting: format!("{}={}", setting.key.text(), setting.value),
            problem,
        };
        let mut before = Self::of_table(&file).err();
        for setting in settings {
            let (kind, table) =
                kind_of(&mut file).ok_or_else(|| refused(setting, NO_TABLE.to_string()))?;
            let put = setting.key.check(&kind);
            put.and_then(|()| setting.key.put(table, setting.value.clone()))
                .map_err(|problem| refused(setting, problem))?;
            let after = Self::of_table(&file).err();
            // What is missing may be set by what comes next.
            let new = after.clone().filter(|_| after != before);
            if let Some(problem) = new.filter(|problem| !problem.ends_with("is missing")) {
                return Err(refused(setting, problem));
            }
            before = after;
        }
        Self::of_table(&file).map_err(|problem| match (Self::read(path), settings) {
            (Err(error), _) => error,
            (Ok(_), [.., last]) => refused(last, problem),
            (Ok(_), []) => refused_file(path, &text, problem),
        })
    }

    /// An experiment from its table, checked as a file is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_table(file: &Table) -> Result<Self, String> {
        for (_, value) in file {
            if let Value::Table(table) = value
                && let Some(problem) = out_of_range_value(table)
            {
                return Err(problem);
            }
        }
        let read: Result<Self, _> = file.clone().try_into();
        read.map_err(|error| toml_file::plain(error.message()))
    }
}

const NO_TABLE: &str = "the file has no table of a kind";

fn refused_file(path: &Path, text: &str, problem: String) -> CoreError {
    toml_file::mistake(path, text, problem, 0..0)
}

/// The only table of an experiment's file.
fn kind_of(file: &mut Table) -> Option<(String, &mut Table)> {
    match file.iter_mut().next() {
        Some((kind, Value::Table(table))) => Some((kind.clone(), table)),
        _ => None,
    }
}

type Misfit = (String, Range<usize>);

/// What is wrong with a file beside its keys.
fn misfit(document: &DeTable<'_>) -> Option<Misfit> {
    match only_table(document) {
        Err(misfit) => Some(misfit),
        Ok(table) => out_of_range(table).map(|found| (found.problem, found.span)),
    }
}

/// The one table that says what to run.
fn only_table<'a, 'i>(document: &'a DeTable<'i>) -> Result<&'a DeTable<'i>, Misfit> {
    let mut tables = Vec::new();
    for (name, value) in document {
        let key: &str = name.get_ref();
        match value.get_ref() {
            DeValue::Table(table) => tables.push((key, name.span(), table)),
            _ => {
                let problem = format!(
                    "`{key}` stands outside the file's table; put it below the line that says what to run, such as \
                     [evaluate]"
                );
                return Err((problem, name.span()));
            }
        }
    }
    // Tables come by name; a reader goes from top to bottom.
    tables.sort_by_key(|(_, span, _)| span.start);
    for (name, span, _) in &tables {
        if *name == SWEEP {
            let problem =
                "[sweep] is a sweep over experiments; `finexl sweep run` runs it".to_string();
            return Err((problem, span.clone()));
        }
        if !KINDS.contains(name) {
            return Err((unknown(name), span.clone()));
        }
    }
    match &tables[..] {
        [] => {
            let problem = format!(
                "there is no table that says what to run; begin with one of {}",
                KINDS.map(|kind| format!("[{kind}]")).join(", ")
            );
            Err((problem, 0..0))
        }
        [(_, _, table)] => Ok(table),
        [(first, ..), (second, span, _), ..] => {
            let problem = format!(
                "the file has a table [{first}] and a table [{second}]; one file is one run: give each a file of its own"
            );
            Err((problem, span.clone()))
        }
    }
}

fn unknown(name: &str) -> String {
    let nearest = match toml_file::nearest(name, &KINDS) {
        Some(kind) => format!("; did you mean [{kind}]?"),
        None => ".".to_string(),
    };
    format!(
        "there is no experiment [{name}]{nearest} There are {}",
        KINDS.join(", ")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        Experiment::read(&path).unwrap_err().to_string()
    }

    #[test]
    fn the_kinds_are_those_of_the_enum() {
        for kind in KINDS {
            // Only what is no kind is told as such; these lack their keys.
            let message = refused(&format!("[{kind}]\n"));
            assert!(message.contains("is missing"), "{message}");
        }
        let unknown = serde_json::from_str::<Experiment>("{\"none\": {}}").unwrap_err();
        let listed = unknown.to_string().matches('`').count() / 2 - 1;
        assert_eq!(listed, KINDS.len(), "{unknown}");
    }

    #[test]
    fn keys_are_set_from_outside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        let text = "[score-encoders]\noutput = \"a\"\nencoders = []\nsplit = \"test\"\nprobes = 1\nseed = 1\n";
        std::fs::write(&path, text).unwrap();
        let read = |settings: &[&str]| {
            let settings: Vec<Setting> = settings
                .iter()
                .map(|s| Setting::parse(s).unwrap())
                .collect();
            Experiment::read_with(&path, &settings).map_err(|error| error.to_string())
        };
        let Experiment::ScoreEncoders(found) = read(&["pairs=3", "split=train"]).unwrap() else {
            unreachable!("{text}");
        };
        assert_eq!((found.pairs, found.split.name()), (3, "train"));
        for (settings, words) in [
            (
                &["pairs=3", "sed=1"][..],
                "--set sed=1: [score-encoders] has no key `sed`; did you mean `seed`?",
            ),
            (
                &["pairs=3", "split=tests"][..],
                "there is no choice `tests`; did you mean `test`?",
            ),
            (
                &["pairs=3", "probes=0"][..],
                "`probes` is 0, but has to be at least 1",
            ),
            (&["pairs=3", "seed=x"][..], "expected a whole number"),
            (&["seed=3"][..], "`pairs` is missing"),
        ] {
            let error = read(settings).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_file_is_one_table_with_a_name_that_is_known() {
        for (text, words) in [
            ("[explain-scene]\n", "did you mean [explain-scenes]?"),
            ("[poster]\n", "There are calibrate, evaluate,"),
            ("[sweep]\n", "`finexl sweep run` runs it"),
            ("# empty\n", "no table that says what to run"),
            ("seed = 3\n[evaluate]\n", "`seed` stands outside"),
            (
                "[evaluate]\n[calibrate]\n",
                "[evaluate] and a table [calibrate]",
            ),
            (
                "[explain-scenes]\nscenes = 0\n",
                "line 2: `scenes` is 0, but has to be at least 1",
            ),
        ] {
            let message = refused(text);
            assert!(message.contains(words), "{message}");
        }
    }
}
