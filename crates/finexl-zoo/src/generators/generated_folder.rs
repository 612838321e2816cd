//! Generated images as a folder that `finexl explain` takes.

use super::generation_record::{GenerationRecord, RECORD};
use super::{GenerationRequest, Generator};
use crate::ZooError;
use finexl_core::partial_folder::PartialFolder;
use finexl_core::work_lock::{Patience, WorkPlace};
use finexl_core::{atomic, json_file};
use finexl_data::encode::png_bytes;
use finexl_data::scenes::{MANIFEST, write_manifest};
use rayon::prelude::*;
use std::path::Path;

/// Images that are in memory at a time.
const AT_ONCE: usize = 256;

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
    let memory = generator.memory(requests.len().min(AT_ONCE));
    finexl_core::memory::require("generating", memory)?;
    let partial = PartialFolder::start(folder)?;
    let names: Vec<String> = requests.iter().map(file_name).collect();
    let total = requests.len().max(1) as f64;
    for (chunk, (requests, names)) in requests
        .chunks(AT_ONCE)
        .zip(names.chunks(AT_ONCE))
        .enumerate()
    {
        let before = (chunk * AT_ONCE) as f64;
        let here = requests.len() as f64;
        let images = generator.generate(requests, &record.settings, &|share| {
            progress((before + here * share) / total);
        })?;
        names
            .par_iter()
            .zip(&images)
            .try_for_each(|(name, image)| -> Result<(), ZooError> {
                let path = partial.path().join(name);
                Ok(atomic::write(&path, &png_bytes(&path, image)?)?)
            })?;
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
