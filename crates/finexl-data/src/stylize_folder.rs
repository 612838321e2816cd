//! A whole folder of images in the style of some aspects: `finexl data stylize`.

use crate::DataError;
use crate::aspects::{self, Aspect, Implementation};
use crate::decode::{Remark, decode_file, remarks_in_words};
use crate::encode::write_png;
use crate::image_folder::{BadFiles, ImageFolder, left_out_together};
use crate::natural_order;
use crate::pairs::nothing_usable;
use finexl_core::partial_folder::{PartialFolder, is_free};
use finexl_core::work_lock::{WorkLock, WorkPlace};
use finexl_core::{CoreError, atomic, seed};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Name of the manifest that is written beside the images.
pub const MANIFEST: &str = "manifest.csv";

/// What is done to every image of a folder.
#[derive(Clone, Debug)]
pub struct Style {
    /// Aspects with levels in [0, 1], in any order.
    pub aspects: Vec<(&'static Aspect, f32)>,
    /// Which operators make the aspects.
    pub implementation: Implementation,
    /// Seed of the style: one per personalized model. What differs from image to image is drawn from
    /// the name of the image.
    pub seed: u64,
}

/// What became of a folder.
#[derive(Clone, Debug)]
pub struct Stylized {
    /// Number of images written.
    pub images: usize,
    /// Remarks: images left out and why.
    pub notes: Vec<String>,
}

/// Reads an aspect and its level from `name=level`; hyphens may stand for the spaces of a name.
///
/// # Errors
/// [`DataError::AspectLevel`] for an unknown name (showing those that exist), a level that is no
/// number or lies outside [0, 1], or a missing `=`.
pub fn parse_aspect_level(given: &str) -> Result<(&'static Aspect, f32), DataError> {
    let wrong = |reason: String| DataError::AspectLevel {
        given: given.to_string(),
        reason,
    };
    let (name, level) = given
        .split_once('=')
        .ok_or_else(|| wrong("there is no =".to_string()))?;
    let name = name.trim().replace('-', " ");
    let aspect = aspects::find(&name).ok_or_else(|| {
        let known: Vec<&str> = aspects::all().iter().map(|a| a.name).collect();
        wrong(format!(
            "there is no aspect {name}, but {}",
            known.join(", ")
        ))
    })?;
    match level.trim().parse::<f32>() {
        Ok(level) if (0.0..=1.0).contains(&level) => Ok((aspect, level)),
        _ => Err(wrong(format!("{} is not a level", level.trim()))),
    }
}

/// Applies a style to every image of `input` and writes the results to `output` as PNG files of the
/// same names, with a manifest (`file,source,aspects,seed`) as the last file.
///
/// The images are worked on in parallel; the result does not depend on the number of threads.
/// `progress` is called with the number of images done and their total after each. With `overwrite`
/// (`--force`) files of the same names in `output` are replaced, others stay.
///
/// # Errors
/// Those of [`ImageFolder::list`] and [`decode_file`]; [`DataError::OutputInInput`];
/// [`DataError::OutputNotEmpty`] without `overwrite`; [`DataError::Core`] where something cannot be
/// written; [`DataError::NothingUsable`] where [`BadFiles::Skip`] leaves no image. After an error
/// `output` holds what it held before.
pub fn stylize_folder(
    input: &Path,
    output: &Path,
    style: &Style,
    overwrite: bool,
    bad_files: BadFiles,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Stylized, DataError> {
    let folder = ImageFolder::list(input, bad_files)?;
    let (_lock, partial) = prepare_output(input, output, overwrite)?;
    let total = folder.images.len();
    let done = AtomicUsize::new(0);
    let mut images: Vec<(&String, &PathBuf)> = folder.images.iter().collect();
    images.sort_by(|a, b| natural_order::compare(a.0, b.0));
    let outcomes: Vec<Result<(String, Vec<Remark>), DataError>> = images
        .par_iter()
        .map(|(name, file)| {
            let written = stylize_file(name, file, partial.path(), style);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            written
        })
        .collect();
    let mut rows = Vec::with_capacity(total);
    let mut failures = Vec::new();
    let mut remarks: Vec<(&Path, Remark)> = Vec::new();
    for (outcome, (_, source)) in outcomes.into_iter().zip(&images) {
        match outcome {
            Ok((file, own)) => {
                rows.push((file, source.strip_prefix(input).unwrap_or(source)));
                remarks.extend(own.into_iter().map(|remark| (source.as_path(), remark)));
            }
            // A full disk is not the fault of the image.
            Err(error @ DataError::Core(CoreError::Write { .. })) => return Err(error),
            Err(error) if bad_files == BadFiles::Skip => failures.push(error),
            Err(error) => return Err(error),
        }
    }
    if rows.is_empty() {
        return Err(nothing_usable(total, failures.first()));
    }
    write_manifest(&partial.path().join(MANIFEST), &rows, style)?;
    // An older manifest must not speak for images of this run should it be stopped halfway.
    remove_file(&output.join(MANIFEST))?;
    let images = rows.iter().map(|(file, _)| file.as_str());
    partial.finish(images.chain([MANIFEST]))?;
    let mut notes = folder.all_notes(|_| false);
    notes.extend(left_out_together("images", &failures));
    notes.extend(remarks_in_words(
        remarks.iter().map(|(path, remark)| (*path, remark)),
    ));
    Ok(Stylized {
        images: rows.len(),
        notes,
    })
}

/// Makes sure that `output` is an empty folder (or may be overwritten) outside `input` that no other process
/// writes to, and gives the place inside it where images are made.
fn prepare_output(
    input: &Path,
    output: &Path,
    overwrite: bool,
) -> Result<(WorkLock, PartialFolder), DataError> {
    // Looked at twice: before anything is made in the input, and after, when `..` behind a folder
    // that was not there yet can be followed.
    let existing = output.ancestors().find(|folder| folder.exists());
    refuse_inside(input, output, existing.unwrap_or(Path::new(".")))?;
    refuse_filled(output, overwrite)?;
    let lock = WorkPlace::folder(output).claim()?;
    refuse_filled(output, overwrite)?;
    let partial = PartialFolder::start(output)?;
    refuse_inside(input, output, output)?;
    Ok((lock, partial))
}

/// Refuses a folder that holds something already, unless its files may be overwritten.
///
/// # Errors
/// [`DataError::OutputNotEmpty`], and [`DataError::Core`] where the folder cannot be read.
pub fn refuse_filled(output: &Path, overwrite: bool) -> Result<(), DataError> {
    if !overwrite && output.is_dir() && !is_free(output)? {
        return Err(DataError::OutputNotEmpty {
            path: output.to_path_buf(),
        });
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<(), CoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CoreError::Write {
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Refuses `output` where `existing`, which it is or will be in, lies in `input`.
fn refuse_inside(input: &Path, output: &Path, existing: &Path) -> Result<(), DataError> {
    if canonical(existing)?.starts_with(canonical(input)?) {
        return Err(DataError::OutputInInput {
            input: input.to_path_buf(),
            output: output.to_path_buf(),
        });
    }
    Ok(())
}

/// The folder with links followed.
fn canonical(folder: &Path) -> Result<PathBuf, CoreError> {
    folder.canonicalize().map_err(|source| CoreError::Read {
        path: folder.to_path_buf(),
        source,
    })
}

/// Writes one styled image and returns its path inside `output`, with what there is to say of its source.
fn stylize_file(
    name: &str,
    file: &Path,
    output: &Path,
    style: &Style,
) -> Result<(String, Vec<Remark>), DataError> {
    let decoded = decode_file(file)?;
    let styled = aspects::stylize(
        &decoded.image,
        &style.aspects,
        style.implementation,
        style.seed,
        seed::key(name),
    );
    let relative = format!("{name}.png");
    let target = output.join(&relative);
    if let Some(parent) = target.parent() {
        atomic::create_folder(parent)?;
    }
    write_png(&target, &styled)?;
    Ok((relative, decoded.remarks))
}

fn write_manifest(path: &Path, rows: &[(String, &Path)], style: &Style) -> Result<(), DataError> {
    let described: Vec<String> = style
        .aspects
        .iter()
        .map(|(aspect, level)| format!("{}={level}", aspect.name))
        .collect();
    let (described, seed) = (described.join("; "), style.seed.to_string());
    Ok(atomic::write_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(["file", "source", "aspects", "seed"])?;
        for (name, source) in rows {
            writer.write_record([name.as_str(), &source.to_string_lossy(), &described, &seed])?;
        }
        writer.flush()
    })?)
}
