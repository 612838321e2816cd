//! A model of a pool as selection sees it.

use finexl_core::experiment::StyleShare;
use finexl_core::pool::{Personalized, PoolModel};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is known of a model: which one would be the right one to select.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub model: String,
    /// Models of one run differ in their level only.
    pub run: String,
    /// Folder of the training that it comes from: models of one training at many steps, and those of its last
    /// step at many scales, are two runs.
    pub training: Option<PathBuf>,
    /// The aspects that it was made with, and `artist NAME` for another artist's hand.
    pub aspects: BTreeSet<String>,
    /// Its place among the levels of its run, from 0.
    pub level: usize,
}

impl Candidate {
    /// The candidates of a pool, in the order of its models.
    ///
    /// Two models have the same style if they were made with the same aspects, by whatever
    /// implementation, at whatever level. Levels are counted within a run, from the weakest.
    pub fn of_pool(models: &[PoolModel]) -> Vec<Self> {
        let place = |model: &PoolModel| {
            let run = models.iter().filter(|other| other.run == model.run);
            run.filter(|other| other.level < model.level).count()
        };
        models
            .iter()
            .map(|model| Self {
                model: model.name.clone(),
                run: model.run.clone(),
                training: training(&model.by),
                aspects: model.styles.iter().flat_map(aspects).collect(),
                level: place(model),
            })
            .collect()
    }

    /// Whether it was made with one aspect, or one artist's hand, alone.
    pub fn is_single(&self) -> bool {
        self.aspects.len() == 1
    }

    /// Whether both come of one run or of one training.
    pub fn is_kin(&self, other: &Self) -> bool {
        self.run == other.run || (self.training.is_some() && self.training == other.training)
    }

    /// Whether both are known to be made with the same aspects, or are models of one run.
    pub fn same_style(&self, other: &Self) -> bool {
        let known = !self.aspects.is_empty();
        self.run == other.run || (known && self.aspects == other.aspects)
    }

    /// F1 of the other's aspects as a guess of its own, in [0, 1].
    pub fn overlap(&self, other: &Self) -> f64 {
        let shared = self.aspects.intersection(&other.aspects).count();
        let all = self.aspects.len() + other.aspects.len();
        match all {
            0 => 1.0,
            _ => 2.0 * shared as f64 / all as f64,
        }
    }
}

fn training(by: &Personalized) -> Option<PathBuf> {
    match by {
        Personalized::Training { folder, .. } => folder.parent().map(Path::to_path_buf),
        Personalized::Adapter { .. }
        | Personalized::Guidance { .. }
        | Personalized::MixedGuidance { .. }
        | Personalized::Walk { .. } => None,
    }
}

fn aspects(style: &StyleShare) -> impl Iterator<Item = String> {
    let hand = style.artist.iter().map(|artist| format!("artist {artist}"));
    style.aspects.keys().cloned().chain(hand)
}

#[cfg(test)]
pub(super) fn made_up(run: &str, aspects: &[&str], level: usize) -> Candidate {
    Candidate {
        model: format!("{run}-{level}"),
        run: run.to_string(),
        training: None,
        aspects: aspects.iter().map(ToString::to_string).collect(),
        level,
    }
}

#[cfg(test)]
mod tests {
    use super::made_up;

    #[test]
    fn scales_of_a_training_are_kin_of_its_steps() {
        let of = |run: &str, training: Option<&str>| super::Candidate {
            training: training.map(Into::into),
            ..made_up(run, &["warm"], 0)
        };
        let steps = of("warm", Some("models/warm"));
        assert!(steps.is_kin(&of("warm-scaled", Some("models/warm"))));
        assert!(steps.is_kin(&of("warm", Some("models/warm-share0.5"))));
        assert!(!steps.is_kin(&of("other", Some("models/other"))));
        assert!(!of("guided", None).is_kin(&of("walked", None)));
    }

    #[test]
    fn overlap_is_the_f1_of_sets() {
        let both = made_up("a", &["warm", "pixelated"], 0);
        assert_eq!(both.overlap(&made_up("b", &["warm"], 0)), 2.0 / 3.0);
        assert_eq!(both.overlap(&made_up("b", &["dark"], 0)), 0.0);
        assert_eq!(both.overlap(&both), 1.0);
        assert!(!both.is_single());
    }
}
