//! An explanation as JSON, page and card.

use crate::Error;
use crate::telling_pictures::TellingPictures;
use finexl_core::explanation::Explanation;
use finexl_core::inspection::InspectedFile;
use finexl_core::{CoreError, atomic};
use finexl_explain::explainer::Explained;
use finexl_plot::{CardOptions, ChartOptions, MergedCard, PlotError};
use finexl_plot::{aspect_chart, check_card, html_report, merged_card, model_card};
use std::path::Path;

/// The forms of one explanation that are written to files.
pub struct Report<'a> {
    record: &'a Explanation,
    telling: Telling<'a>,
    top: usize,
    adapters: Vec<InspectedFile>,
}

/// Where the pictures of a page come from.
enum Telling<'a> {
    /// They are looked for when they are needed.
    Of(&'a Explained),
    /// They are there.
    Kept(&'a TellingPictures),
}

impl<'a> Report<'a> {
    /// Of an explanation, with the `top` aspects shown.
    pub fn new(explained: &'a Explained, top: usize) -> Self {
        Self {
            record: &explained.explanation,
            telling: Telling::Of(explained),
            top,
            adapters: Vec::new(),
        }
    }

    /// The same with what is inside the adapters, for page and card.
    pub fn with_adapters(self, adapters: Vec<InspectedFile>) -> Self {
        Self { adapters, ..self }
    }

    /// Of a record whose pictures were kept, or are not there.
    pub fn of_record(record: &'a Explanation, pictures: &'a TellingPictures, top: usize) -> Self {
        Self {
            record,
            telling: Telling::Kept(pictures),
            top,
            adapters: Vec::new(),
        }
    }

    /// The record as JSON, see datasets/explanation.schema.json.
    ///
    /// # Errors
    /// Never, but for a record that JSON has no form for.
    pub fn json(&self) -> Result<Vec<u8>, Error> {
        let mut bytes =
            serde_json::to_vec_pretty(self.record).map_err(|source| CoreError::Json {
                what: "the explanation".to_string(),
                source,
            })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// A self-contained HTML page, with the pairs that show the leading aspects most.
    ///
    /// # Errors
    /// A figure that cannot be drawn.
    pub fn html(&self) -> Result<String, Error> {
        let looked_for;
        let shown = match self.telling {
            Telling::Of(explained) => {
                looked_for = TellingPictures::of(explained);
                &looked_for
            }
            Telling::Kept(pictures) => pictures,
        };
        let pairs = shown.on_page(self.record);
        let options = ChartOptions { top: self.top };
        Ok(html_report(self.record, &pairs, &self.adapters, &options)?)
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

    /// The bars of the aspects as SVG.
    ///
    /// # Errors
    /// A figure that cannot be drawn.
    pub fn chart(&self) -> Result<String, Error> {
        Ok(aspect_chart(self.record, &ChartOptions { top: self.top })?)
    }

    /// A new model card.
    pub fn card(&self, base_model: Option<String>) -> String {
        model_card(self.record, &self.card_options(base_model))
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
        merged_card(card, self.record, &options)
    }

    /// The text of a card with this explanation in it: a new one, or the one that is there; with remarks on what was left
    /// as it is and what it lacks. `path` stands in messages.
    ///
    /// # Errors
    /// [`Error::Card`] for a card that nothing can be put into.
    pub fn card_at(
        &self,
        path: &Path,
        there: Option<&[u8]>,
        base_model: Option<String>,
    ) -> Result<MergedCard, Error> {
        let Some(card) = there else {
            return Ok(MergedCard {
                text: self.card(base_model),
                notes: Vec::new(),
            });
        };
        let refused = |source| Error::Card {
            path: path.to_path_buf(),
            source,
        };
        let known = base_model.is_some();
        let mut merged = self.merged_card(card, base_model).map_err(refused)?;
        let named = check_card(merged.text.as_bytes()).map_err(refused)?;
        if !named && !known {
            merged.notes.push(format!(
                "{} names no base model, and the images do not say it; give --base-model",
                path.display()
            ));
        }
        Ok(merged)
    }

    fn card_options(&self, base_model: Option<String>) -> CardOptions {
        CardOptions {
            base_model,
            top: self.top,
            adapters: self.adapters.clone(),
        }
    }
}
