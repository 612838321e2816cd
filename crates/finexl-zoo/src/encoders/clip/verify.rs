//! Checking an encoder's files and what they compute.

use super::encoder::Clip;
use super::hub_cache::locate;
use super::model_files::ModelFiles;
use super::pull::is_sha256;
use crate::ZooError;
use crate::encoders::{DEFAULT_ENCODER, Encoder, JUDGE, open};
use burn::tensor::Device;
use finexl_core::fingerprint::Fingerprint;
use finexl_data::image::Image;
use std::path::{Path, PathBuf};

/// Largest difference that rounding may make between two ways to the same embedding.
const ROUNDING: f32 = 1e-5;

/// Something that was checked and found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub what: String,
    /// What was found.
    pub found: String,
}

impl Check {
    /// What was checked, and what was found.
    pub fn new(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            found: found.into(),
        }
    }
}

/// Checks hashes, loads strictly, and embeds known inputs in several ways that have to agree.
///
/// # Errors
/// The first thing that is wrong: as [`open`], a hash that differs, or a self-test that fails.
pub fn verify(name: &str, device: &Device) -> Result<Vec<Check>, ZooError> {
    let mut checks = Vec::new();
    let ours = [DEFAULT_ENCODER, JUDGE].contains(&name) || is_own_file(name);
    if !ours {
        let files = ModelFiles::find(&locate(name)?)?;
        checks.extend(check_hashes(&files.folder, files.all())?);
    }
    let encoder = open(name, device)?;
    checks.push(Check::new(
        "weights",
        "every tensor is there, is used and holds numbers",
    ));
    checks.extend(self_test(encoder.as_ref())?);
    Ok(checks)
}

/// Whether a name is that of a weights file of ours.
fn is_own_file(name: &str) -> bool {
    crate::weights::WeightsFile::is_ours(Path::new(name))
}

/// Holds files against what is known of them: the names of the hub's cache, and a `SHA256SUMS` in the folder.
pub(crate) fn check_hashes<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = &'a Path>,
) -> Result<Vec<Check>, ZooError> {
    let listed = listed_hashes(folder);
    let mut checks = Vec::new();
    for path in files {
        let hash = Fingerprint::of_file(path)?;
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
        let expected = expected_hash(path).or_else(|| {
            let line = listed.iter().find(|(_, file)| *file == name);
            line.map(|(hash, _)| hash.clone())
        });
        match expected {
            Some(expected) if expected != hash.as_str() => {
                return Err(ZooError::Weights {
                    path: path.to_path_buf(),
                    problem: format!("its SHA-256 is {hash}, not {expected}"),
                    remedy: "remove it and fetch it again (`finexl zoo pull`)",
                });
            }
            Some(_) => checks.push(Check::new(name, format!("{hash}, as expected"))),
            None => checks.push(Check::new(name, format!("{hash}, nothing to compare with"))),
        }
    }
    Ok(checks)
}

/// Large files of the hub's cache are links to a file named by its SHA-256.
fn expected_hash(path: &Path) -> Option<String> {
    let target = path.canonicalize().ok()?;
    let name = target.file_name()?.to_str()?;
    is_sha256(name).then(|| name.to_lowercase())
}

/// Hashes and names of a `SHA256SUMS` in a folder, as `sha256sum` writes it.
fn listed_hashes(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (hash, file) = line.split_once(char::is_whitespace)?;
            let file = file.trim_start_matches([' ', '*']).to_string();
            is_sha256(hash).then(|| (hash.to_lowercase(), file))
        })
        .collect()
}

/// Embeddings are of length 1, and neither batches nor shared beginnings change them.
fn self_test(encoder: &dyn Encoder) -> Result<Vec<Check>, ZooError> {
    let failed = |what: &str| ZooError::Weights {
        path: PathBuf::from(encoder.name()),
        problem: format!("the self-test failed: {what}"),
        remedy: "fetch the weights again; if it stays, report it",
    };
    let texts = [
        "a red apple",
        "a red apple, warm style",
        "a red apple, dark style",
    ]
    .map(str::to_string);
    let together = encoder.encode_texts(&texts)?;
    let mut most = 0.0f32;
    for (row, text) in texts.iter().enumerate() {
        let alone = encoder.encode_texts(std::slice::from_ref(text))?;
        most = most.max(distance(alone.row(0), together.row(row)));
    }
    if most > ROUNDING {
        return Err(failed("texts embed otherwise together than alone"));
    }
    let images = [0.0, 1.0].map(pattern);
    let both = encoder.encode_images(&images)?;
    for (row, image) in images.iter().enumerate() {
        let alone = encoder.encode_images(std::slice::from_ref(image))?;
        most = most.max(distance(alone.row(0), both.row(row)));
    }
    if most > ROUNDING {
        return Err(failed("images embed otherwise together than alone"));
    }
    let lengths = (0..together.len()).map(|row| together.row(row));
    let lengths = lengths.chain((0..both.len()).map(|row| both.row(row)));
    for row in lengths {
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        if (length - 1.0).abs() > 1e-4 {
            return Err(failed("an embedding is not of length 1"));
        }
    }
    if distance(both.row(0), both.row(1)) < 1e-4 {
        return Err(failed("different images embed alike"));
    }
    Ok(vec![Check::new(
        "self-test",
        format!(
            "{} dimensions, alone and together differ by at most {most:.1e}",
            encoder.dimension()
        ),
    )])
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

/// A picture of waves, different for every phase.
fn pattern(phase: f32) -> Image {
    let (width, height) = (97, 64);
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let at = x as f32 / (5.0 + channel as f32) + y as f32 / 7.0 + phase * 2.0;
                pixels.push(0.5 + 0.45 * at.sin());
            }
        }
    }
    Image::new(width, height, pixels)
}

impl Clip {
    /// Lines of a description: sizes, activation, preprocessing, hashes.
    pub fn describe(&self) -> Vec<(String, String)> {
        let config = self.config();
        let tower = |stack: &super::config::Stack| {
            format!(
                "{} blocks, width {}, {} heads, hidden {}, {:?}",
                stack.layers, stack.width, stack.heads, stack.hidden, stack.activation
            )
        };
        let mut lines = vec![
            (
                "architecture".to_string(),
                config.naming.architecture().to_string(),
            ),
            (
                "images".to_string(),
                format!(
                    "{} pixels, patches of {}; {}",
                    config.image.image_size,
                    config.image.patch,
                    tower(&config.image.stack)
                ),
            ),
            (
                "texts".to_string(),
                format!(
                    "{} tokens; {}",
                    config.text.context,
                    tower(&config.text.stack)
                ),
            ),
            (
                "preprocessing".to_string(),
                self.preprocessing().description(),
            ),
        ];
        for (name, hash) in self.weights() {
            lines.push((name.clone(), format!("sha256 {hash}")));
        }
        lines
    }
}
