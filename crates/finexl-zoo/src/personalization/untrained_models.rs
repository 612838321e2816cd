//! Models of a pool that no training of its own makes: by guidance, by adapters that are there already, by a walk.

use super::pool::IMAGES;
use super::pool_plan::wrong;
use crate::ZooError;
use crate::generators::{AdapterChoice, AnyGenerator};
use finexl_core::experiment::{GivenAdapters, GuidedModels, MakePool, StyleShare, WalkedModels};
use finexl_core::pool::{Dial, Personalized, PoolModel};
use finexl_data::aspects::find;
use std::collections::BTreeMap;
use std::path::Path;

/// Models by guidance, those of one concept or mixture side by side.
///
/// # Errors
/// Concepts that the base cannot read, mixtures of nothing.
pub(super) fn guided_by(
    config: &MakePool,
    guided: &GuidedModels,
    base: &AnyGenerator,
) -> Result<Vec<PoolModel>, ZooError> {
    let single = guided
        .concepts
        .iter()
        .map(|concept| BTreeMap::from([(concept.clone(), 1.0)]));
    let mut models = Vec::new();
    for parts in single.chain(guided.mixtures.iter().cloned()) {
        check_parts(config, &parts, base)?;
        for strength in &guided.strengths {
            models.push(guided_model(&parts, *strength));
        }
    }
    Ok(models)
}

/// Refuses concepts that cannot guide.
fn check_parts(
    config: &MakePool,
    parts: &BTreeMap<String, f64>,
    base: &AnyGenerator,
) -> Result<(), ZooError> {
    if parts.is_empty() {
        let problem = "a mixture has no concept; write one as { vivid = 1.0, dark = 0.5 }";
        return Err(wrong(config, problem.to_string()));
    }
    for (concept, part) in parts {
        if *part == 0.0 || !part.is_finite() {
            let problem = format!("the part of \"{concept}\" in a mixture is {part}; leave it out");
            return Err(wrong(config, problem));
        }
        // What reads any words may be guided by any; the others know the aspects alone.
        if base.scenes().is_ok() && find(concept).is_none() {
            let problem = format!("there is no aspect named \"{concept}\"");
            return Err(wrong(config, problem));
        }
        base.check_prompt(concept)?;
    }
    Ok(())
}

/// Each part at a strength.
fn guided_model(parts: &BTreeMap<String, f64>, strength: f64) -> PoolModel {
    let named = parts.iter().map(|(concept, part)| {
        let concept = concept.replace(' ', "-");
        match *part == 1.0 {
            true => concept,
            false => format!("{part}-{concept}"),
        }
    });
    let run = format!("guidance-{}", named.collect::<Vec<_>>().join("+"));
    let name = format!("{run}-{strength}");
    let strengths: Vec<(&String, f64)> = parts
        .iter()
        .map(|(concept, part)| (concept, part * strength))
        .collect();
    PoolModel {
        images: Path::new(IMAGES).join(&name),
        name,
        run,
        by: match strengths[..] {
            [(phrase, strength)] => Personalized::Guidance {
                phrase: phrase.clone(),
                strength,
            },
            _ => Personalized::MixedGuidance {
                strengths: strengths
                    .iter()
                    .map(|(phrase, strength)| ((*phrase).clone(), *strength))
                    .collect(),
            },
        },
        styles: vec![StyleShare {
            aspects: parts.keys().map(|concept| (concept.clone(), 1.0)).collect(),
            ..StyleShare::plain(1.0)
        }],
        dial: Dial::Strength,
        level: strength,
    }
}

/// Models by files that are there already: of what they show is known what the experiment says.
///
/// # Errors
/// Levels that are not those of the files, or stand beside scales; levels of aspects outside (0, 1].
pub(super) fn given_by(
    config: &MakePool,
    given: &GivenAdapters,
) -> Result<Vec<(AdapterChoice, PoolModel)>, ZooError> {
    check_given(config, given)?;
    let scales: Vec<Option<f64>> = match &given.scales[..] {
        [] => vec![None],
        scales => scales.iter().copied().map(Some).collect(),
    };
    let mut files: Vec<(&String, &Path)> = given
        .files
        .iter()
        .map(|(name, path)| (name, path.as_path()))
        .collect();
    let level = |name: &String| given.levels.get(name).copied();
    files.sort_by(|a, b| {
        let order = level(a.0).partial_cmp(&level(b.0));
        order.unwrap_or(std::cmp::Ordering::Equal)
    });
    let first = files.first().map(|(name, _)| (*name).clone());
    let mut models = Vec::new();
    for (name, path) in files {
        // The snapshots of one training are one run, which is called by the first of them.
        let run = match (&first, given.levels.is_empty()) {
            (Some(first), false) => named(first),
            _ => named(name),
        };
        for scale in &scales {
            let model = given_model(given, (&named(name), &run), path, (*scale, level(name)));
            let choice = AdapterChoice {
                path: path.to_path_buf(),
                scale: *scale,
            };
            models.push((choice, model));
        }
    }
    Ok(models)
}

fn named(name: &str) -> String {
    format!("adapter-{}", name.replace(' ', "-"))
}

fn given_model(
    given: &GivenAdapters,
    (own, run): (&str, &str),
    path: &Path,
    (scale, level): (Option<f64>, Option<f64>),
) -> PoolModel {
    let name = match scale {
        Some(scale) => format!("{own}-{scale}"),
        None => own.to_string(),
    };
    let shown = StyleShare {
        aspects: given.aspects.clone(),
        ..StyleShare::plain(1.0)
    };
    let file = path.file_name().unwrap_or(path.as_os_str());
    PoolModel {
        images: Path::new(IMAGES).join(&name),
        name,
        run: run.to_string(),
        by: Personalized::Adapter {
            file: file.to_string_lossy().into_owned(),
            scale,
        },
        styles: match given.aspects.is_empty() {
            true => Vec::new(),
            false => vec![shown],
        },
        dial: match level {
            Some(_) => Dial::Steps,
            None => Dial::Scale,
        },
        level: level.or(scale).unwrap_or(1.0),
    }
}

fn check_given(config: &MakePool, given: &GivenAdapters) -> Result<(), ZooError> {
    if let Some((aspect, level)) = given
        .aspects
        .iter()
        .find(|(_, level)| !(**level > 0.0 && **level <= 1.0))
    {
        let problem = format!("\"{aspect}\" has the level {level}; it has to lie in (0, 1]");
        return Err(wrong(config, problem));
    }
    if given.levels.is_empty() {
        return Ok(());
    }
    if !given.scales.is_empty() {
        let problem = "levels and scales of adapters are given together; give each its own table";
        return Err(wrong(config, problem.to_string()));
    }
    let unknown = given
        .levels
        .keys()
        .find(|name| !given.files.contains_key(*name));
    if let Some(name) = unknown {
        return Err(wrong(
            config,
            format!("there is a level of \"{name}\", but no file"),
        ));
    }
    if let Some(name) = given
        .files
        .keys()
        .find(|name| !given.levels.contains_key(*name))
    {
        let problem = format!("the file \"{name}\" has no level, but others of its table have");
        return Err(wrong(config, problem));
    }
    let mut levels: Vec<f64> = given.levels.values().copied().collect();
    levels.sort_by(f64::total_cmp);
    if levels.windows(2).any(|pair| pair[0] == pair[1]) || levels.iter().any(|l| !l.is_finite()) {
        let problem = "two files of a table have the same level, or one that is no number";
        return Err(wrong(config, problem.to_string()));
    }
    Ok(())
}

/// Models of which only what was done is known, not what it shows.
pub(super) fn walked_by(walked: &WalkedModels) -> Vec<PoolModel> {
    let mut models = Vec::new();
    for direction in &walked.directions {
        let run = format!("walk-{direction}");
        for distance in &walked.distances {
            let name = format!("{run}-{distance}");
            models.push(PoolModel {
                images: Path::new(IMAGES).join(&name),
                name,
                run: run.clone(),
                by: Personalized::Walk {
                    direction: *direction,
                    distance: *distance,
                },
                styles: Vec::new(),
                dial: Dial::Distance,
                level: *distance,
            });
        }
    }
    models
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pool(adapters: &str) -> MakePool {
        let text = format!(
            "name = \"p\"\noutput = \"o\"\nmodel = \"m\"\nart-folder = \"a\"\nsplit = \"test\"\npairs = 2\nseed = 0\nstyles = {{}}\n\
             [[adapters]]\n{adapters}"
        );
        toml::from_str(&text).unwrap()
    }

    fn given(adapters: &str) -> Result<Vec<PoolModel>, String> {
        let config = pool(adapters);
        let found = given_by(&config, &config.adapters[0]).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|(_, model)| model).collect())
    }

    #[test]
    fn snapshots_of_one_training_are_a_run_in_the_order_of_their_levels() {
        let models = given(
            "files = { late = \"b\", early = \"a\" }\nlevels = { late = 400.0, early = 25.0 }\naspects = { \"ukiyo-e\" = 1.0 }",
        )
        .unwrap();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["adapter-early", "adapter-late"]);
        assert!(models.iter().all(|model| model.run == "adapter-early"));
        assert_eq!((models[1].dial, models[1].level), (Dial::Steps, 400.0));
        assert!(models[0].styles[0].aspects.contains_key("ukiyo-e"));
    }

    #[test]
    fn files_without_levels_are_runs_of_their_own_and_say_nothing_of_what_they_show() {
        let models = given("files = { a = \"a\", b = \"b\" }\nscales = [0.5, 1.0]").unwrap();
        let runs: Vec<&str> = models.iter().map(|model| model.run.as_str()).collect();
        assert_eq!(runs, ["adapter-a", "adapter-a", "adapter-b", "adapter-b"]);
        assert!(models.iter().all(|model| model.styles.is_empty()));
    }

    #[test]
    fn levels_that_are_not_those_of_the_files_are_refused() {
        for (adapters, words) in [
            ("files = { a = \"a\" }\nlevels = { b = 1.0 }", "no file"),
            (
                "files = { a = \"a\", b = \"b\" }\nlevels = { b = 1.0 }",
                "\"a\" has no level",
            ),
            (
                "files = { a = \"a\" }\nlevels = { a = 1.0 }\nscales = [1.0]",
                "together",
            ),
            (
                "files = { a = \"a\", b = \"b\" }\nlevels = { a = 1.0, b = 1.0 }",
                "same level",
            ),
            ("files = { a = \"a\" }\naspects = { vivid = 1.5 }", "(0, 1]"),
        ] {
            let problem = given(adapters).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
    }

    #[test]
    fn a_mixture_has_a_strength_for_each_part() {
        let parts = BTreeMap::from([("vivid".to_string(), 1.0), ("line art".to_string(), 0.5)]);
        let model = guided_model(&parts, 4.0);
        assert_eq!(model.name, "guidance-0.5-line-art+vivid-4");
        assert_eq!(model.level, 4.0);
        let strengths = BTreeMap::from([("vivid".to_string(), 4.0), ("line art".to_string(), 2.0)]);
        assert_eq!(model.by, Personalized::MixedGuidance { strengths });
        assert_eq!(model.styles[0].aspects.len(), 2);
        let one = guided_model(&BTreeMap::from([("vivid".to_string(), 1.0)]), 2.0);
        assert_eq!(one.name, "guidance-vivid-2");
    }
}
