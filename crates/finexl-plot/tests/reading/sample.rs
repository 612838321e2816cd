//! A made-up explanation with everything that a layout must cope with.

use finexl_core::aspect_map::{AspectMap, PairMap, Region};
use finexl_core::change::{Change, ChangeKind, Measured};
use finexl_core::explanation::{
    Applied, AspectScore, Decision, Explanation, Generated, GeneratedImages, PairScore, Provenance,
    SCHEMA, Source, ThresholdSource, Verdict,
};
use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeMap;

/// Concept, wording, family, score, low, high, adjusted p, significant.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
    f64,
    f64,
    bool,
);

const ASPECTS: [Row; 12] = [
    (
        "pixelated",
        "strongly pixelated",
        "edge",
        0.78,
        0.69,
        0.86,
        0.00002,
        true,
    ),
    (
        "warm",
        "clearly warm",
        "colour",
        0.46,
        0.35,
        0.55,
        0.00002,
        true,
    ),
    (
        "mosaic",
        "somewhat like a mosaic",
        "texture",
        0.31,
        0.18,
        0.44,
        0.0021,
        true,
    ),
    (
        "saturated",
        "less saturated",
        "colour",
        0.22,
        0.12,
        0.31,
        0.0133,
        true,
    ),
    (
        "vignette",
        "a slight vignette",
        "light",
        0.14,
        0.06,
        0.22,
        0.041,
        true,
    ),
    (
        "film photograph of the nineteen-seventies",
        "perhaps a film photograph",
        "light",
        0.12,
        0.0,
        0.26,
        0.18,
        false,
    ),
    (
        "sepia",
        "perhaps sepia",
        "colour",
        0.10,
        0.0,
        0.21,
        0.22,
        false,
    ),
    (
        "embossed",
        "slightly embossed",
        "edge",
        0.07,
        0.04,
        0.1,
        0.0002,
        false,
    ),
    (
        "high contrast",
        "perhaps of high contrast",
        "tone",
        0.05,
        0.0,
        0.13,
        0.5,
        false,
    ),
    (
        "line art",
        "perhaps line art",
        "edge",
        0.04,
        0.0,
        0.12,
        0.61,
        false,
    ),
    (
        "paper",
        "perhaps on paper",
        "texture",
        0.02,
        0.0,
        0.09,
        0.8,
        false,
    ),
    (
        "glowing",
        "perhaps glowing",
        "light",
        0.01,
        0.0,
        0.05,
        0.93,
        false,
    ),
];

/// What intervals have to lie beyond.
const THRESHOLD: f64 = 0.05;

fn source(name: &str) -> Option<Source> {
    Some(Source {
        name: name.into(),
        fingerprint: Fingerprint::of_bytes(name.as_bytes()),
    })
}

fn images(personalization: Vec<Applied>) -> GeneratedImages {
    let settings = [("steps", "20"), ("guidance", "3"), ("sampler", "euler")];
    GeneratedImages {
        generator: "mini-diffusion".into(),
        fingerprint: Fingerprint::of_bytes(b"generator"),
        weights: Some(Fingerprint::of_bytes(b"weights")),
        personalization,
        settings: settings.map(|(k, v)| (k.into(), v.into())).into(),
    }
}

/// Twelve aspects with scores, one without.
pub fn explanation() -> Explanation {
    let mut aspects: Vec<AspectScore> = ASPECTS.into_iter().map(aspect).collect();
    aspects.push(aspect((
        "cubist",
        "not cubist",
        "",
        0.0,
        0.0,
        0.03,
        1.0,
        false,
    )));
    Explanation {
        schema: SCHEMA.into(),
        summary: "The personalized images are strongly pixelated and clearly warm, with a touch \
                  of mosaic; 18% of the change is not explained by the vocabulary."
            .into(),
        base: "base".into(),
        personalized: "ukiyo-lora at scale 0.5".into(),
        generated: Generated {
            base: Some(images(Vec::new())),
            personalized: Some(images(vec![Applied {
                file: "adapter_model.safetensors".into(),
                fingerprint: Some(Fingerprint::of_bytes(b"adapter")),
                scale: Some(0.5),
                base: Some("mini-diffusion".into()),
                base_fingerprint: None,
            }])),
        },
        pairs: 25,
        pair_names: (1..=25).map(|pair| format!("scene {pair}")).collect(),
        pair_fingerprints: (1..=25)
            .map(|pair| Fingerprint::of("pair").number("scene", pair).finish())
            .collect(),
        method: "nnls".into(),
        encoder: "mini-clip".into(),
        views: vec![Default::default()],
        change: change(),
        divergence: 0.74,
        residual: 0.41,
        residual_fitted: 0.33,
        unexplained: 0.18,
        calibrated: true,
        testable: true,
        aspects,
        notes: vec![
            "no prompts were given: default probes were used, which makes the intervals wider"
                .into(),
            "2 of 27 pairs were skipped: red-apple.png is truncated, snail.png is 1x1".into(),
        ],
        provenance: Provenance {
            version: "0.1.0".into(),
            encoder: Fingerprint::of_bytes(b"encoder"),
            images: Fingerprint::of_bytes(b"images"),
            base_images: Fingerprint::of_bytes(b"base images"),
            vocabulary: Fingerprint::of_bytes(b"vocabulary"),
            settings: Fingerprint::of_bytes(b"settings"),
            head: source("mini-head"),
            references: source("mini-gan"),
            calibration: source("calibration.json"),
            device: "cpu".into(),
            code: BTreeMap::from([("analysis".into(), 1), ("nnls".into(), 1)]),
            seed: u64::MAX,
        },
    }
}

/// A change that is named, large and not quite steady.
fn change() -> Change {
    let measured = |value, low, high| {
        Some(Measured {
            value,
            interval: Some([low, high]),
        })
    };
    Change {
        kind: ChangeKind::Named,
        p: 0.0005,
        size: Some(0.62),
        resaved: Some(0.04),
        steadiness: measured(0.71, 0.62, 0.8),
        diversity: measured(0.83, 0.74, 0.93),
    }
}

/// Of two rows and columns, nearly all above.
fn map(score: f32) -> AspectMap {
    let mean = vec![score, 0.9 * score, 0.1 * score, -0.1 * score];
    AspectMap {
        columns: 2,
        rows: 2,
        pairs: 16,
        region: (score > 0.4).then_some(Region::Upper),
        by_pair: vec![PairMap {
            pair: "red apple".into(),
            values: mean.clone(),
        }],
        mean,
    }
}

fn aspect(
    (concept, wording, family, score, low, high, p_adjusted, significant): Row,
) -> AspectScore {
    let pair = |name: &str, contribution| PairScore {
        pair: name.into(),
        contribution,
    };
    let beyond = low > THRESHOLD || high < -THRESHOLD;
    let verdict = match (score != 0.0, significant, p_adjusted <= 0.05, beyond) {
        (false, ..) => Verdict::NoScore,
        (_, true, ..) => Verdict::Significant,
        (_, _, true, _) => Verdict::Size,
        (_, _, false, true) => Verdict::Chance,
        (_, _, false, false) => Verdict::ChanceAndSize,
    };
    AspectScore {
        concept: concept.into(),
        wording: wording.into(),
        family: (!family.is_empty()).then(|| family.into()),
        weight: score * 0.6,
        profile: vec![score as f32 * 0.4; 25],
        score,
        low,
        high,
        level: None,
        p_adjusted,
        view: Default::default(),
        significant,
        decision: Decision {
            verdict,
            threshold: THRESHOLD,
            threshold_from: ThresholdSource::Effect,
            because: "the reason".into(),
        },
        most: vec![pair("red apple", score * 0.9)],
        map: significant.then(|| map(score as f32)),
        least: vec![pair("snail", score * 0.2)],
    }
}

/// The same with raw weights of either sign and too few pairs.
pub fn uncalibrated() -> Explanation {
    let mut explanation = explanation();
    explanation.calibrated = false;
    explanation.testable = false;
    explanation.pairs = 6;
    explanation.aspects.truncate(4);
    for (index, aspect) in explanation.aspects.iter_mut().enumerate() {
        aspect.significant = false;
        aspect.decision.verdict = Verdict::TooFewPairs;
        aspect.decision.threshold = 0.0;
        aspect.decision.threshold_from = ThresholdSource::Zero;
        if index == 3 {
            (aspect.score, aspect.low, aspect.high) = (-0.22, -0.31, -0.12);
        }
    }
    explanation
}

/// A PNG of one grey pixel.
pub const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E',
    b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];
