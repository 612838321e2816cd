//! The telling pairs of a model's report, as a script that its page loads when it is opened.

use super::models_data::script;
use crate::models::small_jpeg;
use data_encoding::BASE64;
use finexl_plot::{PagePicture, page_pictures};
use serde_json::{Value, json};
use std::path::Path;

/// Pairs that are shown.
const SHOWN: usize = 3;
/// Longest side of their pictures, in pixels.
const SIDE: usize = 256;

/// `pairs/ID.js`: notes and pictures of the pairs that the report shows; none of what is no such report.
pub(super) fn script_of(id: &str, path: &Path, page: &[u8]) -> Vec<u8> {
    let pairs = page_pictures(&String::from_utf8_lossy(page));
    let pairs: Vec<Value> = (pairs.iter().take(SHOWN))
        .filter_map(|pair| shown(path, pair))
        .collect();
    script(
        &format!("(window.FINEXL_PAIRS ??= {{}})[\"{id}\"]"),
        &Value::from(pairs),
    )
}

fn shown(path: &Path, pair: &PagePicture) -> Option<Value> {
    let picture = |png: &[u8]| {
        let bytes = small_jpeg(path, png, SIDE)?;
        Some(format!("data:image/jpeg;base64,{}", BASE64.encode(&bytes)))
    };
    Some(json!({
        "note": pair.note,
        "said": pair.said,
        "base": picture(&pair.base_png)?,
        "model": picture(&pair.personalized_png)?,
    }))
}
