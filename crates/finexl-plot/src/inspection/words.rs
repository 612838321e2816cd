//! Numbers and sentences of an inspection, shared by table and page.

use crate::text;
use finexl_core::inspection::{BlockFacts, InspectedFile};

/// Three digits that count.
pub(super) fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    let magnitude = value.abs().log10().floor();
    if !(-3.0..6.0).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - magnitude).clamp(0.0, 5.0) as usize;
    format!("{value:.decimals$}")
}

/// A figure, or a dash where there is none.
pub(super) fn optional(value: Option<f64>) -> String {
    value.map_or("-".to_string(), figure)
}

/// A share, or a dash where there is none.
pub(super) fn share(value: Option<f64>) -> String {
    value.map_or("-".to_string(), text::percent)
}

/// A cosine, or a dash where there is none.
pub(super) fn cosine(value: Option<f64>) -> String {
    match value.map(|cosine| format!("{cosine:.3}")) {
        None => "-".to_string(),
        Some(text) if text == "-0.000" => "0.000".to_string(),
        Some(text) => text,
    }
}

/// A number without digits that say nothing.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.').to_string();
    match text.as_str() {
        "0" | "-0" if value != 0.0 => format!("{value:.1e}"),
        _ => text,
    }
}

fn ends(least: String, largest: String) -> String {
    match least == largest {
        true => least,
        false => format!("{least}-{largest}"),
    }
}

/// Ranks of a block.
pub(super) fn ranks(block: &BlockFacts) -> String {
    let range = block.rank.map(|[a, b]| ends(a.to_string(), b.to_string()));
    range.unwrap_or("-".to_string())
}

/// Alphas of a block.
pub(super) fn alphas(block: &BlockFacts) -> String {
    block
        .alpha
        .map_or("-".to_string(), |[a, b]| ends(short(a), short(b)))
}

/// Scales of a block.
pub(super) fn scales(block: &BlockFacts) -> String {
    block
        .scale
        .map_or("-".to_string(), |[a, b]| ends(short(a), short(b)))
}

/// Decimal megabytes, as shops and file managers say it.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// "LoRA for Stable Diffusion XL".
pub(super) fn headline(file: &InspectedFile) -> String {
    let bases = file.base.candidates.join(" or ");
    format!("{} for {bases}", file.kind)
}

/// Facts in a few words each, with their names.
pub(super) fn facts(file: &InspectedFile) -> Vec<(&'static str, String)> {
    let precisions: Vec<String> = (file.precisions.iter())
        .map(|(name, count)| format!("{name} ({})", text::count(*count, "tensor")))
        .collect();
    let mut facts = vec![
        (
            "base",
            format!(
                "{} (known by {})",
                file.base.candidates.join(" or "),
                file.base.evidence
            ),
        ),
        (
            "file",
            format!(
                "{}, {}, keys of {}",
                size(file.bytes),
                precisions.join(", "),
                file.spelling.join(" and ")
            ),
        ),
        ("SHA-256", file.sha256.to_string()),
    ];
    if file.layers_found > 0 {
        facts.push((
            "layers",
            format!(
                "{} of {} in the file can be applied",
                file.layers_known, file.layers_found
            ),
        ));
    }
    for network in file.networks.iter().filter(|network| network.changed > 0) {
        facts.push((
            network_name(&network.name),
            match network.share {
                Some(share) => format!(
                    "{} of its {} layers changed, {} of the squared change",
                    network.changed,
                    network.layers,
                    text::percent(share)
                ),
                None => format!(
                    "{} of its {} layers changed",
                    network.changed, network.layers
                ),
            },
        ));
    }
    for embedding in &file.embeddings {
        let norms: Vec<String> = embedding.norms.iter().map(|norm| figure(*norm)).collect();
        facts.push((
            network_name(&embedding.network),
            format!(
                "\"{}\": {} of {} numbers, of length {}",
                embedding.key,
                text::count(embedding.vectors, "vector"),
                embedding.width,
                norms.join(", ")
            ),
        ));
    }
    facts
}

fn network_name(name: &str) -> &'static str {
    match name {
        "unet" => "UNet",
        "text_encoder" => "text encoder",
        "text_encoder_2" => "text encoder 2",
        _ => "network",
    }
}

/// "attn1 31%, attn2 52%, ff 17%".
pub(super) fn places(file: &InspectedFile) -> String {
    let words: Vec<String> = (file.places.iter())
        .map(|place| format!("{} {}", place.place, share(place.share)))
        .collect();
    words.join(", ")
}

/// What the columns of `places` mean.
pub(super) const PLACES: &str = "attn1: picture to picture, and all attention of text encoders; attn2: picture to prompt; ff: feed-forward; proj: in and out of attention; conv: convolutions";

/// The most frequent tags with their shares.
pub(super) fn tags(file: &InspectedFile, shown: usize) -> String {
    let words: Vec<String> = (file.tags.iter().take(shown))
        .map(|tag| match tag.share {
            Some(share) => format!("{} {}", tag.tag, text::percent(share)),
            None => format!("{} ({})", tag.tag, tag.count),
        })
        .collect();
    let more = file.tags_found.saturating_sub(shown.min(file.tags.len()));
    match more {
        0 => words.join(", "),
        more => format!("{} and {more} more", words.join(", ")),
    }
}

/// What is said of entries that are not shown.
pub(super) fn left_out(file: &InspectedFile) -> Option<String> {
    (file.private_left_out > 0).then(|| {
        format!(
            "{} of the metadata may name folders, people or models and {} left out; --private shows {}",
            match file.private_left_out {
                1 => "1 further entry".to_string(),
                more => format!("{more} further entries"),
            },
            if file.private_left_out == 1 { "is" } else { "are" },
            if file.private_left_out == 1 { "it" } else { "them" },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1.00"),
            (12.345, "12.3"),
            (123.45, "123"),
            (0.012345, "0.0123"),
            (0.000012, "1.20e-5"),
            (-0.5, "-0.500"),
        ] {
            assert_eq!(figure(value), text);
        }
        assert_eq!(short(0.5), "0.5");
        assert_eq!(short(16.0), "16");
    }
}
