//! Made-up records and an encoder without weights, for tests.
#![allow(clippy::unwrap_used)]

use finexl_core::explanation::{
    AspectScore, Decision, Explanation, Generated, Provenance, SCHEMA, ThresholdSource, Verdict,
};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::seed;
use finexl_data::image::Image;
use finexl_data::resize::fit_square;
use finexl_zoo::ZooError;
use finexl_zoo::encoders::{Encoder, Features, TextLength};
use rand::RngExt;
use std::collections::BTreeMap;

/// An entry of a record.
pub fn aspect(concept: &str, family: Option<&str>, score: f64, significant: bool) -> AspectScore {
    AspectScore {
        concept: concept.to_owned(),
        wording: String::new(),
        family: family.map(str::to_owned),
        weight: score,
        profile: Vec::new(),
        score,
        low: score - 0.1,
        high: score + 0.1,
        level: None,
        p_adjusted: 0.5,
        view: Default::default(),
        significant,
        decision: Decision {
            verdict: if significant {
                Verdict::Significant
            } else {
                Verdict::Chance
            },
            threshold: 0.0,
            threshold_from: ThresholdSource::Zero,
            because: String::new(),
        },
        most: Vec::new(),
        least: Vec::new(),
        map: None,
    }
}

/// A record of entries that are sorted already.
pub fn record(aspects: Vec<AspectScore>) -> Explanation {
    let none = Fingerprint::of("test").finish();
    Explanation {
        schema: SCHEMA.to_owned(),
        summary: String::new(),
        base: String::new(),
        personalized: String::new(),
        generated: Generated::default(),
        pairs: 25,
        pair_names: Vec::new(),
        pair_fingerprints: Vec::new(),
        method: "nnls".to_owned(),
        encoder: "fake".to_owned(),
        views: vec![Default::default()],
        change: Default::default(),
        divergence: 1.0,
        residual: 0.0,
        residual_fitted: 0.0,
        unexplained: 0.25,
        calibrated: false,
        testable: true,
        aspects,
        notes: Vec::new(),
        provenance: Provenance {
            version: String::new(),
            encoder: none.clone(),
            images: none.clone(),
            base_images: none.clone(),
            vocabulary: none.clone(),
            settings: none,
            head: None,
            references: None,
            calibration: None,
            device: "cpu".to_owned(),
            code: BTreeMap::new(),
            seed: 0,
        },
    }
}

/// Side of the fake encoder's input.
const SIDE: usize = 4;
/// Its dimension.
const DIMENSION: usize = SIDE * SIDE * 3;

/// Images become their few pixels, texts a random vector per word, summed.
pub struct FakeEncoder(Fingerprint);

impl FakeEncoder {
    pub fn new() -> Self {
        Self(Fingerprint::of("fake").finish())
    }
}

fn normalised(mut row: Vec<f32>) -> Vec<f32> {
    let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    row.iter_mut().for_each(|v| *v /= norm);
    row
}

impl Encoder for FakeEncoder {
    fn name(&self) -> &str {
        "fake"
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }

    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn prepare(&self, image: &Image) -> Image {
        fit_square(image, SIDE)
    }

    fn encode_images(&self, images: &[Image]) -> Result<Features, ZooError> {
        let rows = images
            .iter()
            .flat_map(|image| normalised(self.prepare(image).pixels));
        Ok(Features {
            dimension: DIMENSION,
            values: rows.collect(),
        })
    }

    fn encode_texts(&self, texts: &[String]) -> Result<Features, ZooError> {
        let rows = texts.iter().flat_map(|text| {
            let mut sum = vec![0.0f32; DIMENSION];
            for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
                let mut random = seed::generator(1, &[seed::key(word)]);
                sum.iter_mut()
                    .for_each(|v| *v += random.random_range(-1.0f32..1.0));
            }
            normalised(sum)
        });
        Ok(Features {
            dimension: DIMENSION,
            values: rows.collect(),
        })
    }

    fn text_length(&self, text: &str) -> Result<TextLength, ZooError> {
        let tokens = text.split_whitespace().count();
        Ok(TextLength {
            tokens,
            read: tokens,
        })
    }

    fn check_text(&self, _text: &str) -> Result<(), ZooError> {
        Ok(())
    }
}
