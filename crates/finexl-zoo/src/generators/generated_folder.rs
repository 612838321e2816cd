//! Generated images as a folder that `finexl explain` takes.

use super::generation_record::{GenerationRecord, RECORD};
use super::{GenerationRequest, Generator, KeptPictures};
use crate::ZooError;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::work_lock::{Patience, WorkPlace};
use finexl_core::{atomic, json_file};
use finexl_data::encode::png_bytes;
use finexl_data::scenes::{MANIFEST, write_manifest};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Name of the image of a request inside its folder.
pub(super) fn file_name(request: &GenerationRequest) -> String {
    format!("{:05}.png", request.index + 1)
}

/// Generates the images of requests into a folder, with `manifest.csv` (file, prompt, seed, index)
/// and a record of how. Files appear when all are complete; `progress` is told the share that is done.
/// That no other process makes images there at the same time is the caller's task ([`WorkPlace`]).
///
/// # Errors
/// As [`Generator::generate`]; [`finexl_core::CoreError::Memory`] before anything is made,
/// [`finexl_core::CoreError::Write`] naming what cannot be written.
pub fn generate_folder(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    folder: &Path,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<(), ZooError> {
    for request in requests {
        generator.check_prompt(&request.prompt)?;
    }
    let at_once = generator.at_once().max(1);
    let memory = generator.memory(requests.len().min(at_once), &record.settings);
    finexl_core::memory::require("generating", memory)?;
    let partial = PartialFolder::start(folder)?;
    let names: Vec<String> = requests.iter().map(file_name).collect();
    let total = requests.len().max(1) as f64;
    for (chunk, (requests, names)) in requests
        .chunks(at_once)
        .zip(names.chunks(at_once))
        .enumerate()
    {
        let before = (chunk * at_once) as f64;
        let here = requests.len() as f64;
        let told = |share: f64| progress((before + here * share) / total);
        make(generator, (requests, names), record, partial.path(), &told)?;
    }
    let rows: Vec<[String; 4]> = requests
        .iter()
        .zip(&names)
        .map(|(r, name)| {
            let [seed, index] = [r.seed, r.index].map(|v| v.to_string());
            [name.clone(), r.prompt.clone(), seed, index]
        })
        .collect();
    write_manifest(partial.path(), ["file", "prompt", "seed", "index"], &rows)?;
    json_file::write(&partial.path().join(RECORD), record)?;
    let files = names.iter().map(String::as_str);
    partial.finish(files.chain([MANIFEST, RECORD]))?;
    Ok(())
}

/// Makes the images of requests as files of a folder, or takes those that are kept.
fn make(
    generator: &dyn Generator,
    (requests, names): (&[GenerationRequest], &[String]),
    record: &GenerationRecord,
    folder: &Path,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<(), ZooError> {
    let kept = requests.iter().map(|request| {
        let place = generator.kept()?.path(generator, &record.settings, request);
        Some((KeptPictures::read(&place), place))
    });
    let kept: Vec<Option<(Option<Vec<u8>>, PathBuf)>> = kept.collect();
    let is_there = |kept: &Option<(Option<Vec<u8>>, PathBuf)>| matches!(kept, Some((Some(_), _)));
    let missing: Vec<GenerationRequest> = (requests.iter().zip(&kept))
        .filter(|(_, kept)| !is_there(kept))
        .map(|(request, _)| request.clone())
        .collect();
    let images = match missing.is_empty() {
        true => Vec::new(),
        false => generator.generate(&missing, &record.settings, progress)?,
    };
    progress(1.0);
    let mut made = images.iter();
    let work: Vec<_> = names
        .iter()
        .zip(kept)
        .map(|(name, kept)| {
            let image = if is_there(&kept) { None } else { made.next() };
            (folder.join(name), kept, image)
        })
        .collect();
    work.into_par_iter()
        .try_for_each(|(path, kept, image)| -> Result<(), ZooError> {
            let bytes = match (image, kept) {
                (Some(image), Some((_, place))) => {
                    let bytes = png_bytes(&path, image)?;
                    KeptPictures::keep(&place, &bytes);
                    bytes
                }
                (Some(image), None) => png_bytes(&path, image)?,
                (None, Some((Some(bytes), _))) => bytes,
                (None, _) => {
                    return Err(ZooError::Config(format!(
                        "{} made fewer images than were asked for",
                        generator.name()
                    )));
                }
            };
            Ok(atomic::write(&path, &bytes)?)
        })
}

/// As [`generate_folder`], unless the folder holds exactly these images already, or another process is making
/// them and is not waited for; false in that last case.
///
/// # Errors
/// As [`generate_folder`]; [`ZooError::Config`] where it holds images that were made otherwise.
pub fn ensure_folder(
    generator: &dyn Generator,
    requests: &[GenerationRequest],
    record: &GenerationRecord,
    folder: &Path,
    patience: Patience,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<bool, ZooError> {
    is_made(record, folder)?;
    // Also where they are there: a run that was killed at its very end has left its lock.
    let Some(_lock) = WorkPlace::folder(folder).take(patience)? else {
        return Ok(false);
    };
    if !is_made(record, folder)? {
        generate_folder(generator, requests, record, folder, progress)?;
    }
    Ok(true)
}

/// Whether a folder holds exactly these images: their record is written last.
fn is_made(record: &GenerationRecord, folder: &Path) -> Result<bool, ZooError> {
    match GenerationRecord::read(folder)? {
        Some(there) if there.key() == record.key() => Ok(true),
        Some(_) => Err(ZooError::Config(format!(
            "{} holds images of another model, other prompts, other settings or another device; give another \
             folder or remove it",
            folder.display()
        ))),
        None => Ok(false),
    }
}
