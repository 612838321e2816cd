//! The calibrated space against numpy and scipy.
//!
//! Fixture: `fixtures/calibrated-space/generate.py`.

#![allow(clippy::unwrap_used)]

use finexl_explain::calibrated_space::{CalibratedSpace, KnownTrial, SpaceSettings};
use finexl_explain::vocabulary::Vocabulary;
use safetensors::SafeTensors;

/// Spaces are stored in f32.
const TOLERANCE: f64 = 1e-5;

fn read(file: &SafeTensors<'_>, name: &str) -> Vec<f64> {
    let tensor = file.tensor(name).unwrap();
    let (words, _) = tensor.data().as_chunks::<8>();
    words.iter().map(|word| f64::from_le_bytes(*word)).collect()
}

fn close(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() < TOLERANCE * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn a_space_equals_its_plain_second_version() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/calibrated-space/"
    );
    let bytes = std::fs::read(format!("{folder}fixture.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let meta: serde_json::Value =
        serde_json::from_slice(&std::fs::read(format!("{folder}meta.json")).unwrap()).unwrap();
    let shape = file.tensor("directions").unwrap().shape().to_vec();
    let (n, d) = (shape[1], shape[2]);
    let phrases: Vec<String> = (0..n).map(|k| format!("concept {k}")).collect();
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), phrases.join("\n")).unwrap();
    let vocabulary = Vocabulary::read(list.path()).unwrap();
    let [levels, directions, divergences] =
        ["levels", "directions", "divergences"].map(|name| read(&file, name));
    let trials: Vec<KnownTrial> = (0..shape[0])
        .map(|t| KnownTrial {
            divergence: divergences[t * d..(t + 1) * d].to_vec(),
            directions: directions[t * n * d..(t + 1) * n * d].into(),
            applied: (0..n)
                .map(|k| (k, levels[t * n + k]))
                .filter(|(_, level)| *level > 0.0)
                .collect(),
        })
        .collect();
    let settings = SpaceSettings {
        image_share: meta["image-share"].as_f64().unwrap(),
        shrinkage: meta["shrinkage"].as_f64().unwrap(),
    };
    let space = CalibratedSpace::fit(&trials, &vocabulary, settings).unwrap();
    let first = &trials[0];
    let blended = space.blended(&first.directions, &vocabulary).unwrap();
    close(&blended, &read(&file, "blended"));
    let mapped = space.directions(&first.directions, &vocabulary).unwrap();
    close(&mapped, &read(&file, "whitened-directions"));
    let whitened = space.whitened(&first.divergence).unwrap();
    close(&whitened, &read(&file, "whitened-divergence"));
}
