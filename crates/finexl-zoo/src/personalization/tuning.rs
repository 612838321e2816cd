//! Trains a generator on the images of a style.

use super::direction_tuning::{DirectionTuning, images_fingerprint};
use super::objective::Objective;
use super::style_images::StyledImage;
use super::training_images::training_images;
use super::training_state::TrainingStates;
use super::tuning_checks::{check, memory};
use super::weight_tuning::WeightTuning;
use crate::ZooError;
use crate::generators::{AnyGenerator, Generator, with_tunable};
use crate::workers::{Workers, cuts};
use burn::optim::GradientsParams;
use burn::tensor::Device;
use finexl_core::CoreError;
use finexl_core::experiment::{Mechanism, Personalize};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::personalization::PersonalizationRecord;
use finexl_core::recipe::Recipe;
use finexl_core::seed::{generator, key};
use finexl_core::work_lock::{Patience, WorkLock, WorkPlace};
use rand::RngExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Steps after which the state of a training is kept, beside those of snapshots.
const STEPS_BETWEEN_STATES: usize = 50;
/// How folders of snapshots are called, before the number of their step.
const SNAPSHOT: &str = "step-";
/// Steps of linear warm-up.
const WARMUP: usize = 10;

/// Personalizes a generator of any family; returns the folders of the snapshots, in order. `progress` is
/// told steps done and in all.
///
/// Snapshots that are there already, of the same configuration and the same images, stay as they are; a
/// training that was killed goes on after the last state that it kept. Where another process is at work in
/// the folder it is waited for.
///
/// # Errors
/// A configuration that cannot be trained, snapshots of another configuration in the folder, art that
/// was not fetched, files that cannot be written, too little memory.
pub fn personalize(
    config: &Personalize,
    base: &AnyGenerator,
    device: &Device,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<PathBuf>, ZooError> {
    let made = personalize_with(config, base, device, Patience::Wait, progress)?;
    Ok(made.unwrap_or_default())
}

/// As [`personalize`]; nothing where another process is at it and is not waited for.
///
/// # Errors
/// As [`personalize`].
pub(super) fn personalize_with(
    config: &Personalize,
    base: &AnyGenerator,
    device: &Device,
    patience: Patience,
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Vec<PathBuf>>, ZooError> {
    let steps = check(config, base)?;
    if *device == Device::flex() {
        let what = format!("personalization {} (images, images-per-step)", config.name);
        let needed = with_tunable!(base, base => memory(config, base.as_ref()));
        finexl_core::memory::require(&what, needed)?;
    }
    let run = Run {
        config,
        steps,
        device,
        patience,
        progress,
    };
    match (&config.mechanism, base) {
        (Mechanism::Direction {}, AnyGenerator::Gan(base)) => {
            let images = images_fingerprint(config, base)?;
            run.tune(base.as_ref(), images, || DirectionTuning::new(config, base))
        }
        _ => {
            let styled = training_images(config, base)?;
            let images = fingerprint(&styled);
            with_tunable!(base, base => {
                run.tune(base.as_ref(), images, || WeightTuning::new(config, base.as_ref(), styled))
            })
        }
    }
}

/// A training that is to be done.
struct Run<'a> {
    config: &'a Personalize,
    steps: usize,
    device: &'a Device,
    patience: Patience,
    progress: &'a dyn Fn(usize, usize),
}

impl Run<'_> {
    /// Trains what `prepare` makes of the images with this fingerprint, unless all snapshots are there.
    fn tune<O: Objective>(
        &self,
        base: &dyn Generator,
        images: Fingerprint,
        prepare: impl FnOnce() -> Result<O, ZooError>,
    ) -> Result<Option<Vec<PathBuf>>, ZooError> {
        let config = self.config;
        let snapshots = Snapshots {
            config,
            base,
            images,
        };
        let states = TrainingStates::of(&config.output);
        snapshots.refuse_others(&states)?;
        let Some(lock) = WorkPlace::folder(&config.output).take(self.patience)? else {
            return Ok(None);
        };
        snapshots.refuse_others(&states)?;
        let of_step = |step: &usize| snapshot_folder(&config.output, *step);
        let folders: Vec<PathBuf> = config.snapshots.iter().map(of_step).collect();
        if let Some(missing) = snapshots.first_missing(&folders)? {
            let objective = prepare()?;
            let kept = Kept {
                snapshots: &snapshots,
                states: &states,
                folders: &folders,
                lock: &lock,
            };
            self.train(&objective, &kept, missing)?;
        }
        lock.check()?;
        states.clear()?;
        Ok(Some(folders))
    }

    /// Trains until the last snapshot, from the last state before the first that is missing.
    fn train<O: Objective>(
        &self,
        objective: &O,
        kept: &Kept<'_>,
        missing: usize,
    ) -> Result<(), ZooError> {
        let (config, states) = (self.config, kept.states);
        let device = self.device.clone().autodiff();
        let workers = Workers::new(&device);
        let mut learned = objective.fresh(&device)?;
        let mut optimizer = objective.optimizer();
        let mut begin = 0;
        let before_missing = |state: &PersonalizationRecord| {
            state.step < missing && *state == kept.snapshots.record(state.step)
        };
        match states.load(before_missing, &learned, &optimizer) {
            Some((step, model, state)) => (begin, learned, optimizer) = (step, model, state),
            None => states.clear()?,
        }
        let start = Instant::now();
        for step in begin..self.steps {
            let gradients = self.gradients(objective, &learned, step, &workers, &device);
            let warm = ((step + 1) as f64 / WARMUP as f64).min(1.0);
            learned = optimizer.step(config.learning_rate * warm, learned, gradients);
            let done = step + 1;
            (self.progress)(done, self.steps);
            let snapshot = config.snapshots.iter().position(|s| *s == done);
            if let Some(index) = snapshot {
                kept.lock.check()?;
                let folder = &kept.folders[index];
                kept.snapshots.keep(objective, &learned, done, folder)?;
            }
            let worth_keeping = snapshot.is_some() || done.is_multiple_of(STEPS_BETWEEN_STATES);
            if worth_keeping && done < self.steps {
                kept.lock.check()?;
                states.keep(&kept.snapshots.record(done), &learned, &optimizer)?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let steps = self.steps - begin;
        tracing::info!(steps, seconds, "trained a personalization");
        Ok(())
    }

    /// Those of a step on its images, with what is drawn for them.
    fn gradients<O: Objective>(
        &self,
        objective: &O,
        learned: &O::Learned,
        step: usize,
        workers: &Workers,
        device: &Device,
    ) -> GradientsParams {
        let config = self.config;
        let mut random = generator(config.seed, &[key("personalization step"), step as u64]);
        let chosen: Vec<usize> = (0..config.images_per_step)
            .map(|_| random.random_range(0..config.images))
            .collect();
        let batch = objective.batch(&chosen, &mut random, device);
        let parts = cuts(config.images_per_step, workers.parts())
            .map(|[start, end]| (O::rows(&batch, start, end), end - start))
            .collect();
        workers.gradients(learned, device, parts, O::loss).1
    }
}

/// Folder of a snapshot inside the folder of a personalization.
pub(super) fn snapshot_folder(output: &Path, step: usize) -> PathBuf {
    output.join(format!("{SNAPSHOT}{step:04}"))
}

/// What a personalization is trained on.
fn fingerprint(images: &[StyledImage]) -> Fingerprint {
    let key = Fingerprint::of("training images");
    let key = images.iter().fold(key, |key, styled| {
        let bytes: Vec<u8> = styled
            .image
            .pixels
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        key.text("prompt", &styled.prompt).bytes("pixels", &bytes)
    });
    key.finish()
}

/// What a training leaves on its way.
struct Kept<'a> {
    snapshots: &'a Snapshots<'a>,
    states: &'a TrainingStates,
    /// Of the snapshots, in order.
    folders: &'a [PathBuf],
    lock: &'a WorkLock,
}

/// The snapshots of a personalization.
struct Snapshots<'a> {
    config: &'a Personalize,
    base: &'a dyn Generator,
    /// Fingerprint of the training images.
    images: Fingerprint,
}

impl Snapshots<'_> {
    /// The step of the first snapshot that is not there.
    ///
    /// # Errors
    /// A record that is damaged.
    fn first_missing(&self, folders: &[PathBuf]) -> Result<Option<usize>, ZooError> {
        for (folder, step) in folders.iter().zip(&self.config.snapshots) {
            if PersonalizationRecord::read(folder)?.is_none() {
                return Ok(Some(*step));
            }
        }
        Ok(None)
    }

    /// Refuses snapshots, asked for or not, and states of another personalization in the folder.
    ///
    /// # Errors
    /// [`CoreError::OtherRecipe`] naming what differs, a record that is damaged.
    fn refuse_others(&self, states: &TrainingStates) -> Result<(), ZooError> {
        let entries = std::fs::read_dir(&self.config.output).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        let is_snapshot = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with(SNAPSHOT)
        };
        let mut snapshots: Vec<PathBuf> = paths.filter(is_snapshot).collect();
        snapshots.sort();
        for folder in snapshots {
            if let Some(there) = PersonalizationRecord::read(&folder)? {
                self.refuse_other(&folder, &there)?;
            }
        }
        for (folder, there) in states.records() {
            self.refuse_other(&folder, &there)?;
        }
        Ok(())
    }

    fn refuse_other(&self, folder: &Path, there: &PersonalizationRecord) -> Result<(), ZooError> {
        let asked = self.record(there.step);
        if *there == asked {
            return Ok(());
        }
        let differences = Recipe::of(there)?.differences(&Recipe::of(&asked)?);
        Err(ZooError::Core(CoreError::OtherRecipe {
            path: folder.to_path_buf(),
            differences,
            remedy:
                "it is a model of another personalization: give another output folder, or remove \
                     this one to train anew"
                    .to_string(),
        }))
    }

    /// What is known of the model after a step.
    fn record(&self, step: usize) -> PersonalizationRecord {
        let (config, base) = (self.config, self.base);
        PersonalizationRecord {
            version: PersonalizationRecord::VERSION,
            name: config.name.clone(),
            base: base.name().to_string(),
            base_fingerprint: base.weights().clone(),
            mechanism: config.mechanism.clone(),
            styles: config.styles.clone(),
            seed: config.seed,
            step,
            images: config.images,
            images_fingerprint: self.images.clone(),
            images_per_step: config.images_per_step,
            learning_rate: config.learning_rate,
        }
    }

    /// Writes a snapshot, unless it is there: its files first, then the record that says that it is
    /// complete.
    fn keep<O: Objective>(
        &self,
        objective: &O,
        learned: &O::Learned,
        step: usize,
        folder: &Path,
    ) -> Result<(), ZooError> {
        if PersonalizationRecord::read(folder)?.is_some() {
            return Ok(());
        }
        objective.write(learned, folder)?;
        Ok(self.record(step).write(folder)?)
    }
}
