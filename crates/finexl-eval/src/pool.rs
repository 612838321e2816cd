//! The pool of probes: scenes of a split with their prompts, concept directions and base features.

use crate::EvalError;
use crate::settings::{Progress, Stock};
use finexl_core::seed;
use finexl_data::art::Artist;
use finexl_data::aspects::{Aspect, Implementation, stylize};
use finexl_data::image::Image;
use finexl_data::nuisance::Nuisance;
use finexl_data::scenes::{Scene, Split};
use finexl_explain::bank::ConceptBank;
use finexl_explain::divergence::Divergences;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::{Encoder, Features};
use rand::RngExt;
use rayon::prelude::*;
use std::collections::HashMap;

/// Prompts whose phrases are encoded at once.
const BANK_BLOCK: usize = 16;
/// Images kept in memory at once.
const IMAGE_BLOCK: usize = 256;

/// A personalized model: aspects with their levels, one way to draw them, one hand.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What is applied.
    pub aspects: Vec<(&'static Aspect, f32)>,
    /// By which operators.
    pub implementation: Implementation,
    /// Whose drawings; an index of the pool's artists.
    pub artist: usize,
    /// Parameters of the operators.
    pub style_seed: u64,
    /// A disturbance of the personalized side.
    pub nuisance: Option<Nuisance>,
    /// Probes, as indices of the pool.
    pub probes: Vec<usize>,
}

/// Scenes that trials draw their probes from.
///
/// Directions (about 250 texts per probe) and base features are computed once and shared by all
/// trials.
pub struct ProbePool<'a> {
    encoder: &'a dyn Encoder,
    vocabulary: &'a Vocabulary,
    stock: Stock,
    split: Split,
    seed: u64,
    scenes: Vec<Scene>,
    /// Plain prompts, `[probes, d]`.
    prompts: Features,
    /// Directions, `[banked probes, N, d]`.
    directions: Vec<f32>,
    /// Features of the base by artist and probe.
    base: HashMap<(usize, usize), Vec<f32>>,
}

impl<'a> ProbePool<'a> {
    /// An empty pool.
    pub(crate) fn new(
        encoder: &'a dyn Encoder,
        vocabulary: &'a Vocabulary,
        stock: Stock,
        split: Split,
        seed: u64,
    ) -> Self {
        Self {
            encoder,
            vocabulary,
            stock,
            split,
            seed,
            scenes: Vec::new(),
            prompts: Features::empty(encoder.dimension()),
            directions: Vec::new(),
            base: HashMap::new(),
        }
    }

    /// Dimension d of all features.
    pub fn dimension(&self) -> usize {
        self.encoder.dimension()
    }

    /// The encoder of all features.
    pub fn encoder(&self) -> &'a dyn Encoder {
        self.encoder
    }

    /// The artists, in the order that [`Scenario::artist`] counts them.
    pub fn artists(&self) -> Vec<Artist> {
        self.stock.sprites.iter().map(|s| s.artist()).collect()
    }

    /// The implementations to measure.
    pub fn implementations(&self) -> &[Implementation] {
        &self.stock.implementations
    }

    /// Plain prompts of the first `count` probes, `[count, d]` at least; more where more were needed.
    ///
    /// # Errors
    /// A split with fewer scenes, or a prompt that the encoder cannot read.
    pub fn prompts(&mut self, count: usize) -> Result<&Features, EvalError> {
        if self.scenes.len() < count {
            self.scenes = Scene::draw_distinct(self.split, self.seed, count);
            if self.scenes.len() < count {
                return Err(EvalError::setting(
                    "probes",
                    format!("the split has {} scenes only", self.scenes.len()),
                ));
            }
            let texts: Vec<String> = self.scenes.iter().map(Scene::prompt).collect();
            self.prompts = self.encoder.encode_texts(&texts)?;
        }
        Ok(&self.prompts)
    }

    /// Computes the directions of the first `count` probes, where that was not done yet.
    ///
    /// # Errors
    /// As [`ProbePool::prompts`].
    pub fn require(&mut self, count: usize, progress: Progress) -> Result<(), EvalError> {
        self.prompts(count)?;
        let size = self.vocabulary.concepts().len() * self.dimension();
        let mut done = self.directions.len() / size.max(1);
        while done < count {
            progress("concept directions", done, count);
            let end = (done + BANK_BLOCK).min(count);
            let texts: Vec<String> = self.scenes[done..end].iter().map(Scene::prompt).collect();
            let block = ConceptBank::build(self.encoder, self.vocabulary, &texts)?;
            self.directions.extend_from_slice(block.values());
            done = end;
        }
        Ok(())
    }

    /// Directions of one probe, `[N, d]`; [`ProbePool::require`] has to have covered it.
    pub fn directions(&self, probe: usize) -> &[f32] {
        let size = self.vocabulary.concepts().len() * self.dimension();
        &self.directions[probe * size..(probe + 1) * size]
    }

    /// The bank of some probes, which are the prompts of as many pairs.
    ///
    /// # Errors
    /// No probe.
    pub fn bank(&self, probes: &[usize]) -> Result<ConceptBank, EvalError> {
        let bank = self.unmatched_bank(probes)?;
        Ok(bank.of_pairs((0..probes.len()).collect())?)
    }

    /// The bank of some probes, which belong to no pairs.
    ///
    /// # Errors
    /// No probe.
    pub fn unmatched_bank(&self, probes: &[usize]) -> Result<ConceptBank, EvalError> {
        let values = probes.iter().flat_map(|p| self.directions(*p));
        Ok(ConceptBank::from_values(
            values.copied().collect(),
            probes.len(),
            self.vocabulary.concepts().len(),
            self.dimension(),
        )?)
    }

    /// Features of the clean images of some probes, `[probes, d]`.
    ///
    /// # Errors
    /// Where the encoder fails.
    pub fn base(&mut self, artist: usize, probes: &[usize]) -> Result<Features, EvalError> {
        let mut missing: Vec<usize> = probes
            .iter()
            .copied()
            .filter(|probe| !self.base.contains_key(&(artist, *probe)))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        for block in missing.chunks(IMAGE_BLOCK) {
            let images: Vec<Image> = block
                .par_iter()
                .map(|probe| self.encoder.prepare(&self.clean(artist, *probe)))
                .collect();
            let features = self.encoder.encode_images(&images)?;
            for (row, probe) in block.iter().enumerate() {
                self.base
                    .insert((artist, *probe), features.row(row).to_vec());
            }
        }
        let mut features = Features::empty(self.dimension());
        for probe in probes {
            if let Some(row) = self.base.get(&(artist, *probe)) {
                features.values.extend_from_slice(row);
            }
        }
        Ok(features)
    }

    /// Features of the personalized images of several scenarios, one after the other.
    ///
    /// # Errors
    /// Where the encoder fails.
    pub fn stylized(&self, scenarios: &[Scenario]) -> Result<Features, EvalError> {
        let all: Vec<(&Scenario, usize)> = scenarios
            .iter()
            .flat_map(|scenario| scenario.probes.iter().map(move |probe| (scenario, *probe)))
            .collect();
        let mut features = Features::empty(self.dimension());
        for block in all.chunks(IMAGE_BLOCK) {
            let images: Vec<Image> = block
                .par_iter()
                .map(|(scenario, probe)| self.personalized(scenario, *probe))
                .collect::<Result<_, _>>()?;
            features.extend(&self.encoder.encode_images(&images)?);
        }
        Ok(features)
    }

    /// Paired divergences of several scenarios.
    ///
    /// # Errors
    /// A scenario without probes, or an encoder that fails.
    pub fn divergences(&mut self, scenarios: &[Scenario]) -> Result<Vec<Divergences>, EvalError> {
        let personalized = self.stylized(scenarios)?;
        let d = self.dimension();
        let mut start = 0;
        let mut all = Vec::with_capacity(scenarios.len());
        for scenario in scenarios {
            let end = start + scenario.probes.len() * d;
            let rows = Features {
                dimension: d,
                values: personalized.values[start..end].to_vec(),
            };
            start = end;
            let base = self.base(scenario.artist, &scenario.probes)?;
            all.push(Divergences::between(&base, &rows)?);
        }
        Ok(all)
    }

    fn clean(&self, artist: usize, probe: usize) -> Image {
        let side = self.stock.sides[probe % self.stock.sides.len()];
        let render = seed::key("render-probe") ^ probe as u64;
        self.scenes[probe].render(&self.stock.sprites[artist], side, self.seed ^ render)
    }

    fn personalized(&self, scenario: &Scenario, probe: usize) -> Result<Image, EvalError> {
        let clean = self.clean(scenario.artist, probe);
        let noise: u64 =
            seed::generator(scenario.style_seed, &[seed::key("noise"), probe as u64]).random();
        let mut image = stylize(
            &clean,
            &scenario.aspects,
            scenario.implementation,
            scenario.style_seed,
            noise,
        );
        if let Some(nuisance) = scenario.nuisance {
            image = nuisance.apply(&image, noise)?;
        }
        Ok(self.encoder.prepare(&image))
    }
}

/// `count` different probes out of the first `of`, in random order.
///
/// # Errors
/// Fewer probes than are drawn.
pub(crate) fn draw_probes(
    seed_value: u64,
    keys: &[u64],
    of: usize,
    count: usize,
) -> Result<Vec<usize>, EvalError> {
    if count > of || count == 0 {
        return Err(EvalError::setting(
            "probes",
            format!("{count} pairs cannot be drawn from {of} probes; raise `probes`"),
        ));
    }
    let mut random = seed::generator(seed_value, keys);
    let mut all: Vec<usize> = (0..of).collect();
    for place in 0..count {
        let other = random.random_range(place..of);
        all.swap(place, other);
    }
    all.truncate(count);
    Ok(all)
}
