//! What results were made from, kept beside them, and how that differs from what is asked for now.

use crate::experiment::Setting;
use crate::fingerprint::Fingerprint;
use crate::{CoreError, atomic, toml_file};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// Name of the file in a folder of results that says what they were made from.
pub const FILE: &str = "resolved.toml";

/// Keys that say where results go, not what they are.
const PLACES: [&str; 4] = ["output", "domain", "report", "kept"];
/// Table of what was set on the command line; the values stand in the recipe too, so it tells and decides nothing.
const SET: &str = "set";
/// Table of the fingerprints of files that a recipe names.
const INPUTS: &str = "inputs";
/// Differences that a message names.
const NAMED: usize = 6;
/// Longest value in a message.
const LONGEST: usize = 60;
/// Folders inside of folders that are looked into: links may run in circles.
const DEEPEST: usize = 32;
/// Digits of a fingerprint in a message.
const DIGITS: usize = 12;

/// Everything that was asked for, by key.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    table: Table,
}

/// A key whose value is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key with those of its tables, `train-head.schedule.epochs`.
    pub key: String,
    /// What was kept; nothing where the key was not there.
    pub kept: Option<String>,
    /// What is asked for now.
    pub asked: Option<String>,
}

impl Recipe {
    /// Of an experiment or anything else with a TOML form.
    ///
    /// # Errors
    /// [`CoreError::Toml`] where it has none.
    pub fn of(asked: &impl Serialize) -> Result<Self, CoreError> {
        // By way of its text, so that numbers are what they are when they are read back.
        let text = toml::to_string(asked).map_err(|error| CoreError::Toml {
            path: FILE.into(),
            line: 1,
            message: error.to_string(),
            text: String::new(),
            span: 0..0,
        })?;
        Ok(Self {
            table: toml_file::parse(Path::new(FILE), &text)?,
        })
    }

    /// With what was asked for beside the file, as a table of its own; nothing where there is nothing.
    pub fn with(mut self, table: &str, options: &BTreeMap<String, String>) -> Self {
        if !options.is_empty() {
            let options = options.iter();
            let options = options.map(|(key, value)| (key.clone(), Value::String(value.clone())));
            self.table
                .insert(table.to_string(), Value::Table(options.collect()));
        }
        self
    }

    /// With the keys that were set on the command line, for who reads it later; they make no other recipe.
    pub fn with_set(self, settings: &[Setting]) -> Self {
        let settings = settings.iter();
        let settings = settings.map(|s| (s.key.text().to_string(), s.value.to_string()));
        self.with(SET, &settings.collect())
    }

    /// With the contents of the files that it names, and of its folder of images: who goes on with a training on other inputs mixes two.
    ///
    /// # Errors
    /// [`CoreError::Read`] naming a file that cannot be read.
    pub fn with_inputs(self) -> Result<Self, CoreError> {
        let mut inputs = BTreeMap::new();
        for (key, value) in self.flat() {
            let place = key.rsplit('.').next().is_some_and(|k| PLACES.contains(&k));
            let named = value.as_str().filter(|text| text.contains(['.', '/']));
            if let Some(file) = named
                && !place
            {
                let path = Path::new(file);
                let content = if path.is_file() {
                    Fingerprint::of_file(path)?
                } else if key.ends_with(".images") && path.is_dir() {
                    of_folder(path)?
                } else {
                    continue;
                };
                inputs.insert(file.to_string(), content.to_string());
            }
        }
        Ok(self.with(INPUTS, &inputs))
    }

    /// Reads what results were made from; nothing where that was not kept.
    ///
    /// # Errors
    /// [`CoreError::Read`] or [`CoreError::Toml`] where it is there but damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, CoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let table = toml_file::read(path)?;
        Ok(Some(Self { table }))
    }

    /// Its text as TOML, the same for the same recipe.
    ///
    /// # Errors
    /// [`CoreError::Toml`] where it has none.
    pub fn text(&self) -> Result<String, CoreError> {
        toml::to_string(&self.table).map_err(|error| CoreError::Toml {
            path: FILE.into(),
            line: 1,
            message: error.to_string(),
            text: String::new(),
            span: 0..0,
        })
    }

    /// Every text in it, keys aside.
    pub(crate) fn texts(&self) -> Vec<String> {
        let values = self.flat();
        let mut found = Vec::new();
        for value in values.values() {
            texts_of(value, &mut found);
        }
        found
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// [`CoreError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), CoreError> {
        let text = toml::to_string(&self.table).map_err(|error| CoreError::Write {
            path: path.to_path_buf(),
            source: std::io::Error::other(error),
        })?;
        atomic::write(path, text.as_bytes())
    }

    /// The keys in which `asked` differs from this one that was kept, those aside that say where results go.
    pub fn differences(&self, asked: &Self) -> Vec<Difference> {
        let decides = |key: &String| !key.starts_with(&format!("{SET}."));
        let [kept, asked] = [self, asked].map(|recipe| {
            let mut values = recipe.flat();
            values.retain(|key, _| decides(key));
            values
        });
        let keys: BTreeSet<&String> = kept.keys().chain(asked.keys()).collect();
        let mut found = Vec::new();
        for key in keys {
            let [kept, asked] = [&kept, &asked].map(|values| values.get(key));
            let place = key.rsplit('.').next().is_some_and(|k| PLACES.contains(&k));
            if kept != asked && !place {
                let shown = |value: Option<&Value>| value.map(|value| shown(key, value));
                found.push(Difference {
                    key: key.clone(),
                    kept: shown(kept),
                    asked: shown(asked),
                });
            }
        }
        found
    }

    /// All values by their whole keys.
    fn flat(&self) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (key, value) in &self.table {
            flatten(key, value, &mut values);
        }
        values
    }
}

/// Names and contents of the files of a folder and of all folders in it, hidden ones aside.
fn of_folder(folder: &Path) -> Result<Fingerprint, CoreError> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![(folder.to_path_buf(), 0)];
    while let Some((inner, depth)) = waiting.pop() {
        let read = |source| CoreError::Read {
            path: inner.clone(),
            source,
        };
        for entry in std::fs::read_dir(&inner).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() && depth < DEEPEST {
                waiting.push((path, depth + 1));
            } else if path.is_file() {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                files.insert(name.display().to_string(), Fingerprint::of_file(&path)?);
            }
        }
    }
    let mut all = Fingerprint::of("folder");
    for (name, content) in &files {
        all = all.text("name", name).nested("content", content);
    }
    Ok(all.finish())
}

fn texts_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        _ => {}
    }
}

fn flatten(key: &str, value: &Value, values: &mut BTreeMap<String, Value>) {
    match value {
        // Names of files may hold points, so they stay whole behind their table.
        Value::Table(table) if !table.is_empty() => {
            for (inner, value) in table {
                flatten(&format!("{key}.{inner}"), value, values);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (place, value) in items.iter().enumerate() {
                flatten(&format!("{key}[{place}]"), value, values);
            }
        }
        value => {
            values.insert(key.to_string(), value.clone());
        }
    }
}

fn shown(key: &str, value: &Value) -> String {
    let text = value.to_string();
    if key.starts_with(&format!("{INPUTS}.")) {
        let digits = text.trim_matches('"').chars().take(DIGITS);
        return format!("SHA-256 {}", digits.collect::<String>());
    }
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

/// Differences as part of a sentence.
pub(crate) fn listed(differences: &[Difference]) -> String {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not given".to_string());
    let mut parts: Vec<String> = differences
        .iter()
        .take(NAMED)
        .map(|d| format!("{} was {}, is now {}", d.key, said(&d.kept), said(&d.asked)))
        .collect();
    if differences.len() > NAMED {
        parts.push(format!("{} keys more", differences.len() - NAMED));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn recipe(text: &str) -> Recipe {
        Recipe {
            table: toml::from_str(text).unwrap(),
        }
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let kept = recipe(
            "[train]\noutput = \"a\"\nseed = 1\nrate = 0.1\n[[train.styles]]\nshare = 1.0\n[train.schedule]\nepochs = 3\n",
        );
        let asked = recipe(
            "[train]\noutput = \"b\"\nseed = 1\npatience = 2\n[[train.styles]]\nshare = 0.5\n[train.schedule]\nepochs = 4\n",
        );
        let differences = kept.differences(&asked);
        assert_eq!(
            listed(&differences),
            "train.patience was not given, is now 2, train.rate was 0.1, is now not given, \
             train.schedule.epochs was 3, is now 4, train.styles[0].share was 1.0, is now 0.5"
        );
        assert!(kept.differences(&kept).is_empty());
        let many: Vec<Difference> = (0..9)
            .map(|key| Difference {
                key: key.to_string(),
                kept: None,
                asked: None,
            })
            .collect();
        assert!(listed(&many).ends_with(", 3 keys more"));
        let long = recipe(&format!("a = {:?}", "x".repeat(200)));
        assert!(listed(&long.differences(&recipe("a = 1"))).len() < 100);
    }

    #[test]
    fn a_recipe_reads_back_as_it_was_asked_for() {
        #[derive(Serialize)]
        struct Asked {
            single: f32,
            double: f64,
            nothing: Option<usize>,
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert!(Recipe::read(&path).unwrap().is_none());
        let asked = Recipe::of(&Asked {
            single: 0.3,
            double: 1e-4,
            nothing: None,
        })
        .unwrap();
        let asked = asked.with("command-line", &BTreeMap::new());
        asked.write(&path).unwrap();
        let kept = Recipe::read(&path).unwrap().unwrap();
        assert_eq!(kept.differences(&asked), []);
        std::fs::write(&path, "[").unwrap();
        let error = Recipe::read(&path).unwrap_err().to_string();
        assert!(error.contains(FILE), "{error}");
    }

    #[test]
    fn the_content_of_a_file_that_is_named_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("latents.safetensors");
        std::fs::write(&file, "one").unwrap();
        let text = format!(
            "[train]\nautoencoder = {:?}\nname = \"a\"\n",
            file.display()
        );
        let kept = recipe(&text).with_inputs().unwrap();
        std::fs::write(&file, "two").unwrap();
        let asked = recipe(&text).with_inputs().unwrap();
        let message = listed(&kept.differences(&asked));
        assert!(
            message.contains("latents.safetensors was SHA-256"),
            "{message}"
        );
    }

    #[test]
    fn the_content_of_a_folder_of_images_counts() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("images");
        std::fs::create_dir_all(images.join("deep")).unwrap();
        std::fs::write(images.join("deep/a.png"), "one").unwrap();
        let text = format!("[train.pictures]\nimages = {:?}\n", images.display());
        let inputs = || recipe(&text).with_inputs().unwrap();
        let kept = inputs();
        std::fs::write(images.join(".DS_Store"), "of a system").unwrap();
        assert_eq!(kept.differences(&inputs()), []);
        std::fs::write(images.join("deep/a.png"), "two").unwrap();
        let message = listed(&kept.differences(&inputs()));
        assert!(message.contains("images was SHA-256"), "{message}");
        std::fs::write(images.join("deep/a.png"), "one").unwrap();
        assert_eq!(kept.differences(&inputs()), []);
        std::fs::write(images.join("b.png"), "one").unwrap();
        assert_eq!(kept.differences(&inputs()).len(), 1);
    }
}
