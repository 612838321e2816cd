//! Explanations of an experiment, with their reports in its folder.

use crate::{Error, Explained, Explainer, PairOptions, PairSet, Report, Sides};
use finexl_core::CoreError;
use finexl_data::image_folder::BadFiles;
use std::path::Path;

/// Aspects that reports show.
pub(super) const TOP: usize = 12;

/// Who hears of an experiment on its way.
pub trait Listener: Sync {
    /// Something of a stage is done.
    fn progress(&self, stage: &str, done: usize, all: usize);

    /// There is something to know.
    fn remark(&self, note: &str);

    /// A model was explained, and its reports, with so many aspects, are written.
    ///
    /// # Errors
    /// Where it cannot be shown; the experiment ends then.
    fn explained(&self, explained: &Explained, top: usize) -> Result<(), CoreError>;
}

/// Explains pairs and writes JSON, page and card under a name.
pub(super) fn report(
    explainer: &Explainer,
    (folder, name): (&Path, &str),
    set: &PairSet,
    sides: &Sides,
    listener: &dyn Listener,
) -> Result<Explained, Error> {
    let options = PairOptions::plain(BadFiles::Refuse);
    let explained = explainer.explain_pairs(set, sides, &options, &|done, all| {
        listener.progress("encoding pairs", done, all);
    })?;
    Report::new(&explained, TOP).write(folder, name)?;
    listener.explained(&explained, TOP)?;
    Ok(explained)
}
