//! Reading an experiment from its file.

use super::Experiment;
use super::ranges::out_of_range;
use crate::{CoreError, toml_file};
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

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

type Misfit = (String, Range<usize>);

/// What is wrong with a file beside its keys.
fn misfit(document: &DeTable<'_>) -> Option<Misfit> {
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
                return Some((problem, name.span()));
            }
        }
    }
    // Tables come by name; a reader goes from top to bottom.
    tables.sort_by_key(|(_, span, _)| span.start);
    for (name, span, _) in &tables {
        if !KINDS.contains(name) {
            return Some((unknown(name), span.clone()));
        }
    }
    match &tables[..] {
        [] => {
            let problem = format!(
                "there is no table that says what to run; begin with one of {}",
                KINDS.map(|kind| format!("[{kind}]")).join(", ")
            );
            Some((problem, 0..0))
        }
        [(_, _, table)] => out_of_range(table).map(|found| (found.problem, found.span)),
        [(first, ..), (second, span, _), ..] => {
            let problem = format!(
                "the file has a table [{first}] and a table [{second}]; one file is one run: give each a file of its own"
            );
            Some((problem, span.clone()))
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
    fn a_file_is_one_table_with_a_name_that_is_known() {
        for (text, words) in [
            ("[explain-scene]\n", "did you mean [explain-scenes]?"),
            ("[poster]\n", "There are calibrate, evaluate,"),
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
