//! Which aspects are shown and what is said of each: the same in table, chart, report and card.

use crate::text;
use finexl_core::change::Measured;
use finexl_core::explanation::{
    AspectScore, Explanation, Generated, GeneratedImages, ShownIn, ThresholdSource, Verdict,
};

/// Scores below are written as 0.00.
pub(crate) const ROUNDS_TO_NOTHING: f64 = 0.005;

/// The aspects that are shown, in the record's order, and what is left out.
pub(crate) struct Shown<'a> {
    /// Shown aspects.
    pub rows: Vec<&'a AspectScore>,
    /// The others, of which most have no score at all.
    pub others: Vec<&'a AspectScore>,
}

impl<'a> Shown<'a> {
    /// The `top` aspects with the largest scores in size. Aspects whose score rounds to 0.00 say nothing,
    /// so they are left out even where there is room.
    pub fn of(explanation: &'a Explanation, top: usize) -> Self {
        let aspects = &explanation.aspects;
        let mut order: Vec<usize> = (0..aspects.len())
            .filter(|&i| aspects[i].significant || aspects[i].score.abs() >= ROUNDS_TO_NOTHING)
            .collect();
        order.sort_by(|&a, &b| aspects[b].score.abs().total_cmp(&aspects[a].score.abs()));
        order.truncate(top);
        order.sort_unstable();
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        for (index, aspect) in aspects.iter().enumerate() {
            if order.binary_search(&index).is_ok() {
                rows.push(aspect);
            } else {
                others.push(aspect);
            }
        }
        Self { rows, others }
    }

    /// "138 more aspects are not shown, 2 of them significant", where there are any.
    pub fn left_out(&self) -> Option<String> {
        let significant = self.others.iter().filter(|a| a.significant).count();
        match self.others.len() {
            0 => None,
            1 => Some(format!(
                "1 more aspect is not shown, {}significant",
                if significant == 0 { "not " } else { "" }
            )),
            n => Some(format!(
                "{n} more aspects are not shown, {} of them significant",
                if significant == 0 {
                    "none".to_owned()
                } else {
                    significant.to_string()
                }
            )),
        }
    }
}

/// What is concluded of one aspect, in few words; [`rule`] says what they mean.
pub(crate) fn verdict(aspect: &AspectScore) -> String {
    match aspect.decision.verdict {
        Verdict::Significant => text::plain(&aspect.wording),
        Verdict::NoScore => "no score".into(),
        Verdict::TooFewPairs => "too few pairs to tell".into(),
        Verdict::Chance => "not significant (p)".into(),
        Verdict::Size => "not significant (size)".into(),
        Verdict::ChanceAndSize => "not significant (both)".into(),
    }
}

/// What decides, to be read below the aspects; nothing where there is none.
pub(crate) fn rule(explanation: &Explanation) -> Option<String> {
    let decision = &explanation.aspects.first()?.decision;
    let size = text::number(decision.threshold);
    let beyond = match decision.threshold_from {
        ThresholdSource::Zero => "the 95% interval does not reach zero (size)".to_string(),
        ThresholdSource::Effect => format!(
            "the whole 95% interval lies beyond {size} (size), the effect threshold, below which pairs without \
             a change stay"
        ),
        ThresholdSource::Spill => format!(
            "the whole 95% interval lies beyond {size} (size), what the strongest aspect spills over to others"
        ),
    };
    Some(format!(
        "Significant: adjusted p is at most 0.05 (p) and {beyond}."
    ))
}

/// "method learned, head mini-head, references mini-gan, encoder mini-clip": what the numbers were made with.
pub(crate) fn made_with(explanation: &Explanation) -> Vec<(&'static str, String)> {
    let from = &explanation.provenance;
    let mut parts = vec![("method", explanation.method.clone())];
    let sources = [("head", &from.head), ("references", &from.references)];
    for (what, source) in sources {
        parts.extend(source.iter().map(|source| (what, source.name.clone())));
    }
    // A head brings its own levels.
    if explanation.calibrated && from.head.is_none() {
        let calibration = from.calibration.iter();
        parts.extend(calibration.map(|source| ("calibration", source.name.clone())));
    }
    parts.push(("encoder", explanation.encoder.clone()));
    if explanation.views.contains(&ShownIn::Tiles) {
        parts.push(("views", "whole and tiles".to_string()));
    }
    parts
}

/// How a side's images were generated, in one line: "mini-diffusion, adapter.safetensors at scale 0.5 (1a2b3c4d5e6f),
/// guidance 3, sampler euler, steps 20".
pub(crate) fn generated(images: &GeneratedImages) -> String {
    let mut parts = vec![images.generator.clone()];
    for applied in &images.personalization {
        let mut part = applied.file.clone();
        if let Some(scale) = applied.scale {
            part += &format!(" at scale {scale}");
        }
        if let Some(fingerprint) = &applied.fingerprint {
            part += &format!(" ({})", fingerprint.short());
        }
        if let Some(base) = &applied.base {
            part += &format!(", made for {base}");
            if let Some(fingerprint) = &applied.base_fingerprint {
                part += &format!(" ({})", fingerprint.short());
            }
        }
        parts.push(part);
    }
    let settings = images.settings.iter();
    parts.extend(settings.map(|(name, value)| format!("{name} {value}")));
    text::plain(&parts.join(", "))
}

/// Both sides of the comparison whose images are known to be generated, with how.
pub(crate) fn generated_sides(explanation: &Explanation) -> Vec<(&'static str, String)> {
    let Generated { base, personalized } = &explanation.generated;
    [("base", base), ("personalized", personalized)]
        .into_iter()
        .filter_map(|(side, images)| Some((side, generated(images.as_ref()?))))
        .collect()
}

/// What the score is, to be read after "score: ".
pub(crate) fn scale(explanation: &Explanation) -> &'static str {
    if explanation.calibrated {
        "level from 0 (unchanged) to 1 (as strong as it gets)"
    } else {
        "raw weight, comparable within this result only"
    }
}

/// Facts of the change as a whole, with their names: how large it is on a scale that a person can place, how much of it
/// all pairs share, how far apart the pictures are.
pub(crate) fn change_facts(explanation: &Explanation) -> Vec<(&'static str, String)> {
    let change = &explanation.change;
    let mut facts = Vec::new();
    if let Some(size) = change.size {
        let resaved = change.resaved.map_or_else(String::new, |resaved| {
            format!("; saving again as JPEG makes {}", text::number(resaved))
        });
        facts.push((
            "size of the change",
            format!(
                "{} (0 is none, 1 is another picture of the base{resaved})",
                text::number(size)
            ),
        ));
    }
    let measured = |found: &Measured| match found.interval {
        Some([low, high]) => format!(
            "{} ({})",
            text::number(found.value),
            text::interval(low, high)
        ),
        None => text::number(found.value),
    };
    let shared =
        (change.steadiness.as_ref()).map(|found| ("share that all pairs have in common", found));
    let apart =
        (change.diversity.as_ref()).map(|found| ("diversity, relative to the base's", found));
    facts.extend((shared.into_iter().chain(apart)).map(|(name, found)| (name, measured(found))));
    facts
}
