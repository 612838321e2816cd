//! Readers of models and of what belongs to them.

use super::plain::{FILE, Target, refused, text};
use finexl_explain::calibration::Calibration;
use finexl_explain::concept_features::parse_concept_features;
use finexl_explain::features_file::FeaturesFile;
use finexl_explain::references::References;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::adapters::read_adapter;
use finexl_zoo::checkpoint::ShardIndex;
use finexl_zoo::encoders::clip::{ClipConfig, Preprocessing, Tokenizer};
use finexl_zoo::lora_files::{Embedding, LoraFile, Operator};
use finexl_zoo::safetensors_header::Header;
use finexl_zoo::stable_diffusion::{Base, ModelLayers, Part, TextShape, UnetLevel, UnetShape};
use finexl_zoo::tensor_file::TensorFile;
use finexl_zoo::weights::WeightsFile;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// All of them.
pub const MODELS: &[Target] = &[
    ("features", features),
    ("headers", headers),
    ("adapters", adapters),
    ("lora_files", lora_files),
    ("loras_on_models", loras_on_models),
    ("clip_configs", clip_configs),
    ("tokenizers", tokenizers),
    ("calibrations", calibrations),
    ("vocabularies", vocabularies),
];

/// Features, concept directions and reference models.
pub fn features(data: &[u8]) {
    let file = Path::new(FILE);
    refused(FeaturesFile::parse(file, data));
    refused(parse_concept_features(file, data, None));
    refused(References::parse(file, data));
}

/// The header of a safetensors file, and the config of one of our own.
pub fn headers(data: &[u8]) {
    refused(Header::read(data, data.len() as u64));
    refused(WeightsFile::of_bytes(Path::new(FILE), data.to_vec()).config::<Value>());
}

/// An adapter: two bytes that say how long its config is, the config, its tensors.
pub fn adapters(data: &[u8]) {
    let layers = [
        ("blocks.0.query", [8, 8]),
        ("blocks.1.query", [8, 8]),
        ("head", [8, 4]),
    ];
    if let Some((length, rest)) = data.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (config, tensors) = rest.split_at(length);
        refused(read_adapter(config, tensors, &layers));
    }
}

/// A LoRA file or learned embedding for Stable Diffusion: two bytes that say how long PEFT's config is, the config (none
/// if 0), the tensors. What is read without problems is laid out as numbers.
pub fn lora_files(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (config, tensors) = rest.split_at(length);
    let file = Path::new(FILE);
    let Some(tensors) = refused(TensorFile::parse(file, tensors)) else {
        return;
    };
    if let Some(embedding) = Embedding::read(&tensors) {
        assert!(!embedding.tables.is_empty());
    }
    let config = (!config.is_empty()).then_some(config);
    let Some(lora) = refused(LoraFile::read(file, &tensors, config)) else {
        return;
    };
    if refused(lora.check(file)).is_none() {
        return;
    }
    for layer in &lora.layers {
        let Some(change) = &layer.change else {
            continue;
        };
        if let Some(operator) = refused(Operator::of(change)).flatten() {
            let [rows, columns] = operator.shape();
            assert_eq!(operator.dense().len(), rows * columns);
        }
    }
}

/// The same for the layers of two small models, of SD 1 and of XL: what fits one is worked out beside a weight.
pub fn loras_on_models(data: &[u8]) {
    static MODELS: LazyLock<[ModelLayers; 2]> =
        LazyLock::new(|| [Base::Sd1, Base::Xl].map(small_model));
    let Some((length, rest)) = data.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (config, tensors) = rest.split_at(length);
    let config = (!config.is_empty()).then_some(config);
    let file = Path::new(FILE);
    let Some(tensors) = refused(TensorFile::parse(file, tensors)) else {
        return;
    };
    for model in &*MODELS {
        let widths = model.text_widths();
        if let Some(embedding) = Embedding::read_for(&tensors, model.base, &widths) {
            for table in &embedding.tables {
                assert_eq!(table.tensor.count(), table.vectors * table.width);
            }
        }
        let read = LoraFile::read_for(file, &tensors, config, model, "a small model");
        let Some(lora) = refused(read) else {
            continue;
        };
        if refused(lora.check(file)).is_none() {
            continue;
        }
        for layer in &lora.layers {
            let Some(place) = layer.place.layer() else {
                continue;
            };
            let [rows, columns] = place.matrix();
            let weight = vec![0.5; rows * columns];
            if let Some(by) = refused(layer.difference(&weight, place)).flatten() {
                assert_eq!(by.len(), weight.len());
            }
        }
    }
}

/// A model with the names of its family and few channels.
fn small_model(base: Base) -> ModelLayers {
    let level = |channels, depth| UnetLevel {
        channels,
        depth,
        depth_up: depth,
        residuals: 1,
    };
    let text = |part, width, projection| TextShape {
        part,
        vocabulary: 16,
        positions: 8,
        width,
        hidden: 2 * width,
        layers: 2,
        projection,
    };
    let is_xl = base == Base::Xl;
    let unet = UnetShape {
        levels: vec![level(8, usize::from(!is_xl)), level(16, usize::from(is_xl))],
        middle: Some(1),
        context: if is_xl { 20 } else { 8 },
        linear_projection: is_xl,
        added: is_xl.then_some(24),
        guidance: None,
        latent_channels: 4,
    };
    let texts = match is_xl {
        true => vec![
            text(Part::TextEncoder, 8, None),
            text(Part::TextEncoder2, 12, Some(12)),
        ],
        false => vec![text(Part::TextEncoder, 8, None)],
    };
    ModelLayers::new(base, &unet, &texts)
}

/// The configs of a published encoder: architecture, preprocessing, parts of its weights.
pub fn clip_configs(data: &[u8]) {
    let Ok(config) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    for config in [
        ClipConfig::of_huggingface(&config),
        ClipConfig::of_open_clip(&config),
    ] {
        if let Some(config) = refused(config) {
            // What is accepted can be counted.
            assert!(config.image.tokens() > 0 && config.image.grid() > 0);
        }
    }
    refused(Preprocessing::of_huggingface(&config, 224));
    refused(Preprocessing::of_open_clip(&config, 224));
    refused(ShardIndex::parse(&config));
}

/// A `tokenizer.json`, with texts that it then has to read.
pub fn tokenizers(data: &[u8]) {
    const TEXTS: [&str; 4] = [
        "",
        "a red Apple, 3 of them",
        "naïve é ﷽ 🐶 \u{0} \u{200d}",
        "!!! <|endoftext|> '",
    ];
    let Ok(json) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let causal = Tokenizer::of_json(json.clone(), 16);
    let padded = Tokenizer::padded_of(json, 16, &Value::Null);
    for tokenizer in [causal, padded].into_iter().filter_map(refused) {
        for text in TEXTS {
            if let Some(tokens) = refused(tokenizer.encode(text)) {
                assert!(tokens.len() <= 16);
            }
            refused(tokenizer.length(text));
        }
    }
}

/// A calibration.
pub fn calibrations(data: &[u8]) {
    if let Some(calibration) = refused(Calibration::parse(data, FILE)) {
        for weight in [-1.0, 0.0, 0.3, 1e300] {
            assert!(calibration.level("warm", weight).is_finite());
        }
    }
}

/// A list of phrases.
pub fn vocabularies(data: &[u8]) {
    if let Some(text) = text(data) {
        refused(Vocabulary::parse(Path::new(FILE), text));
    }
}
