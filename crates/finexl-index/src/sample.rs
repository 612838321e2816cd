//! Records for tests.

use finexl_core::explanation::{
    AspectScore, Decision, Explanation, Generated, Provenance, SCHEMA, ThresholdSource, Verdict,
};
use finexl_core::fingerprint::Fingerprint;
use std::collections::BTreeMap;

/// Concepts of the samples, in an order that is not that of names.
pub(crate) const CONCEPTS: [&str; 4] = ["flat colour", "outlined", "dark", "bright"];

/// A record with the scores of [`CONCEPTS`], intervals of 0.1 around them, and profiles of as many pairs as there are rows.
pub(crate) fn record(model: &str, scores: [f64; 4], profiles: &[[f32; 4]]) -> Explanation {
    let same = Fingerprint::of("test").finish();
    let names: Vec<String> = (0..profiles.len())
        .map(|pair| format!("pair {pair}"))
        .collect();
    let aspects = (0..CONCEPTS.len()).map(|at| aspect(at, scores[at], profiles));
    Explanation {
        schema: SCHEMA.to_string(),
        summary: format!("Compared with base, {model} is something."),
        base: "base".to_string(),
        personalized: model.to_string(),
        generated: Generated::default(),
        pairs: names.len(),
        pair_fingerprints: (names.iter())
            .map(|name| Fingerprint::of_bytes(name.as_bytes()))
            .collect(),
        pair_names: names,
        method: "learned".to_string(),
        encoder: "mini-clip".to_string(),
        views: vec![Default::default()],
        change: Default::default(),
        divergence: 1.0,
        residual: 0.0,
        residual_fitted: 0.0,
        unexplained: 0.25,
        calibrated: true,
        testable: true,
        aspects: aspects.collect(),
        notes: Vec::new(),
        provenance: Provenance {
            version: String::new(),
            encoder: same.clone(),
            images: same.clone(),
            base_images: same.clone(),
            vocabulary: same.clone(),
            settings: same,
            head: None,
            references: None,
            calibration: None,
            device: String::new(),
            code: BTreeMap::new(),
            seed: 0,
        },
    }
}

fn aspect(at: usize, score: f64, profiles: &[[f32; 4]]) -> AspectScore {
    AspectScore {
        concept: CONCEPTS[at].to_string(),
        wording: String::new(),
        family: Some("colour".to_string()),
        weight: score,
        profile: profiles.iter().map(|pair| pair[at]).collect(),
        score,
        low: (score - 0.1).max(0.0),
        high: score + 0.1,
        level: None,
        p_adjusted: 0.01,
        view: Default::default(),
        significant: score > 0.3,
        decision: Decision {
            verdict: Verdict::NoScore,
            threshold: 0.0,
            threshold_from: ThresholdSource::Zero,
            because: String::new(),
        },
        most: Vec::new(),
        least: Vec::new(),
        map: None,
    }
}
