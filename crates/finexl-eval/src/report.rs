//! Results on disk: tables and what they were made from.

use crate::EvalError;
use finexl_core::CoreError;
use finexl_core::atomic;
use finexl_core::fingerprint::Fingerprint;
use serde::Serialize;
use std::path::Path;

/// Everything that a result depends on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Provenance<'a, C: Serialize> {
    /// Version of finexl.
    pub version: &'static str,
    /// The experiment as read from its file.
    pub experiment: &'a C,
    /// Name of the encoder.
    pub encoder: &'a str,
    /// Its weights, architecture and preprocessing.
    pub encoder_fingerprint: &'a Fingerprint,
    /// Where it computed.
    pub device: &'static str,
    /// Method with what it reads by, resampling, seed, versions.
    pub settings: Fingerprint,
    /// The vocabulary.
    pub vocabulary: &'a Fingerprint,
    /// The calibration; absent where scores are raw weights.
    pub calibration: Option<Fingerprint>,
    /// What was left out, and other remarks.
    pub notes: &'a [String],
}

/// Writes rows as CSV, whole or not at all.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn write_table<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), EvalError> {
    let failed = |source: csv::Error| EvalError::Csv {
        table: path.display().to_string(),
        source,
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    Ok(atomic::write(path, &bytes)?)
}

/// Writes a record as JSON, whole or not at all.
///
/// # Errors
/// Where the file cannot be written.
pub(crate) fn write_json<T: Serialize>(path: &Path, record: &T) -> Result<(), EvalError> {
    let json = serde_json::to_vec_pretty(record).map_err(|source| CoreError::Json {
        what: path.display().to_string(),
        source,
    })?;
    Ok(atomic::write(path, &json)?)
}

/// Fingerprint of a record by its JSON form.
///
/// # Errors
/// Where it has none.
pub(crate) fn fingerprint<T: Serialize>(kind: &str, record: &T) -> Result<Fingerprint, EvalError> {
    let json = serde_json::to_string(record).map_err(|source| CoreError::Json {
        what: kind.to_owned(),
        source,
    })?;
    Ok(Fingerprint::of(kind).text("json", &json).finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::summary::Measure;

    #[test]
    fn tables_read_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.csv");
        let measures = vec![
            Measure {
                name: "one-aspect/first".to_owned(),
                group: "aspect=high contrast, or so".to_owned(),
                value: 0.925,
                low: 0.1 + 0.2,
                high: 1.0,
                trials: 40,
                target: Some(">= 0.9".to_owned()),
                met: Some(true),
            },
            Measure {
                name: "nulls/significant".to_owned(),
                group: "overall".to_owned(),
                value: 0.0,
                low: 0.0,
                high: 0.037,
                trials: 100,
                target: None,
                met: None,
            },
        ];
        write_table(&path, &measures).unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let again: Vec<Measure> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(again, measures);
    }
}
