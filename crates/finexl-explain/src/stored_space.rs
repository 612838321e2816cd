//! A calibrated space as it stands in a file, before its sizes are known to fit each other.

use crate::packed_numbers::Packed;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The fields of a [`crate::calibrated_space::CalibratedSpace`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StoredSpace {
    pub dimension: usize,
    pub image_share: f64,
    pub image_directions: BTreeMap<String, Packed>,
    pub whitening: Packed,
}

impl StoredSpace {
    /// What does not fit, in words.
    pub fn check(&self) -> Result<(), String> {
        let d = self.dimension;
        if d == 0 || d.checked_mul(d) != Some(self.whitening.0.len()) {
            let found = self.whitening.0.len();
            return Err(format!(
                "its space of {d} dimensions has a map of {found} numbers"
            ));
        }
        let odd = |(_, direction): &(&String, &Packed)| direction.0.len() != d;
        if let Some((name, direction)) = self.image_directions.iter().find(odd) {
            let found = direction.0.len();
            return Err(format!(
                "its direction of \"{name}\" has {found} numbers, not {d}"
            ));
        }
        if (0.0..=1.0).contains(&self.image_share) {
            Ok(())
        } else {
            Err(format!(
                "its image-share is {}, not in [0, 1]",
                self.image_share
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let space = |dimension, share, direction: usize, map: usize| StoredSpace {
            dimension,
            image_share: share,
            image_directions: BTreeMap::from([("warm".to_string(), Packed(vec![0.0; direction]))]),
            whitening: Packed(vec![0.0; map]),
        };
        assert_eq!(space(3, 0.5, 3, 9).check(), Ok(()));
        for wrong in [
            space(0, 0.5, 0, 0),
            space(3, 0.5, 3, 3),
            space(usize::MAX, 0.5, 3, 9),
            space(3, 0.5, 2, 9),
            space(3, -0.5, 3, 9),
        ] {
            assert!(wrong.check().is_err());
        }
    }
}
