//! What the header of a file says of its training.
//!
//! Headers hold folders of the author's disk, names of models and people. What is shown without being asked
//! for is listed here; everything else counts as private.

use finexl_core::inspection::Entry;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest value that is shown.
const LONGEST: usize = 200;

/// Entries on the training that name no place and nobody, in the order they are shown.
const TRAINING: [&str; 44] = [
    "ss_base_model_version",
    "modelspec.architecture",
    "modelspec.prediction_type",
    "modelspec.resolution",
    "modelspec.implementation",
    "modelspec.encoder_layer",
    "modelspec.timestep_range",
    "modelspec.date",
    "modelspec.title",
    "modelspec.author",
    "modelspec.license",
    "modelspec.description",
    "ss_v2",
    "ss_network_module",
    "ss_network_dim",
    "ss_network_alpha",
    "ss_network_args",
    "ss_network_dropout",
    "ss_steps",
    "ss_max_train_steps",
    "ss_epoch",
    "ss_num_epochs",
    "ss_learning_rate",
    "ss_unet_lr",
    "ss_text_encoder_lr",
    "ss_lr_scheduler",
    "ss_lr_warmup_steps",
    "ss_optimizer",
    "ss_resolution",
    "ss_num_train_images",
    "ss_num_reg_images",
    "ss_batch_size_per_device",
    "ss_total_batch_size",
    "ss_gradient_accumulation_steps",
    "ss_mixed_precision",
    "ss_clip_skip",
    "ss_noise_offset",
    "ss_multires_noise_iterations",
    "ss_zero_terminal_snr",
    "ss_min_snr_gamma",
    "ss_prior_loss_weight",
    "ss_seed",
    "ss_keep_tokens",
    "ss_shuffle_caption",
];
/// Words to put into a prompt, the surest first.
const TRIGGERS: [&str; 5] = [
    "modelspec.trigger_phrase",
    "modelspec.usage_hint",
    "trained_words",
    "trainedWords",
    "activation text",
];
/// Entries that are read elsewhere, or are no text.
const READ_ELSEWHERE: [&str; 5] = [
    "ss_tag_frequency",
    "ss_bucket_info",
    "modelspec.thumbnail",
    "lora_adapter_metadata",
    "format",
];

/// The entries of a header, sorted by who may see them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HeaderFacts {
    pub triggers: Vec<Entry>,
    pub training: Vec<Entry>,
    pub private: Vec<Entry>,
}

fn shown(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        None => value.to_string(),
        Some((end, _)) => format!("{}...", &value[..end]),
    }
}

/// Sorts the entries of a header.
pub(super) fn header_facts(metadata: &BTreeMap<String, String>) -> HeaderFacts {
    // Tools write "None" for what was not set.
    let said = |key: &&str| {
        let value = metadata.get(*key)?;
        let empty = value.trim().is_empty() || value == "None" || value == "null" || value == "{}";
        (!empty).then(|| Entry {
            key: (*key).to_string(),
            value: shown(value),
        })
    };
    let mut training: Vec<Entry> = TRAINING.iter().filter_map(said).collect();
    if let Some(text) = metadata.get("ss_bucket_info")
        && let Some(value) = buckets(text)
    {
        training.push(Entry {
            key: "ss_bucket_info".to_string(),
            value,
        });
    }
    let listed = |key: &str| {
        let mut all = TRAINING.iter().chain(&TRIGGERS).chain(&READ_ELSEWHERE);
        all.any(|known| *known == key)
    };
    let private = metadata.iter().filter(|(key, value)| {
        !listed(key) && !value.trim().is_empty() && *value != "None" && *value != "null"
    });
    HeaderFacts {
        triggers: TRIGGERS.iter().filter_map(said).collect(),
        training,
        private: (private.map(|(key, value)| Entry {
            key: key.clone(),
            value: shown(value),
        }))
        .collect(),
    }
}

/// Sizes of the training's images, e.g. "512 x 768: 20 images, 640 x 640: 4".
fn buckets(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let buckets = value.get("buckets")?.as_object()?;
    let mut sizes: Vec<(u64, String)> = Vec::new();
    for bucket in buckets.values() {
        let side = |index: usize| bucket.get("resolution")?.get(index)?.as_u64();
        let count = bucket.get("count").and_then(Value::as_u64).unwrap_or(0);
        sizes.push((count, format!("{} x {}", side(0)?, side(1)?)));
    }
    sizes.sort_by(|(a, x), (b, y)| (b, x).cmp(&(a, y)));
    let words: Vec<String> = sizes
        .iter()
        .map(|(count, size)| format!("{size}: {count}"))
        .collect();
    (!words.is_empty()).then(|| shown(&words.join(", ")))
}

/// Whether an entry says yes.
pub(super) fn is_set(metadata: &BTreeMap<String, String>, key: &str) -> bool {
    metadata
        .get(key)
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
