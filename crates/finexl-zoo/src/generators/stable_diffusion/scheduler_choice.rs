//! Another scheduler than the model's own.

use super::schedulers::{SchedulerClass, SchedulerConfig, Spacing};

/// What `--scheduler` says: a class, Karras' sigmas or not, and a spacing of timesteps. What it does not say is taken
/// from the model's own config where the class knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerChoice {
    /// The class.
    pub class: SchedulerClass,
    /// Whether its sigmas are those of Karras et al. 2022; as in the config where it is not said.
    pub karras: bool,
    /// Which timesteps; as in the config where there is none.
    pub spacing: Option<Spacing>,
}

impl SchedulerChoice {
    /// From NAME, NAME-karras or either with :SPACING.
    ///
    /// # Errors
    /// What is known instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, spacing) = match text.split_once(':') {
            Some((name, spacing)) => (name, Some(spacing)),
            None => (text, None),
        };
        let (name, karras) = match name.strip_suffix("-karras") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let Some(class) = SchedulerClass::parse(name) else {
            return Err(format!(
                "there is no scheduler \"{name}\"; known: {}",
                SchedulerClass::known()
            ));
        };
        let takes = [SchedulerClass::Euler, SchedulerClass::DpmSolverPp2M];
        if karras && !takes.contains(&class) {
            return Err(format!(
                "the scheduler {name} has no sigmas of Karras; euler-karras and dpm-solver-pp-2m-karras are built"
            ));
        }
        let spacing = match spacing {
            None => None,
            Some(spacing) => Some(Spacing::parse(spacing).ok_or(format!(
                "there is no spacing \"{spacing}\"; known: leading, trailing, linspace"
            ))?),
        };
        Ok(Self {
            class,
            karras,
            spacing,
        })
    }

    /// Sets what it says in a config of its class.
    pub(super) fn apply(self, mut config: SchedulerConfig) -> SchedulerConfig {
        config.karras |= self.karras;
        config.spacing = self.spacing.unwrap_or(config.spacing);
        config
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_of_both_kinds_and_spacings_are_read() {
        let choice = SchedulerChoice::parse("dpm-solver-pp-2m-karras:trailing").unwrap();
        assert_eq!(choice.class, SchedulerClass::DpmSolverPp2M);
        assert!(choice.karras);
        assert_eq!(choice.spacing, Some(Spacing::Trailing));
        let choice = SchedulerChoice::parse("EulerAncestralDiscreteScheduler").unwrap();
        assert_eq!(choice.class, SchedulerClass::EulerAncestral);
        for (wrong, word) in [
            ("unipc", "known: pndm"),
            ("ddim-karras", "no sigmas"),
            ("euler:even", "leading"),
        ] {
            let error = SchedulerChoice::parse(wrong).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
