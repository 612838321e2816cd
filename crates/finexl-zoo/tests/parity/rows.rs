//! Every layer and the embeddings, against transformers and open_clip.

use crate::fixture::{MODELS, distance, expected, folder, images, load, texts};
use finexl_zoo::encoders::Encoder;
use std::path::Path;

/// Largest difference of an embedding.
const TOLERANCE: f32 = 1e-4;
/// Largest difference of a row between layers, whose numbers are larger.
const ROW_TOLERANCE: f32 = 1e-3;

#[test]
fn image_rows_are_those_of_the_reference() {
    for name in MODELS {
        let (clip, expected, images) = (load(name), expected(name), images());
        let kept = expected["images.block.0"].shape[0];
        let mut seen = 0;
        let output = clip
            .trace_images(&images, &mut |step, rows| {
                let Some(reference) = expected.get(&format!("images.{step}")) else {
                    return;
                };
                if step == "output" {
                    return;
                }
                seen += 1;
                let per_image = rows.len() / images.len();
                for image in 0..kept {
                    // After the last block only the class token is there.
                    let size = per_image * rows.width;
                    let ours = &rows.values[image * size..(image + 1) * size];
                    let difference = distance(ours, &reference.item(image)[..size]);
                    assert!(difference < ROW_TOLERANCE, "{name} {step}: {difference}");
                }
            })
            .unwrap();
        assert!(seen > 0, "{name}");
        let difference = distance(&output.values, &expected["images.output"].values);
        assert!(difference < ROW_TOLERANCE, "{name}: {difference}");
        let features = clip.encode_images(&images).unwrap();
        let difference = distance(&features.values, &expected["images.features"].values);
        assert!(difference < TOLERANCE, "{name}: {difference}");
    }
}

#[test]
fn text_rows_are_those_of_the_reference() {
    for name in MODELS {
        let (clip, expected) = (load(name), expected(name));
        let kept = expected["texts.block.0"].shape[0];
        for (index, text) in texts().iter().enumerate() {
            let tokens = clip.tokens(text).unwrap();
            let reference = &expected["texts.ids"].item(index)[..tokens.len()];
            let ours: Vec<f32> = tokens.iter().map(|t| *t as f32).collect();
            assert_eq!(ours, reference, "{name}: tokens of {text:?}");
            clip.trace_tokens(&tokens, &mut |step, rows| {
                let Some(reference) = expected.get(&format!("texts.{step}")) else {
                    return;
                };
                if step == "output" || index >= kept {
                    return;
                }
                // After the last block only the row that is read is there.
                let skipped = if rows.len() == 1 { tokens.len() - 1 } else { 0 };
                let start = skipped * rows.width;
                let reference = &reference.item(index)[start..start + rows.values.len()];
                let difference = distance(&rows.values, reference);
                assert!(difference < ROW_TOLERANCE, "{name} {step}: {difference}");
            })
            .unwrap();
        }
        let features = clip.encode_texts(&texts()).unwrap();
        let difference = distance(&features.values, &expected["texts.features"].values);
        assert!(difference < TOLERANCE, "{name}: {difference}");
    }
}

/// The fixtures are what `generate.py` wrote with the versions that it says.
#[test]
fn every_fixture_says_its_versions() {
    let meta = std::fs::read_to_string(folder("meta.json")).unwrap();
    for name in ["torch", "transformers", "open_clip", "timm"] {
        assert!(meta.contains(name), "{meta}");
    }
    assert!(Path::new(&folder("generate.py")).is_file());
}
