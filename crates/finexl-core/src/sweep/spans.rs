//! Places in the file of a sweep that messages point at.

use super::file::SWEEP;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Where the table of a sweep begins in a file.
pub(super) fn sweep_span(text: &str) -> Range<usize> {
    let document = DeTable::parse(text).ok();
    let span = document.and_then(|document| {
        let found = document
            .get_ref()
            .iter()
            .find(|(name, _)| name.get_ref() == SWEEP);
        found.map(|(name, _)| name.span())
    });
    span.unwrap_or(0..0)
}

/// Where a key of a condition stands in a file.
pub(super) fn condition_span(text: &str, number: usize, key: &str) -> Range<usize> {
    let find = || {
        let document = DeTable::parse(text).ok()?;
        let DeValue::Table(sweep) = document.get_ref().get(SWEEP)?.get_ref() else {
            return None;
        };
        let DeValue::Array(rules) = sweep.get("leave-out")?.get_ref() else {
            return None;
        };
        let DeValue::Table(rule) = rules.get(number)?.get_ref() else {
            return None;
        };
        let found = rule.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(found.0.span())
    };
    find().unwrap_or(0..0)
}
