//! What becomes of images that cannot be used.

use crate::DataError;

/// What to do with an image that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFiles {
    /// Stop with an error.
    Refuse,
    /// Leave it out with a note (`--skip-bad`), and go on as long as one remains.
    Skip,
}

impl BadFiles {
    /// The policy of a `--skip-bad` switch.
    pub fn from_skip(skip: bool) -> Self {
        if skip { Self::Skip } else { Self::Refuse }
    }
}

/// The note for something that was left out because of an error.
pub(crate) fn left_out(error: &DataError) -> String {
    format!("left out: {error}")
}

/// One note for everything that was left out because of errors: how much, and why for a few.
pub(crate) fn left_out_together(what: &str, errors: &[DataError]) -> Option<String> {
    const SHOWN: usize = 3;
    let (first, more) = match errors {
        [] => return None,
        [only] => return Some(left_out(only)),
        [first @ .., _] if errors.len() <= SHOWN => (first, 0),
        _ => (&errors[..SHOWN - 1], errors.len() - SHOWN),
    };
    let mut reasons: Vec<String> = first.iter().map(DataError::to_string).collect();
    reasons.extend(errors.get(first.len()).map(DataError::to_string));
    let rest = match more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(format!(
        "left out: {} {what} ({}{rest})",
        errors.len(),
        reasons.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_errors_make_one_note() {
        let error = |name: &str| DataError::NotAFolder { path: name.into() };
        let errors: Vec<DataError> = ["a", "b", "c", "d", "e"].map(error).into();
        let note = |count: usize| left_out_together("pairs", &errors[..count]).unwrap_or_default();
        assert_eq!(note(0), "");
        assert!(note(1).starts_with("left out: a is"), "{}", note(1));
        assert!(
            note(3).starts_with("left out: 3 pairs (a is"),
            "{}",
            note(3)
        );
        assert!(note(3).contains("c is") && !note(3).contains("more"));
        assert!(
            note(5).contains("c is") && note(5).ends_with("; and 2 more)"),
            "{}",
            note(5)
        );
    }
}
