//! Runs `[gather-references]`.

use crate::EvalError;
use crate::made_pool::made_pool;
use crate::selection::pairs;
use crate::settings::Progress;
use finexl_core::experiment::{GatherReferences, ReferenceFolders, StyleShare};
use finexl_core::pool::{Personalized, PoolModel, PoolRecord};
use finexl_data::image_folder::BadFiles;
use finexl_data::pairs::{PairOptions, PairSet};
use finexl_explain::cache::Cache;
use finexl_explain::divergence::Divergences;
use finexl_explain::image_features::encode_pairs;
use finexl_explain::references::{ReferenceModel, References};
use finexl_explain::views::Views;
use finexl_zoo::encoders::Encoder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A model with its images, before they are seen.
struct Found {
    model: ReferenceModel,
    set: PairSet,
}

/// Gathers reference models and writes their file; with remarks on images that were left out.
///
/// # Errors
/// Neither pools nor folders, or both; pools of several bases; images that are missing or cannot be used; too few
/// models.
pub fn gather_references(
    config: &GatherReferences,
    encoder: &dyn Encoder,
    device: &str,
    progress: Progress<'_>,
) -> Result<(References, Vec<String>), EvalError> {
    let (mut references, found) = match (&config.folders, config.pools.as_slice()) {
        (Some(folders), []) => of_folders(folders, encoder)?,
        (None, [_, ..]) => of_pools(&config.pools, encoder, device, progress)?,
        _ => {
            let problem = "give either pools or folders";
            return Err(EvalError::setting("pools", problem));
        }
    };
    let cache = Cache::of_user();
    let mut notes = Vec::new();
    let total = found.len();
    for (done, Found { mut model, set }) in found.into_iter().enumerate() {
        progress(encoder.name(), done, total);
        notes.extend(
            set.notes
                .iter()
                .map(|note| format!("{}: {note}", model.name)),
        );
        let pairs = encode_pairs(
            encoder,
            &set,
            &PairOptions::plain(BadFiles::Refuse),
            Views::Whole,
            &cache,
            &|_, _| (),
        )?;
        let divergences = Divergences::between(&pairs.base, &pairs.personalized)?;
        model.pairs = divergences.pairs();
        references.push(model, &divergences.mean())?;
    }
    progress(encoder.name(), total, total);
    references.write(&config.output)?;
    Ok((references, notes))
}

fn of_folders(
    folders: &ReferenceFolders,
    encoder: &dyn Encoder,
) -> Result<(References, Vec<Found>), EvalError> {
    let mut named: Vec<(String, PathBuf, BTreeMap<String, f64>)> = Vec::new();
    for (name, model) in &folders.models {
        let mut levels = model.aspects.iter();
        if let Some((aspect, level)) = levels.find(|(_, level)| !(**level > 0.0 && **level <= 1.0))
        {
            let problem = format!(
                "the level of {aspect} in \"{name}\" is {level}; give one above 0, at most 1"
            );
            return Err(EvalError::setting("models", problem));
        }
        named.push((name.clone(), model.images.clone(), model.aspects.clone()));
    }
    if let Some(folder) = &folders.unlabelled {
        for path in subfolders(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            named.push((name.into_owned(), path.clone(), BTreeMap::new()));
        }
    }
    let found = named.into_iter().map(|(name, images, aspects)| {
        Ok::<_, EvalError>(Found {
            set: PairSet::open(
                &folders.base,
                &images,
                None,
                &PairOptions::plain(BadFiles::Refuse),
            )?,
            model: ReferenceModel {
                training: name.clone(),
                name,
                aspects,
                pairs: 0,
            },
        })
    });
    let found = found.collect::<Result<_, _>>()?;
    Ok((References::new(&folders.name, None, encoder), found))
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let read = |source| finexl_core::CoreError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn of_pools(
    pools: &[PathBuf],
    encoder: &dyn Encoder,
    device: &str,
    progress: Progress<'_>,
) -> Result<(References, Vec<Found>), EvalError> {
    let mut references: Option<References> = None;
    let mut found = Vec::new();
    for path in pools {
        let folder = made_pool(path, "pools", device, progress)?.folder;
        let pool = PoolRecord::read(&folder)?;
        let base = Some(&pool.base_fingerprint);
        let references =
            references.get_or_insert_with(|| References::new(&pool.base, base.cloned(), encoder));
        if references.base_fingerprint() != base {
            let problem = format!(
                "{} is a pool of {}, the first one of {}; gather each base into a file of its own",
                folder.display(),
                pool.base,
                references.base()
            );
            return Err(EvalError::setting("pools", problem));
        }
        for model in &pool.models {
            found.push(Found {
                model: described(&pool, model),
                set: pairs(&folder, &pool, model)?,
            });
        }
    }
    let references = references.ok_or_else(|| EvalError::setting("pools", "there is none"))?;
    Ok((references, found))
}

/// What is known of a model of a pool.
fn described(pool: &PoolRecord, model: &PoolModel) -> ReferenceModel {
    let run = pool.models.iter().filter(|other| other.run == model.run);
    let highest = run.map(|other| other.level).fold(0.0, f64::max);
    let share = if highest > 0.0 {
        model.level / highest
    } else {
        0.0
    };
    let training = match &model.by {
        Personalized::Training { folder, .. } => folder.parent().map(|f| f.display().to_string()),
        Personalized::Adapter { .. }
        | Personalized::Guidance { .. }
        | Personalized::MixedGuidance { .. }
        | Personalized::Walk { .. } => None,
    };
    ReferenceModel {
        name: format!("{}/{}", pool.name, model.name),
        training: format!(
            "{}/{}",
            pool.name,
            training.unwrap_or_else(|| model.run.clone())
        ),
        aspects: levels(&model.styles, share),
        pairs: 0,
    }
}

/// Levels of the aspects of styles, each by its share of the images, as far as the model has come; none where another
/// hand drew, since then not the aspects alone made the difference.
fn levels(styles: &[StyleShare], come: f64) -> BTreeMap<String, f64> {
    let mut levels = BTreeMap::new();
    if styles.iter().any(|style| style.artist.is_some()) {
        return levels;
    }
    let total: f64 = styles.iter().map(|style| style.share).sum();
    for style in styles {
        for (aspect, level) in &style.aspects {
            let part = come * f64::from(*level) * style.share / total.max(f64::MIN_POSITIVE);
            *levels.entry(aspect.clone()).or_insert(0.0) += part;
        }
    }
    levels.retain(|_, level| *level > 0.0);
    levels
        .values_mut()
        .for_each(|level| *level = level.min(1.0));
    levels
}
