//! Which models of a pool are studied.

use crate::EvalError;
use finexl_core::experiment::Mechanism;
use finexl_core::pool::{Dial, Personalized, PoolModel, PoolRecord};
use finexl_explain::vocabulary::Vocabulary;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A personalized model whose aspects are known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChosenModel {
    /// Its name in the pool.
    pub name: String,
    /// Folder of its adapter, relative to that of the pool.
    pub folder: PathBuf,
    /// Scale of the adapter.
    pub scale: Option<f64>,
    /// The concepts that it was trained on.
    pub aspects: BTreeSet<String>,
}

/// The last snapshots of `count` LoRA trainings, spread evenly over those of the pool.
///
/// # Errors
/// [`EvalError::Setting`] for a pool without such trainings, and for more models than it has.
pub(super) fn chosen_models(
    pool: &PoolRecord,
    vocabulary: &Vocabulary,
    count: usize,
) -> Result<Vec<ChosenModel>, EvalError> {
    let mut last: Vec<(&PoolModel, ChosenModel)> = Vec::new();
    for model in &pool.models {
        let Some(chosen) = trained(model, vocabulary) else {
            continue;
        };
        match last.iter().position(|(other, _)| other.run == model.run) {
            Some(at) if last[at].0.level >= model.level => (),
            Some(at) => last[at] = (model, chosen),
            None => last.push((model, chosen)),
        }
    }
    let runs = last.len();
    if runs == 0 {
        let problem = format!(
            "the pool {} has no LoRA training of aspects that have a word; take one with a `[[make-pool.trained]]` \
             table of the mechanism lora whose styles name aspects and no artist",
            pool.name
        );
        return Err(EvalError::setting("pool", problem));
    }
    if count == 0 || count > runs {
        let problem = format!(
            "{count} were asked for, and the pool {} has {runs} LoRA trainings of known aspects; give a number \
             from 1 to {runs}",
            pool.name
        );
        return Err(EvalError::setting("models", problem));
    }
    let chosen = (0..count).map(|place| last[place * runs / count].1.clone());
    Ok(chosen.collect())
}

/// A snapshot of a LoRA training of aspects; none for anything else.
fn trained(model: &PoolModel, vocabulary: &Vocabulary) -> Option<ChosenModel> {
    let Personalized::Training {
        mechanism: Mechanism::Lora { .. },
        folder,
        scale,
        ..
    } = &model.by
    else {
        return None;
    };
    // What another artist's hand changes has no name.
    let by_hand = model.styles.iter().any(|style| style.artist.is_some());
    if model.dial != Dial::Steps || by_hand {
        return None;
    }
    let applied = model.styles.iter().flat_map(|style| &style.aspects);
    let aspects: BTreeSet<String> = applied
        .filter(|(_, level)| **level > 0.0)
        .filter_map(|(name, _)| vocabulary.position(name))
        .map(|at| vocabulary.concepts()[at].name.clone())
        .collect();
    (!aspects.is_empty()).then(|| ChosenModel {
        name: model.name.clone(),
        folder: folder.clone(),
        scale: *scale,
        aspects,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::experiment::StyleShare;
    use finexl_core::fingerprint::Fingerprint;

    fn lora() -> Mechanism {
        Mechanism::Lora {
            rank: 2,
            alpha: 2.0,
            targets: Vec::new(),
        }
    }

    fn model(run: &str, level: f64, mechanism: Mechanism, style: StyleShare) -> PoolModel {
        PoolModel {
            name: format!("{run}-{level}"),
            run: run.to_string(),
            by: Personalized::Training {
                mechanism,
                seed: 1,
                folder: format!("models/{run}-{level}").into(),
                scale: Some(1.0),
            },
            styles: vec![style, StyleShare::plain(0.5)],
            dial: Dial::Steps,
            level,
            images: "images".into(),
        }
    }

    fn style(aspect: &str) -> StyleShare {
        StyleShare {
            aspects: [(aspect.to_string(), 0.8)].into(),
            ..StyleShare::plain(1.0)
        }
    }

    fn pool(models: Vec<PoolModel>) -> PoolRecord {
        PoolRecord {
            version: PoolRecord::VERSION,
            name: "small".to_string(),
            base: "base".to_string(),
            base_fingerprint: Fingerprint::of("base").finish(),
            base_images: "base".into(),
            models,
        }
    }

    fn artist() -> StyleShare {
        StyleShare {
            artist: Some(finexl_core::names::ArtistName::Noto),
            ..style("warm")
        }
    }

    #[test]
    fn last_snapshots_are_spread_over_trainings_of_known_aspects() {
        let mut models = Vec::new();
        for (run, aspect) in [("a", "warm"), ("b", "dark"), ("c", "warm"), ("d", "dark")] {
            models.push(model(run, 10.0, lora(), style(aspect)));
            models.push(model(run, 20.0, lora(), style(aspect)));
        }
        models.push(model("hand", 20.0, lora(), artist()));
        models.push(model("full", 20.0, Mechanism::Full {}, style("warm")));
        models.push(model("nameless", 20.0, lora(), style("no such aspect")));
        models.push(PoolModel {
            dial: Dial::Scale,
            ..model("a-scaled", 9.0, lora(), style("warm"))
        });
        let vocabulary = Vocabulary::default_phrases().unwrap();
        let names = |count: usize| -> Vec<String> {
            let chosen = chosen_models(&pool(models.clone()), &vocabulary, count).unwrap();
            chosen.into_iter().map(|model| model.name).collect()
        };
        assert_eq!(names(2), ["a-20", "c-20"]);
        assert_eq!(names(4), ["a-20", "b-20", "c-20", "d-20"]);
        let chosen = chosen_models(&pool(models.clone()), &vocabulary, 1).unwrap();
        assert_eq!(chosen[0].aspects, BTreeSet::from(["warm".to_string()]));
        assert_eq!(chosen[0].folder, PathBuf::from("models/a-20"));
        let error = chosen_models(&pool(models.clone()), &vocabulary, 5);
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("`models`") && message.contains("1 to 4"),
            "{message}"
        );
        assert!(chosen_models(&pool(models), &vocabulary, 0).is_err());
    }

    #[test]
    fn a_pool_without_such_trainings_is_refused() {
        let vocabulary = Vocabulary::default_phrases().unwrap();
        let pool = pool(vec![model("hand", 20.0, lora(), artist())]);
        let message = chosen_models(&pool, &vocabulary, 1)
            .unwrap_err()
            .to_string();
        for part in ["`pool`", "small", "lora"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
