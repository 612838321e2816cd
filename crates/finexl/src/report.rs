//! An explanation as JSON, page and card.

use crate::Error;
use finexl_core::{CoreError, atomic};
use finexl_data::decode::decode_file;
use finexl_data::encode::png_bytes;
use finexl_data::pairs::Pair;
use finexl_data::resize::resize;
use finexl_explain::explainer::Explained;
use finexl_plot::{CardOptions, ChartOptions, MergedCard, PlotError, TellingPair};
use finexl_plot::{html_report, merged_card, model_card};
use std::path::Path;

/// Aspects whose most telling pairs are shown.
const SHOWN_ASPECTS: usize = 3;
/// Longest side of a shown picture in pixels.
const SHOWN_SIDE: usize = 256;

/// The forms of one explanation that are written to files.
pub struct Report<'a> {
    explained: &'a Explained,
    top: usize,
}

/// A pair as it is embedded in a page.
struct Shown {
    name: String,
    prompt: Option<String>,
    note: String,
    base: Vec<u8>,
    personalized: Vec<u8>,
}

impl<'a> Report<'a> {
    /// Of an explanation, with the `top` aspects shown.
    pub fn new(explained: &'a Explained, top: usize) -> Self {
        Self { explained, top }
    }

    /// The record as JSON, see datasets/explanation.schema.json.
    ///
    /// # Errors
    /// Never, but for a record that JSON has no form for.
    pub fn json(&self) -> Result<Vec<u8>, Error> {
        let mut bytes =
            serde_json::to_vec_pretty(&self.explained.explanation).map_err(|source| {
                CoreError::Json {
                    what: "the explanation".to_string(),
                    source,
                }
            })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// A self-contained HTML page, with the pairs that show the leading aspects most.
    ///
    /// # Errors
    /// A figure that cannot be drawn.
    pub fn html(&self) -> Result<String, Error> {
        let shown = self.telling_pairs();
        let pairs: Vec<TellingPair<'_>> = shown
            .iter()
            .map(|pair| TellingPair {
                name: pair.name.clone(),
                prompt: pair.prompt.clone(),
                base_png: &pair.base,
                personalized_png: &pair.personalized,
                note: pair.note.clone(),
            })
            .collect();
        let options = ChartOptions { top: self.top };
        Ok(html_report(&self.explained.explanation, &pairs, &options)?)
    }

    /// Writes JSON, page and card of a name into a folder; of a card that is there only our own part is replaced.
    ///
    /// # Errors
    /// Files that cannot be written, a card that nothing can be put into, a figure that cannot be drawn.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(), Error> {
        let file = |extension: &str| folder.join(format!("{name}.{extension}"));
        atomic::write(file("json"), &self.json()?)?;
        atomic::write(file("html"), self.html()?.as_bytes())?;
        let path = file("card.md");
        let card = match path.is_file() {
            true => self.merged_card(&atomic::read(&path)?, None)?.text,
            false => self.card(None),
        };
        Ok(atomic::write(&path, card.as_bytes())?)
    }

    /// A new model card.
    pub fn card(&self, base_model: Option<String>) -> String {
        model_card(&self.explained.explanation, &self.card_options(base_model))
    }

    /// A model card that is there already, with this explanation in it: the new text, and remarks on what was left as it
    /// is.
    ///
    /// # Errors
    /// [`PlotError::Card`] for a card that nothing can be put into.
    pub fn merged_card(
        &self,
        card: &[u8],
        base_model: Option<String>,
    ) -> Result<MergedCard, PlotError> {
        let options = self.card_options(base_model);
        merged_card(card, &self.explained.explanation, &options)
    }

    fn card_options(&self, base_model: Option<String>) -> CardOptions {
        CardOptions {
            base_model,
            top: self.top,
        }
    }

    /// For the leading aspects that are significant the pair that shows each most; each pair once. A picture that has
    /// gone since it was encoded is left out.
    fn telling_pairs(&self) -> Vec<Shown> {
        let record = &self.explained.explanation;
        let leading = record.aspects.iter().filter(|a| a.significant);
        let mut shown: Vec<Shown> = Vec::new();
        for aspect in leading.take(SHOWN_ASPECTS) {
            let best = aspect
                .most
                .iter()
                .find(|score| shown.iter().all(|s| s.name != score.pair));
            let pair = best.and_then(|b| self.explained.pairs.iter().find(|p| p.name == b.pair));
            if let Some(pair) = pair
                && let Some(pictures) = pictures(pair)
            {
                let [base, personalized] = pictures;
                shown.push(Shown {
                    name: pair.name.clone(),
                    prompt: pair.prompt.clone(),
                    note: format!("most {}", aspect.concept),
                    base,
                    personalized,
                });
            }
        }
        shown
    }
}

fn pictures(pair: &Pair) -> Option<[Vec<u8>; 2]> {
    Some([picture(&pair.base)?, picture(&pair.personalized)?])
}

fn picture(path: &Path) -> Option<Vec<u8>> {
    let image = decode_file(path).ok()?.image;
    let longest = image.width.max(image.height);
    let scaled = if longest > SHOWN_SIDE {
        let side = |n: usize| (n * SHOWN_SIDE / longest).max(1);
        resize(&image, side(image.width), side(image.height))
    } else {
        image
    };
    png_bytes(path, &scaled).ok()
}
