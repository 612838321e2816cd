//! Features of generated images, without the images: blocks of them are kept as soon as they are there.

use crate::EvalError;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use finexl_data::nuisance::Nuisance;
use finexl_explain::cache::Cache;
use finexl_zoo::encoders::{Encoder, Features};
use finexl_zoo::generators::{GenerationRecord, GenerationRequest, GenerationSettings, Generator};
use rayon::prelude::*;
use std::collections::HashMap;

/// Version of how images are drawn, disturbed and encoded.
const VERSION: u32 = 2;

/// Kind of what is kept in the cache.
pub(super) const KIND: &str = "probes";
/// Images that are generated, and whose features are kept, at a time.
pub(super) const BLOCK: usize = 100;

/// What is done to a copy of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Disturbance {
    /// Which disturbance.
    pub nuisance: Nuisance,
    /// Its randomness.
    pub seed: u64,
}

/// Draws images and encodes them.
#[derive(Clone, Copy)]
pub(super) struct Drawing<'a> {
    /// Who draws.
    pub generator: &'a dyn Generator,
    /// How.
    pub settings: &'a GenerationSettings,
    /// Who looks at the images.
    pub encoder: &'a dyn Encoder,
    /// Where features are kept.
    pub cache: &'a Cache,
}

impl Drawing<'_> {
    /// Features of the images of requests, `[n, d]`; `told` hears how many are done.
    ///
    /// # Errors
    /// What cannot be generated or encoded.
    pub fn plain(
        &self,
        requests: &[GenerationRequest],
        told: &dyn Fn(usize),
    ) -> Result<Features, EvalError> {
        let [plain, _] = self.with_disturbed(requests, &[], told)?;
        Ok(plain)
    }

    /// Features of the images of requests, `[n, d]`, and of copies of the first ones of them that are disturbed,
    /// `[disturbances, d]`.
    ///
    /// # Errors
    /// What cannot be generated, disturbed or encoded.
    pub fn with_disturbed(
        &self,
        requests: &[GenerationRequest],
        disturbances: &[Disturbance],
        told: &dyn Fn(usize),
    ) -> Result<[Features; 2], EvalError> {
        let dimension = self.encoder.dimension();
        let (mut plain, mut disturbed) = (Features::empty(dimension), Features::empty(dimension));
        for (number, block) in requests.chunks(BLOCK).enumerate() {
            let start = number * BLOCK;
            told(start);
            let end = (start + block.len()).min(disturbances.len());
            let here = disturbances.get(start..end).unwrap_or_default();
            let rows = self.block(block, here)?;
            let (own, others) = rows.values.split_at(block.len() * dimension);
            plain.values.extend_from_slice(own);
            disturbed.values.extend_from_slice(others);
        }
        Ok([plain, disturbed])
    }

    /// Features of a block, and behind them those of the disturbed copies.
    fn block(
        &self,
        requests: &[GenerationRequest],
        disturbances: &[Disturbance],
    ) -> Result<Features, EvalError> {
        let key = self.key(requests, disturbances);
        let shape = (
            requests.len() + disturbances.len(),
            self.encoder.dimension(),
        );
        if let Some((kept, _)) = self.cache.features(KIND, &key)
            && (kept.len(), kept.dimension) == shape
        {
            return Ok(kept);
        }
        let drawn = self.generator.generate(requests, self.settings, &|_| ())?;
        let images: Vec<Image> = drawn.iter().map(as_saved).collect();
        let mut features = self.encoder.encode_images(&images)?;
        if !disturbances.is_empty() {
            let copies: Vec<Image> = disturbances
                .par_iter()
                .zip(&images)
                .map(|(disturbance, image)| disturbance.nuisance.apply(image, disturbance.seed))
                .collect::<Result<_, _>>()?;
            features.extend(&self.encoder.encode_images(&copies)?);
        }
        self.cache
            .keep_features(KIND, &key, &features, HashMap::new());
        Ok(features)
    }

    /// Fingerprint of everything that the features of a block depend on; that of a personalized generator covers
    /// its adapter's files and scale.
    fn key(&self, requests: &[GenerationRequest], disturbances: &[Disturbance]) -> Fingerprint {
        let record = GenerationRecord::new(self.generator, &[], self.settings.clone(), requests);
        let key = Fingerprint::of("features of generated probes")
            .number("version", u64::from(VERSION))
            .nested("images", &record.key())
            .nested("encoder", self.encoder.fingerprint())
            .text("device", self.encoder.device());
        let all = disturbances.iter();
        all.fold(key, |key, disturbance| {
            key.text("nuisance", disturbance.nuisance.name())
                .number("seed", disturbance.seed)
        })
        .finish()
    }
}

/// The image that comes back from a file: `finexl explain` sees no other.
fn as_saved(image: &Image) -> Image {
    Image::from_rgb8(image.width, image.height, &image.to_rgb8())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::made_up::FakeEncoder;
    use finexl_core::seed;
    use finexl_zoo::ZooError;
    use finexl_zoo::generators::ChosenSettings;
    use rand::RngExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Noise by prompt, seed and index; counts what it was asked for.
    struct FakeGenerator {
        fingerprint: Fingerprint,
        generated: AtomicUsize,
    }

    impl FakeGenerator {
        fn new(name: &str) -> Self {
            Self {
                fingerprint: Fingerprint::of(name).finish(),
                generated: AtomicUsize::new(0),
            }
        }
    }

    impl Generator for FakeGenerator {
        fn name(&self) -> &str {
            "fake"
        }

        fn fingerprint(&self) -> &Fingerprint {
            &self.fingerprint
        }

        fn weights(&self) -> &Fingerprint {
            &self.fingerprint
        }

        fn settings(&self, _chosen: &ChosenSettings) -> Result<GenerationSettings, ZooError> {
            Ok(GenerationSettings::default())
        }

        fn describe(&self) -> Vec<(String, String)> {
            Vec::new()
        }

        fn check_prompt(&self, _prompt: &str) -> Result<(), ZooError> {
            Ok(())
        }

        fn memory(&self, _images: usize, _settings: &GenerationSettings) -> u64 {
            0
        }

        fn generate(
            &self,
            requests: &[GenerationRequest],
            _settings: &GenerationSettings,
            _progress: &(dyn Fn(f64) + Sync),
        ) -> Result<Vec<Image>, ZooError> {
            self.generated.fetch_add(requests.len(), Ordering::Relaxed);
            let images = requests.iter().map(|request| {
                let keys = [seed::key(&request.prompt), request.index];
                let mut random = seed::generator(request.seed, &keys);
                Image::new(4, 4, (0..48).map(|_| random.random()).collect())
            });
            Ok(images.collect())
        }
    }

    fn requests(count: usize, seed: u64) -> Vec<GenerationRequest> {
        let prompts: Vec<String> = (0..count).map(|place| format!("scene {place}")).collect();
        GenerationRequest::of_prompts(&prompts, seed)
    }

    fn grain(count: usize) -> Vec<Disturbance> {
        let seeds = 0..count as u64;
        seeds
            .map(|seed| Disturbance {
                nuisance: Nuisance::Grain,
                seed,
            })
            .collect()
    }

    #[test]
    fn disturbed_copies_stand_beside_the_first_images_whatever_the_blocks() {
        let (generator, encoder) = (FakeGenerator::new("a"), FakeEncoder::new());
        let (settings, cache) = (GenerationSettings::default(), Cache::none());
        let drawing = Drawing {
            generator: &generator,
            settings: &settings,
            encoder: &encoder,
            cache: &cache,
        };
        let all = requests(BLOCK + 30, 1);
        for disturbed in [0, 20, BLOCK, BLOCK + 10] {
            let [plain, copies] = drawing
                .with_disturbed(&all, &grain(disturbed), &|_| ())
                .unwrap();
            assert_eq!((plain.len(), copies.len()), (all.len(), disturbed));
            for row in 0..disturbed {
                let (own, copy) = (plain.row(row), copies.row(row));
                let product: f32 = own.iter().zip(copy).map(|(a, b)| a * b).sum();
                assert!(own != copy && product > 0.99, "{row}: {product}");
            }
        }
        let other = drawing.plain(&requests(BLOCK + 30, 2), &|_| ()).unwrap();
        assert_ne!(other, drawing.plain(&all, &|_| ()).unwrap());
    }

    #[test]
    fn what_was_drawn_is_not_drawn_again() {
        let folder = tempfile::tempdir().unwrap();
        let (encoder, cache) = (FakeEncoder::new(), Cache::at(folder.path()));
        let settings = GenerationSettings::default();
        let (first, second) = (FakeGenerator::new("a"), FakeGenerator::new("b"));
        let drawing = |generator| Drawing {
            generator,
            settings: &settings,
            encoder: &encoder,
            cache: &cache,
        };
        // A run that was stopped behind its first block.
        let all = requests(BLOCK + 30, 1);
        drawing(&first).plain(&all[..BLOCK], &|_| ()).unwrap();
        let found = drawing(&first).plain(&all, &|_| ()).unwrap();
        assert_eq!(first.generated.load(Ordering::Relaxed), all.len());
        assert_eq!(drawing(&first).plain(&all, &|_| ()).unwrap(), found);
        assert_eq!(first.generated.load(Ordering::Relaxed), all.len());
        // Another model, and the same one with disturbed copies, are something else.
        drawing(&second).plain(&all, &|_| ()).unwrap();
        assert_eq!(second.generated.load(Ordering::Relaxed), all.len());
        let with = drawing(&first).with_disturbed(&all, &grain(10), &|_| ());
        assert_eq!(with.unwrap()[0], found);
        assert_eq!(first.generated.load(Ordering::Relaxed), all.len() + BLOCK);
    }
}
