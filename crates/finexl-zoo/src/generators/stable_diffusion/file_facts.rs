//! What the files of a model hold, from configs and headers alone.

use super::default_settings::{defaults, scheduler};
use super::facts::Facts;
use super::files::{Opened, missing_files, open_files};
use crate::ZooError;
use crate::checkpoint::Checkpoint;
use crate::generators::ChosenStableDiffusion;
use std::path::Path;

/// Lines of a name and a value: family, networks with their sizes, what pictures are made with where nothing is stated.
///
/// # Errors
/// Files that are not whole, all that are missing named at once, or a model that is not built.
pub fn describe_files(path: &Path) -> Result<Vec<(String, String)>, ZooError> {
    missing_files(path)?;
    let opened = open_files(path)?;
    let mut lines = vec![("family", opened.base.to_string()), ("files", form(path))];
    lines.push(("UNet", network(&opened.unet.1)));
    let kind = match opened.autoencoder.0.tiny {
        Some(_) => "autoencoder (TAESD)",
        None => "autoencoder",
    };
    lines.push((kind, network(&opened.autoencoder.1)));
    for (place, text) in opened.texts.iter().enumerate() {
        let name = ["text encoder", "text encoder 2"][place.min(1)];
        lines.push((name, network(&text.checkpoint)));
    }
    lines.push(("together", together(&opened)));
    let facts = Facts::of(&opened);
    lines.push(("predicts", prediction(&facts)));
    lines.extend(sampling(&facts, path));
    let mut lines: Vec<(String, String)> = lines
        .into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect();
    let notes = opened.notes.iter();
    lines.extend(notes.map(|note| ("note".to_string(), note.clone())));
    Ok(lines)
}

fn form(path: &Path) -> String {
    match path.is_dir() {
        true => "the folder of a pipeline of diffusers".to_string(),
        false => "one file".to_string(),
    }
}

fn network(checkpoint: &Checkpoint) -> String {
    let numbers = checkpoint.numbers();
    format!(
        "{} parameters, {}, {}",
        millions(numbers),
        checkpoint.precision(),
        size(checkpoint.numbers_bytes())
    )
}

fn together(opened: &Opened) -> String {
    let texts = opened.texts.iter().map(|text| &text.checkpoint);
    let parts: Vec<&Checkpoint> = [&opened.unet.1, &opened.autoencoder.1]
        .into_iter()
        .chain(texts)
        .collect();
    let sum = |of: fn(&Checkpoint) -> u64| -> u64 { parts.iter().map(|part| of(part)).sum() };
    format!(
        "{} parameters, {}",
        millions(sum(Checkpoint::numbers)),
        size(sum(Checkpoint::numbers_bytes))
    )
}

fn millions(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        _ => format!("{:.1} M", count as f64 / 1e6),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..100_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn prediction(facts: &Facts) -> String {
    match facts.prediction {
        Some(told) => told.to_string(),
        None if facts.is_silent() => {
            "not said; one pass of the UNet tells, when it is opened".to_string()
        }
        None => "not said, taken to be epsilon; --prediction says otherwise".to_string(),
    }
}

/// Scheduler, steps, guidance and size where nothing is stated.
fn sampling(facts: &Facts, path: &Path) -> Vec<(&'static str, String)> {
    let chosen = ChosenStableDiffusion::default();
    match scheduler(facts, path, &chosen) {
        Ok(config) => {
            let usual = defaults(facts, &config);
            let karras = if config.karras { "-karras" } else { "" };
            let name = format!("{}{karras}:{}", config.class.name(), config.spacing.name());
            vec![
                ("scheduler", name),
                (
                    "steps, guidance",
                    format!("{}, {}", usual.steps, usual.guidance),
                ),
                (
                    "pictures",
                    format!("{}, {} pixels per latent", usual.size, facts.factor),
                ),
            ]
        }
        Err(error) => vec![("scheduler", format!("not built: {error}"))],
    }
}
