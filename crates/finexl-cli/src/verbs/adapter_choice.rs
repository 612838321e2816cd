//! Adapters as the command line names them.

use crate::diagnostics::CliError;
use finexl_zoo::generators::AdapterChoice;
use std::path::Path;

/// `FILE[:SCALE]`. A colon belongs to the name where a file of the whole name is there, or where no number follows.
pub fn adapter(text: &str) -> Result<AdapterChoice, String> {
    let whole = AdapterChoice {
        path: text.into(),
        scale: None,
    };
    if text.is_empty() {
        return Err("give a file or folder".to_string());
    }
    if Path::new(text).exists() {
        return Ok(whole);
    }
    let Some((path, scale)) = text.rsplit_once(':') else {
        return Ok(whole);
    };
    match scale.parse::<f64>() {
        Ok(scale) if !scale.is_finite() => Err(format!(
            "the scale is {scale}; give a finite number behind the colon"
        )),
        Ok(scale) if !path.is_empty() => Ok(AdapterChoice {
            path: path.into(),
            scale: Some(scale),
        }),
        _ => Ok(whole),
    }
}

/// Adapters with a scale that was stated once for all.
pub fn scaled(
    adapters: &[AdapterChoice],
    scale: Option<f64>,
) -> Result<Vec<AdapterChoice>, CliError> {
    let Some(scale) = scale else {
        return Ok(adapters.to_vec());
    };
    match adapters {
        [AdapterChoice { path, scale: None }] => Ok(vec![AdapterChoice {
            path: path.clone(),
            scale: Some(scale),
        }]),
        [_] => Err(CliError::Usage(
            "the adapter has a scale behind its name already; leave --scale out".to_string(),
        )),
        _ => Err(CliError::Usage(
            "--scale is for one adapter; write the scale of each behind its name, FILE:SCALE"
                .to_string(),
        )),
    }
}

/// Comma-separated scales.
pub fn scales(text: &str) -> Result<f64, String> {
    crate::numbers::finite(text.trim())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_colon_is_a_scale_only_where_it_can_be_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("style:2");
        std::fs::write(&there, "").unwrap();
        let parsed = |text: &str| adapter(text).map(|choice| (choice.path, choice.scale));
        let there = there.to_str().unwrap();
        assert_eq!(parsed(there), Ok((there.into(), None)));
        assert_eq!(
            parsed(&format!("{there}:0.5")),
            Ok((there.into(), Some(0.5)))
        );
        assert_eq!(
            parsed("a.safetensors:-1"),
            Ok(("a.safetensors".into(), Some(-1.0)))
        );
        assert_eq!(
            parsed("C:\\a.safetensors"),
            Ok(("C:\\a.safetensors".into(), None))
        );
        assert!(parsed("a:nan").is_err());
        assert!(parsed("").is_err());
    }

    #[test]
    fn one_scale_is_for_one_adapter() {
        let one = vec![adapter("a").unwrap()];
        assert_eq!(scaled(&one, Some(2.0)).unwrap()[0].scale, Some(2.0));
        let stated = vec![adapter("a:1").unwrap()];
        assert!(scaled(&stated, Some(2.0)).is_err());
        assert!(scaled(&[one, stated].concat(), Some(2.0)).is_err());
    }
}
