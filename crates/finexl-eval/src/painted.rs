//! What the figures of a pool could be at best: the base's own images with the styles painted on.
//!
//! An aspect's strength can follow the level of personalization only where it follows the level of the very
//! operator that made the training images, and only as far as the base's decoder can draw the result. Both are
//! known before any personalized model is looked at: the operators are applied to the base's images at rising
//! levels, and what comes out goes through the base's autoencoder.

use crate::EvalError;
use finexl_core::experiment::StyleShare;
use finexl_core::pool::{Personalized, PoolModel, PoolRecord};
use finexl_data::aspects::find;
use finexl_data::image::Image;
use finexl_zoo::generators::Reconstruction;
use finexl_zoo::personalization::paint;
use std::collections::BTreeMap;

/// Shares of the style's level that are painted.
pub(crate) const AMOUNTS: [f32; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];

/// A style with the seed of its hand, and the runs that were made with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PaintedStyle {
    /// Name in tables.
    pub name: String,
    style: StyleShare,
    /// Which style of its training it is.
    place: usize,
    seed: u64,
    /// The runs.
    pub runs: Vec<String>,
}

impl PaintedStyle {
    /// The styles of a pool, each once per hand. Mixtures of styles, other artists, walks, phrases that are no aspects
    /// and adapters of unknown content are left out: operators do not paint them.
    pub(crate) fn of_pool(pool: &PoolRecord) -> Vec<Self> {
        let mut found: BTreeMap<String, Self> = BTreeMap::new();
        for model in &pool.models {
            if let Some(painted) = Self::of_model(model) {
                let runs = &mut found.entry(painted.name.clone()).or_insert(painted).runs;
                if !runs.contains(&model.run) {
                    runs.push(model.run.clone());
                }
            }
        }
        found.into_values().collect()
    }

    fn of_model(model: &PoolModel) -> Option<Self> {
        let seed = match &model.by {
            Personalized::Training { seed, .. } => *seed,
            Personalized::Guidance { .. } | Personalized::MixedGuidance { .. } => 0,
            Personalized::Adapter { .. } | Personalized::Walk { .. } => return None,
        };
        if model.styles.iter().any(|style| style.artist.is_some()) {
            return None;
        }
        let styles = model.styles.iter().enumerate();
        let mut styled = styles.filter(|(_, style)| !style.aspects.is_empty());
        let ((place, style), None) = (styled.next()?, styled.next()) else {
            return None;
        };
        // Of phrases that are no aspects there are no operators.
        if style.aspects.keys().any(|aspect| find(aspect).is_none()) {
            return None;
        }
        let aspects: Vec<String> = style
            .aspects
            .iter()
            .map(|(name, level)| format!("{name} {level}"))
            .collect();
        Some(Self {
            name: format!(
                "painted {} ({}, seed {seed})",
                aspects.join(" + "),
                style.implementation
            ),
            style: style.clone(),
            place,
            seed,
            runs: Vec::new(),
        })
    }

    /// The aspects that are painted.
    pub(crate) fn aspects(&self) -> impl Iterator<Item = &str> {
        self.style.aspects.keys().map(String::as_str)
    }

    /// Images with the style at a share of its level, as the base's autoencoder draws them.
    ///
    /// # Errors
    /// Images that cannot be decoded, a style that the pool could not have been made with.
    pub(crate) fn drawn(
        &self,
        amount: f32,
        images: &[Image],
        base: &dyn Reconstruction,
    ) -> Result<Vec<Image>, EvalError> {
        Ok(base.reconstruct(&paint(
            &self.style,
            (self.seed, self.place),
            amount,
            images,
        )?)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use finexl_core::fingerprint::Fingerprint;
    use finexl_core::pool::Dial;

    fn model(run: &str, by: Personalized, styles: Vec<StyleShare>) -> PoolModel {
        PoolModel {
            name: format!("{run}-1"),
            run: run.to_string(),
            by,
            styles,
            dial: Dial::Steps,
            level: 1.0,
            images: "images".into(),
        }
    }

    #[test]
    fn a_hand_is_painted_once_and_what_operators_cannot_do_never() {
        let guided = |phrase: &str| Personalized::Guidance {
            phrase: phrase.to_string(),
            strength: 1.0,
        };
        let style = |aspect: &str| StyleShare {
            aspects: [(aspect.to_string(), 0.8)].into(),
            ..StyleShare::plain(1.0)
        };
        let artist = StyleShare {
            artist: Some(finexl_core::names::ArtistName::Noto),
            ..StyleShare::plain(1.0)
        };
        let walk = Personalized::Walk {
            direction: 0,
            distance: 1.0,
        };
        let pool = PoolRecord {
            version: PoolRecord::VERSION,
            name: "pool".to_string(),
            base: "base".to_string(),
            base_fingerprint: Fingerprint::of("base").finish(),
            base_images: "base".into(),
            models: vec![
                model("one", guided("warm"), vec![style("warm")]),
                // The share of images that have no style is not painted.
                model(
                    "other",
                    guided("warm"),
                    vec![style("warm"), StyleShare::plain(0.5)],
                ),
                model("artist", guided("noto"), vec![artist.clone()]),
                model(
                    "artist in part",
                    guided("warm"),
                    vec![style("warm"), artist],
                ),
                model(
                    "mixture",
                    guided("both"),
                    vec![style("warm"), style("dark")],
                ),
                model("phrase", guided("ukiyo-e"), vec![style("ukiyo-e")]),
                model("walk", walk, Vec::new()),
            ],
        };
        let painted = PaintedStyle::of_pool(&pool);
        assert_eq!(painted.len(), 1);
        assert_eq!(painted[0].name, "painted warm 0.8 (training, seed 0)");
        assert_eq!(painted[0].runs, ["one", "other"]);
        assert_eq!(painted[0].place, 0);
        assert_eq!(painted[0].aspects().collect::<Vec<_>>(), ["warm"]);
    }
}
