//! What single trials gave: one row per trial and quantity.

use crate::pool::Scenario;
use finexl_data::art::{Artist, Role};
use finexl_data::aspects::Implementation;
use serde::{Deserialize, Serialize};

/// One figure of one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was measured, as `measure/quantity`.
    pub quantity: String,
    /// Applied aspects, joined by " + "; empty for none.
    pub aspects: String,
    /// `training` or `held-out`; empty where no operator was applied.
    pub implementation: String,
    /// Whose drawings; empty for photographs.
    pub artist: String,
    /// Number of the trial within its measurement.
    pub trial: usize,
    /// 0 or 1 for shares, the figure itself otherwise.
    pub value: f64,
    /// What else is worth knowing, e.g. which aspect came first.
    pub note: String,
}

/// Which trial an outcome belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// As in [`Outcome::aspects`].
    pub aspects: String,
    /// As in [`Outcome::implementation`].
    pub implementation: &'static str,
    /// As in [`Outcome::artist`].
    pub artist: &'static str,
    /// As in [`Outcome::trial`].
    pub trial: usize,
}

impl Setting {
    /// The setting of a scenario.
    pub(crate) fn of(scenario: &Scenario, artists: &[Artist], trial: usize) -> Self {
        let names: Vec<&str> = scenario.aspects.iter().map(|(a, _)| a.name).collect();
        Self {
            implementation: if names.is_empty() {
                ""
            } else {
                scenario.implementation.name()
            },
            aspects: names.join(" + "),
            artist: artists.get(scenario.artist).map_or("", |a| a.name()),
            trial,
        }
    }

    /// An outcome of this trial.
    pub fn outcome(&self, quantity: &str, value: f64, note: impl Into<String>) -> Outcome {
        Outcome {
            quantity: quantity.to_owned(),
            aspects: self.aspects.clone(),
            implementation: self.implementation.to_owned(),
            artist: self.artist.to_owned(),
            trial: self.trial,
            value,
            note: note.into(),
        }
    }
}

impl Outcome {
    /// The groups that this outcome counts in, `overall` first.
    pub(crate) fn groups(&self) -> Vec<String> {
        let mut groups = vec!["overall".to_owned()];
        let role = self.artist.parse::<Artist>().ok().map(Artist::role);
        let held_out = self.implementation == Implementation::HeldOut.name();
        let training = self.implementation == Implementation::Training.name();
        if held_out && role == Some(Role::Test) {
            groups.push("held-out only".to_owned());
        }
        if training && role == Some(Role::Train) {
            groups.push("training only".to_owned());
        }
        let named = [
            ("implementation", &self.implementation),
            ("artist", &self.artist),
            ("aspect", &self.aspects),
        ];
        for (label, value) in named {
            if !value.is_empty() && !value.contains(" + ") {
                groups.push(format!("{label}={value}"));
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_means_operator_and_artist() {
        let mut setting = Setting {
            aspects: "warm".to_owned(),
            implementation: "held-out",
            artist: "fluent-emoji-flat",
            trial: 0,
        };
        let groups = |s: &Setting| s.outcome("one-aspect/first", 1.0, "").groups();
        assert_eq!(
            groups(&setting),
            [
                "overall",
                "held-out only",
                "implementation=held-out",
                "artist=fluent-emoji-flat",
                "aspect=warm"
            ]
        );
        setting.artist = "twemoji";
        assert!(!groups(&setting).contains(&"held-out only".to_owned()));
        setting.implementation = "training";
        setting.aspects = "warm + dark".to_owned();
        assert_eq!(
            groups(&setting),
            [
                "overall",
                "training only",
                "implementation=training",
                "artist=twemoji"
            ]
        );
    }
}
