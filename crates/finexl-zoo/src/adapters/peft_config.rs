//! What an `adapter_config.json` says.

use super::config_fields::{Fields, LARGEST_ALPHA, REMEDY_DAMAGED, wrong};
use super::targets::Targets;
use crate::ZooError;
use regex::Regex;
use std::path::{Path, PathBuf};

/// Marks a `revision` as the SHA-256 of the base's weights. PEFT knows this key as the version of the
/// base and passes it over when it puts an adapter onto a model; it warns of keys it does not know.
pub(super) const REVISION_PREFIX: &str = "sha256:";
/// What a file says.
#[derive(Debug)]
pub(super) struct PeftConfig {
    path: PathBuf,
    rank: usize,
    alpha: f64,
    ranks: Vec<(Regex, f64)>,
    alphas: Vec<(Regex, f64)>,
    pub targets: Targets,
    excluded: Option<Targets>,
    pub base_name: Option<String>,
    /// SHA-256 of the base's weights, if the file says so.
    pub base_sha256: Option<String>,
}

impl PeftConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, is no config of LoRA, or asks for what is not built.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        Self::parse(path, &finexl_core::atomic::read(path)?)
    }

    /// As [`PeftConfig::read`], from bytes; `path` stands in messages.
    ///
    /// # Errors
    /// As [`PeftConfig::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ZooError> {
        let mut fields = Fields::parse(path, bytes)?;
        fields.check_kind()?;
        let revision = fields.text("revision")?;
        let config = Self {
            path: path.to_path_buf(),
            rank: fields.rank()?,
            alpha: fields.alpha()?,
            ranks: fields.pattern("rank_pattern")?,
            alphas: fields.pattern("alpha_pattern")?,
            targets: fields.targets("target_modules")?.ok_or_else(|| {
                wrong(
                    path,
                    "it has no target_modules".to_string(),
                    "say in it which layers are adapted",
                )
            })?,
            excluded: fields.targets("exclude_modules")?,
            base_name: fields.text("base_model_name_or_path")?,
            base_sha256: revision
                .and_then(|text| text.strip_prefix(REVISION_PREFIX).map(ToString::to_string)),
        };
        fields.check_rest()?;
        Ok(config)
    }

    /// Whether a module has factors.
    pub fn matches(&self, module: &str) -> bool {
        let excluded = self.excluded.as_ref().is_some_and(|e| e.matches(module));
        self.targets.matches(module) && !excluded
    }

    /// The rank of a module's factors.
    ///
    /// # Errors
    /// Where patterns contradict each other or give no rank.
    pub fn rank_of(&self, module: &str) -> Result<usize, ZooError> {
        match self.special("rank_pattern", &self.ranks, module)? {
            None => Ok(self.rank),
            Some(rank) if rank >= 1.0 && rank.fract() == 0.0 && rank < 1e6 => Ok(rank as usize),
            Some(rank) => Err(wrong(
                &self.path,
                format!("rank_pattern gives {module} the rank {rank}"),
                REMEDY_DAMAGED,
            )),
        }
    }

    /// The alpha of a module's factors.
    ///
    /// # Errors
    /// Where patterns contradict each other.
    pub fn alpha_of(&self, module: &str) -> Result<f64, ZooError> {
        match self.special("alpha_pattern", &self.alphas, module)? {
            Some(alpha) if alpha.abs() > LARGEST_ALPHA => Err(wrong(
                &self.path,
                format!("alpha_pattern gives {module} the alpha {alpha}"),
                REMEDY_DAMAGED,
            )),
            special => Ok(special.unwrap_or(self.alpha)),
        }
    }

    /// PEFT takes the first pattern that fits, in an order that a file need not keep; so all that fit
    /// have to agree.
    fn special(
        &self,
        key: &str,
        patterns: &[(Regex, f64)],
        module: &str,
    ) -> Result<Option<f64>, ZooError> {
        let mut fitting = patterns
            .iter()
            .filter(|(pattern, _)| pattern.is_match(module))
            .map(|(_, value)| *value);
        let first = fitting.next();
        match fitting.find(|value| Some(*value) != first) {
            None => Ok(first),
            Some(_) => Err(wrong(
                &self.path,
                format!("several entries of {key} fit {module} and differ"),
                "leave one entry for every layer",
            )),
        }
    }
}
