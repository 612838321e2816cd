//! The pictures of a report.

use finexl_core::explanation::Explanation;
use finexl_data::decode::Pictures;
use finexl_data::encode::{jpeg_bytes, png_bytes};
use finexl_data::image::Image;
use finexl_data::pairs::Pair;
use finexl_data::resize::resize;
use finexl_explain::explainer::Explained;
use finexl_plot::{PagePairs, PictureMap, SmallPair, TellingPair};
use rayon::prelude::*;
use std::path::Path;

/// Aspects whose most telling pairs are shown.
const SHOWN_ASPECTS: usize = 3;
/// Longest side of a shown picture in pixels.
const SHOWN_SIDE: usize = 256;
/// Longest side of a picture among many.
const SMALL_SIDE: usize = 112;
/// Quality as JPEG of a picture among many.
const SMALL_QUALITY: u8 = 82;
/// At most so many pairs are on a page, at equal distances of all.
const SMALL_PAIRS: usize = 100;

/// The pairs that show the leading aspects most, and all pairs small: small enough to be kept.
#[derive(Clone, Debug, Default)]
pub struct TellingPictures {
    /// Those that show the leading aspects most.
    pub telling: Vec<Shown>,
    /// All, or a hundred of them.
    pub all: Vec<Small>,
}

/// A pair as it is embedded in a page.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Name of the pair.
    pub name: String,
    /// What both pictures were made from.
    pub prompt: Option<String>,
    /// The aspect that it shows most.
    pub concept: String,
    /// The base's picture and the personalized model's, as PNG.
    pub sides: [Vec<u8>; 2],
}

/// A pair among many.
#[derive(Clone, Debug)]
pub struct Small {
    /// Name of the pair.
    pub name: String,
    /// The base's picture and the personalized model's, as JPEG.
    pub sides: [Vec<u8>; 2],
}

impl TellingPictures {
    /// For the leading aspects that are significant the pair that shows each most, each pair once; and all pairs, or a
    /// hundred of them. A picture that has gone since it was encoded is left out.
    pub fn of(explained: &Explained) -> Self {
        let record = &explained.explanation;
        let leading = record.aspects.iter().filter(|a| a.significant);
        let mut chosen: Vec<(&Pair, String)> = Vec::new();
        for aspect in leading.take(SHOWN_ASPECTS) {
            let best = aspect
                .most
                .iter()
                .find(|score| chosen.iter().all(|(pair, _)| pair.name != score.pair));
            let pair = best.and_then(|b| explained.pairs.iter().find(|p| p.name == b.pair));
            chosen.extend(pair.map(|pair| (pair, aspect.concept.clone())));
        }
        let telling = chosen.into_par_iter().filter_map(|(pair, concept)| {
            let png =
                |path: &Path| png_bytes(path, &shrunk(path, &explained.pictures, SHOWN_SIDE)?).ok();
            Some(Shown {
                name: pair.name.clone(),
                prompt: pair.prompt.clone(),
                concept,
                sides: [png(&pair.base)?, png(&pair.personalized)?],
            })
        });
        let (found, shown) = (
            explained.pairs.len(),
            explained.pairs.len().min(SMALL_PAIRS),
        );
        let all = (0..shown).into_par_iter().filter_map(|i| {
            let pair = &explained.pairs[i * found / shown];
            let jpeg = |path: &Path| {
                jpeg_bytes(
                    &shrunk(path, &explained.pictures, SMALL_SIDE)?,
                    SMALL_QUALITY,
                )
                .ok()
            };
            Some(Small {
                name: pair.name.clone(),
                sides: [jpeg(&pair.base)?, jpeg(&pair.personalized)?],
            })
        });
        Self {
            telling: telling.collect(),
            all: all.collect(),
        }
    }

    /// As a page of that record shows them, with maps of where aspects show.
    pub(crate) fn on_page<'a>(&'a self, record: &'a Explanation) -> PagePairs<'a> {
        let telling = self.telling.iter().map(|pair| TellingPair {
            name: pair.name.clone(),
            prompt: pair.prompt.clone(),
            base_png: &pair.sides[0],
            personalized_png: &pair.sides[1],
            note: format!("most {}", pair.concept),
            map: map_of(record, pair),
        });
        let all = self.all.iter().map(|pair| SmallPair {
            name: pair.name.clone(),
            base_jpeg: &pair.sides[0],
            personalized_jpeg: &pair.sides[1],
        });
        PagePairs {
            telling: telling.collect(),
            all: all.collect(),
            count: record.pairs,
        }
    }
}

/// Where the aspect that a pair shows most is in its pictures.
fn map_of<'a>(record: &'a Explanation, pair: &Shown) -> Option<PictureMap<'a>> {
    let aspect = record.aspects.iter().find(|a| a.concept == pair.concept)?;
    let map = aspect.map.as_ref()?;
    let own = map.by_pair.iter().find(|own| own.pair == pair.name)?;
    Some(PictureMap {
        columns: map.columns,
        values: &own.values,
    })
}

/// A picture whose longest side has at most so many pixels.
fn shrunk(path: &Path, pictures: &Pictures, side: usize) -> Option<Image> {
    let image = pictures.decode(path).ok()?.image;
    let longest = image.width.max(image.height);
    let scaled = |n: usize| (n * side / longest).max(1);
    Some(match longest > side {
        true => resize(&image, scaled(image.width), scaled(image.height)),
        false => image,
    })
}
