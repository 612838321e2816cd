//! What every measurement needs: probes, the explainer, the aspects, and how trials are numbered.

use crate::EvalError;
use crate::outcome::{Outcome, Setting};
use crate::pool::{ProbePool, Scenario, draw_probes};
use crate::settings::Progress;
use crate::summary::{Kind, Measure, Target};
use crate::trial::for_scenarios;
use finexl_core::experiment::Evaluate;
use finexl_core::explanation::Explanation;
use finexl_core::seed;
use finexl_data::art::Artist;
use finexl_data::aspects::{Aspect, Definitions, Implementation, all};
use finexl_explain::Explainer;
use rand::{Rng, RngExt};

/// The set-up shared by all measurements of a run.
pub(crate) struct Bench<'a> {
    pub config: &'a Evaluate,
    pub pool: ProbePool<'a>,
    pub explainer: Explainer,
    pub definitions: Definitions,
    pub progress: Progress<'a>,
    pub notes: Vec<String>,
}

/// What a measurement found.
#[derive(Default)]
pub(crate) struct Findings {
    /// Single trials.
    pub outcomes: Vec<Outcome>,
    /// Quantities to be summarised from them.
    pub quantities: Vec<(&'static str, Kind, Target)>,
    /// Figures that are no mean or share of outcomes.
    pub measures: Vec<Measure>,
}

/// A combination of operator, implementation and hand.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub aspect: &'static Aspect,
    pub implementation: Implementation,
    pub artist: usize,
}

impl Bench<'_> {
    /// All artists of the run.
    pub fn artists(&self) -> Vec<Artist> {
        self.pool.artists()
    }

    /// Every (aspect, implementation, artist).
    pub fn cells(&self) -> Vec<Cell> {
        let artists = self.pool.artists().len();
        let implementations = self.pool.implementations().to_vec();
        let mut cells = Vec::new();
        for aspect in all() {
            for implementation in &implementations {
                cells.extend((0..artists).map(|artist| Cell {
                    aspect,
                    implementation: *implementation,
                    artist,
                }));
            }
        }
        cells
    }

    /// One trial of a measurement: style and probes are a function of `measure` and `trial` only.
    pub fn scenario(
        &self,
        measure: &str,
        trial: usize,
        aspects: Vec<(&'static Aspect, f32)>,
        (implementation, artist): (Implementation, usize),
    ) -> Result<Scenario, EvalError> {
        let keys = [seed::key(measure), trial as u64];
        let style_seed = seed::generator(self.config.seed, &keys).next_u64();
        Ok(Scenario {
            aspects,
            implementation,
            artist,
            style_seed,
            nuisance: None,
            probes: draw_probes(
                self.config.seed,
                &[keys[0], keys[1], seed::key("probes")],
                self.config.probes,
                self.config.pairs,
            )?,
        })
    }

    /// The `trial`-th random pair of different aspects, with a random implementation and artist.
    pub fn random_double(
        &self,
        measure: &str,
        trial: usize,
        conflicts: bool,
    ) -> Result<Scenario, EvalError> {
        let level = self.config.level;
        let key = [seed::key(measure), trial as u64, seed::key("double")];
        let mut random = seed::generator(self.config.seed, &key);
        let [first, second] = random_pair(&self.definitions, conflicts, &mut random);
        let implementations = self.pool.implementations();
        let implementation = implementations[random.random_range(0..implementations.len())];
        let artist = random.random_range(0..self.pool.artists().len());
        let aspects = vec![(first, level), (second, level)];
        self.scenario(measure, trial, aspects, (implementation, artist))
    }

    /// Explains every scenario as `finexl explain` does.
    ///
    /// # Errors
    /// The first error of encoder or explainer.
    pub fn explain_all(
        &mut self,
        stage: &str,
        scenarios: &[Scenario],
    ) -> Result<Vec<Explanation>, EvalError> {
        self.pool.require(self.config.probes, self.progress)?;
        let explainer = &self.explainer;
        for_scenarios(
            &mut self.pool,
            (stage, self.progress),
            scenarios,
            |divergences, bank| Ok(explainer.explain_divergences(divergences, bank)?),
        )
    }

    /// The setting of every scenario, numbered in order.
    pub fn settings(&self, scenarios: &[Scenario]) -> Vec<Setting> {
        let artists = self.artists();
        scenarios
            .iter()
            .enumerate()
            .map(|(trial, scenario)| Setting::of(scenario, &artists, trial))
            .collect()
    }
}

/// Two different aspects, drawn evenly from all pairs that may be drawn.
pub(crate) fn random_pair(
    definitions: &Definitions,
    conflicts: bool,
    random: &mut impl Rng,
) -> [&'static Aspect; 2] {
    loop {
        let first = &all()[random.random_range(0..all().len())];
        let second = &all()[random.random_range(0..all().len())];
        let fits = conflicts || definitions.compatible(first.name, second.name);
        if first.name != second.name && fits {
            return [first, second];
        }
    }
}
