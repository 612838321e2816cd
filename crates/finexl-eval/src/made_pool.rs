//! Pools by their folder or by the experiment that makes them.

use crate::EvalError;
use crate::settings::Progress;
use finexl_core::experiment::Experiment;
use finexl_core::results_folder::Others;
use finexl_zoo::personalization::make_pool;
use std::path::{Path, PathBuf};

/// A pool that is there.
pub(crate) struct MadePool {
    /// Its folder.
    pub folder: PathBuf,
    /// The base as the experiment names it; unknown where the folder was given.
    pub model: Option<String>,
}

/// A pool by the path that `setting` gives; one that is given as an experiment is made first, as far as it is
/// not there.
///
/// # Errors
/// A TOML file that is no `[make-pool]` experiment, and whatever making the pool refuses.
pub(crate) fn made_pool(
    path: &Path,
    setting: &'static str,
    device: &str,
    progress: Progress<'_>,
) -> Result<MadePool, EvalError> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(MadePool {
            folder: path.to_path_buf(),
            model: None,
        });
    }
    let Experiment::MakePool(recipe) = Experiment::read(path)? else {
        let problem = format!("{} is no [make-pool] experiment", path.display());
        return Err(EvalError::setting(setting, problem));
    };
    let device = finexl_zoo::device::by_name(device)?;
    let others = Others::Stay {
        remedy: format!(
            "give the pool of {} another output, or delete that folder",
            path.display()
        ),
    };
    make_pool(&recipe, &device, &others, progress)?;
    Ok(MadePool {
        folder: recipe.output,
        model: Some(recipe.model),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_is_taken_as_it_is_and_another_experiment_is_refused() {
        let made = made_pool(Path::new("runs/pools/a"), "pool", "cpu", &|_, _, _| ()).unwrap();
        assert_eq!(made.folder, Path::new("runs/pools/a"));
        assert!(made.model.is_none());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("encoders.toml");
        let text = "[score-encoders]\noutput = \"a\"\nencoders = []\nsplit = \"test\"\nprobes = 1\n\
                    pairs = 1\nseed = 1\n";
        std::fs::write(&path, text).unwrap();
        let error = made_pool(&path, "pool", "cpu", &|_, _, _| ())
            .err()
            .unwrap();
        let message = error.to_string();
        for part in ["`pool`", "encoders.toml", "[make-pool]"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
