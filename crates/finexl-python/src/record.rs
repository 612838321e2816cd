//! The record of an explanation, with its forms.

use crate::errors::raised;
use finexl::core::atomic;
use finexl::{Explained, Explanation, Report, Shown, Small, TellingPictures};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::{Path, PathBuf};

/// A record with the few pictures that its page shows.
#[pyclass(frozen, module = "finexl._finexl")]
pub struct Record {
    explanation: Explanation,
    pictures: TellingPictures,
}

impl Record {
    /// Of a record without pictures.
    pub fn plain(explanation: Explanation) -> Self {
        Self {
            explanation,
            pictures: TellingPictures::default(),
        }
    }

    /// Of an explanation; the pictures of its page are taken now, so that nothing else has to be kept.
    pub fn of(explained: Explained) -> Self {
        Self {
            pictures: TellingPictures::of(&explained),
            explanation: explained.explanation,
        }
    }

    /// The record itself.
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    fn report(&self, top: usize) -> Report<'_> {
        Report::of_record(&self.explanation, &self.pictures, top)
    }
}

#[pymethods]
impl Record {
    /// The record as the command writes it with `--json`.
    fn json(&self) -> PyResult<String> {
        let bytes = self.report(0).json().map_err(raised)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The page as the command writes it with `--html`.
    fn html(&self, top: usize) -> PyResult<String> {
        self.report(top).html().map_err(raised)
    }

    /// The bars of the aspects as SVG.
    fn chart(&self, top: usize) -> PyResult<String> {
        self.report(top).chart().map_err(raised)
    }

    /// The same as the bytes of a PNG file.
    fn chart_png<'py>(&self, py: Python<'py>, top: usize) -> PyResult<Bound<'py, PyBytes>> {
        let svg = self.report(top).chart().map_err(raised)?;
        let png = finexl::plot::png(&svg).map_err(raised)?;
        Ok(PyBytes::new(py, &png))
    }

    /// The table of the command.
    fn table(&self, top: usize, colour: bool) -> String {
        let options = finexl::plot::TableOptions {
            top,
            colour,
            quiet: true,
            ..finexl::plot::TableOptions::default()
        };
        finexl::plot::terminal_table(&self.explanation, &options)
    }

    /// All of it, for [`record_of_parts`] in another process: the record as JSON and the pictures of its page.
    fn parts(&self) -> PyResult<(String, Vec<Part>, Vec<SmallPart>)> {
        let telling = self.pictures.telling.iter().cloned();
        let part = |shown: Shown| {
            let [base, personalized] = shown.sides;
            (shown.name, shown.prompt, shown.concept, base, personalized)
        };
        let all = self.pictures.all.iter().cloned();
        let small = |Small {
                         name,
                         sides: [base, personalized],
                     }: Small| (name, base, personalized);
        Ok((
            self.json()?,
            telling.map(part).collect(),
            all.map(small).collect(),
        ))
    }

    /// Writes a text to a file, whole or not at all.
    #[staticmethod]
    fn write(path: PathBuf, text: &str) -> PyResult<()> {
        atomic::write(path, text.as_bytes()).map_err(raised)
    }

    /// Writes a model card, or puts the explanation into the one that is there; remarks on it.
    fn write_card(
        &self,
        path: PathBuf,
        top: usize,
        base_model: Option<String>,
    ) -> PyResult<Vec<String>> {
        let there = match path.is_file() {
            true => Some(atomic::read(&path).map_err(raised)?),
            false => None,
        };
        let card = self
            .report(top)
            .card_at(&path, there.as_deref(), base_model);
        let card = card.map_err(raised)?;
        atomic::write(&path, card.text.as_bytes()).map_err(raised)?;
        Ok(card.notes)
    }
}

/// A pair of a page among many: name, and both pictures as JPEG.
type SmallPart = (String, Vec<u8>, Vec<u8>);

/// A pair of a page: name, prompt, the aspect that it shows most, and both pictures as PNG.
type Part = (String, Option<String>, String, Vec<u8>, Vec<u8>);

/// A record again, of what [`Record::parts`] gave.
#[pyfunction]
pub fn record_of_parts(text: &str, telling: Vec<Part>, all: Vec<SmallPart>) -> PyResult<Record> {
    let explanation = Explanation::parse(Path::new("a copied record"), text.as_bytes());
    let shown = |(name, prompt, concept, base, personalized): Part| Shown {
        name,
        prompt,
        concept,
        sides: [base, personalized],
    };
    let small = |(name, base, personalized): SmallPart| Small {
        name,
        sides: [base, personalized],
    };
    Ok(Record {
        explanation: explanation.map_err(raised)?,
        pictures: TellingPictures {
            telling: telling.into_iter().map(shown).collect(),
            all: all.into_iter().map(small).collect(),
        },
    })
}

/// Reads a record that the command or this package wrote.
#[pyfunction]
pub fn load(path: PathBuf) -> PyResult<Record> {
    Ok(Record::plain(Explanation::read(&path).map_err(raised)?))
}
