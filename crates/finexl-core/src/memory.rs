//! How much memory there is, for work that says beforehand how much it needs.

use crate::{CoreError, control_groups};
use std::path::Path;

/// Bytes per kibibyte, the unit of Linux's figures.
const KIBIBYTE: u64 = 1 << 10;

/// Bytes that programs can still take without swapping, where the system says so (Linux): what is free or only
/// cached, and no more than the tightest control group leaves that this program is in.
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let free = parse(&text)?;
    let left = control_groups::left(Path::new("/proc/self"));
    Some(left.map_or(free, |left| free.min(left)))
}

/// Refuses work that needs more memory than there is.
///
/// # Errors
/// [`CoreError::Memory`] with both figures.
pub fn require(what: &str, bytes: u64) -> Result<(), CoreError> {
    match available() {
        Some(available) if bytes > available => Err(CoreError::Memory {
            what: what.to_string(),
            needed: bytes >> 20,
            available: available >> 20,
        }),
        _ => Ok(()),
    }
}

fn parse(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * KIBIBYTE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_figure_of_linux_is_read() {
        let text = "MemTotal:       24658908 kB\nMemAvailable:   23000000 kB\nBuffers: 1 kB\n";
        assert_eq!(parse(text), Some(23_000_000 * 1024));
        assert_eq!(parse("MemTotal: 1 kB"), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_figures() {
        require("a little", 1).unwrap();
        if available().is_some() {
            let message = require("a world", u64::MAX).unwrap_err().to_string();
            assert!(
                message.contains("a world") && message.contains("MiB"),
                "{message}"
            );
        }
    }
}
