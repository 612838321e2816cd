//! Tags of the captions that a file was trained on.

use finexl_core::inspection::TagFacts;
use serde_json::Value;
use std::collections::BTreeMap;

/// Tags that are kept.
const KEPT: usize = 30;

/// The most frequent tags, and how many there are in all.
pub(super) fn tags(metadata: &BTreeMap<String, String>) -> Option<(Vec<TagFacts>, usize)> {
    let text = metadata.get("ss_tag_frequency")?;
    let folders: Value = serde_json::from_str(text).ok()?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for folder in folders.as_object()?.values() {
        for (tag, count) in folder.as_object().into_iter().flatten() {
            let tag = tag.trim();
            let count = count.as_u64().unwrap_or(0);
            if !tag.is_empty() && count > 0 {
                let sum = counts.entry(tag.to_string()).or_insert(0);
                *sum = sum.saturating_add(count);
            }
        }
    }
    let images = images(metadata);
    let found = counts.len();
    let mut tags: Vec<TagFacts> = (counts.into_iter())
        .map(|(tag, count)| TagFacts {
            tag,
            count,
            share: images
                .filter(|images| *images >= count)
                .map(|images| count as f64 / images as f64),
        })
        .collect();
    tags.sort_by(|a, b| (b.count, &a.tag).cmp(&(a.count, &b.tag)));
    tags.truncate(KEPT);
    (found > 0).then_some((tags, found))
}

/// Images of the training, each counted once, where that is known.
fn images(metadata: &BTreeMap<String, String>) -> Option<u64> {
    let parsed = |key: &str| -> Option<Value> { serde_json::from_str(metadata.get(key)?).ok() };
    let count = |entry: &Value| entry.get("img_count").and_then(Value::as_u64);
    if let Some(folders) = parsed("ss_dataset_dirs")
        .as_ref()
        .and_then(Value::as_object)
    {
        let counts: Option<Vec<u64>> = folders.values().map(count).collect();
        return Some(counts?.into_iter().fold(0, u64::saturating_add)).filter(|sum| *sum > 0);
    }
    let sets = parsed("ss_datasets")?;
    let mut sum: u64 = 0;
    for set in sets.as_array()? {
        for subset in set.get("subsets")?.as_array()? {
            sum = sum.saturating_add(count(subset)?);
        }
    }
    (sum > 0).then_some(sum)
}
