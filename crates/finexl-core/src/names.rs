//! Names that experiment files give things, each list once: whoever reads a name, offers it or writes it down takes it
//! from here.

use crate::CoreError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$about:meta])* $kind:ident, $what:literal {
        $($(#[$doc:meta])* $variant:ident = $name:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl $kind {
            /// All of them, in order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = CoreError;

            fn from_str(name: &str) -> Result<Self, CoreError> {
                Self::ALL
                    .into_iter()
                    .find(|one| one.name() == name)
                    .ok_or_else(|| unknown($what, name, &Self::ALL.map(Self::name)))
            }
        }
    };
}

fn unknown(kind: &'static str, name: &str, known: &[&'static str]) -> CoreError {
    CoreError::UnknownName {
        kind,
        name: name.to_string(),
        known: known.join(", "),
    }
}

names! {
    /// A part of all scenes.
    Split, "split" {
        /// Eight tenths: what encoders are trained on, the only scenes that trainings may use.
        Train = "train",
        /// One tenth: for choices and calibration.
        Validation = "validation",
        /// One tenth: for reported figures.
        Test = "test",
    }
}

names! {
    /// One of the two implementations of an aspect.
    Implementation, "implementation" {
        /// The one that trainings see, with several variants.
        Training = "training",
        /// The one that only tests see: the same look by other means.
        HeldOut = "held-out",
    }
}

names! {
    /// Whose drawings scenes are made of.
    ArtistName, "artist" {
        /// Twemoji, inside the program.
        Twemoji = "twemoji",
        /// Noto Emoji, the present design.
        Noto = "noto",
        /// Noto Emoji, the first design.
        NotoV1 = "noto-v1",
        /// OpenMoji, for validation only.
        OpenMoji = "openmoji",
        /// Fluent Emoji in flat colours, for tests only.
        FluentFlat = "fluent-emoji-flat",
    }
}

names! {
    /// A decomposition.
    MethodName, "method" {
        /// Algorithm 1 of the paper.
        Paper = "paper",
        /// Least squares.
        Lsq = "lsq",
        /// Least squares without the shared direction.
        Centered = "centered",
        /// Non-negative least squares.
        Nnls = "nnls",
        /// The same in a whitened subspace.
        SubspaceNnls = "subspace-nnls",
        /// Orthogonal matching pursuit.
        Omp = "omp",
        /// Ridge regression.
        Ridge = "ridge",
        /// What a trained head reads by a ridge fit in its space.
        Calibrated = "calibrated",
        /// What a trained head reads by its network.
        Learned = "learned",
    }
}

names! {
    /// A bootstrap interval. All but the last are widened for few pairs.
    #[derive(Default)]
    IntervalName, "interval" {
        /// Quantiles of the replicates.
        Percentile = "percentile",
        /// Bias-corrected and accelerated (Efron 1987).
        #[default]
        Bca = "bca",
        /// Bootstrap-t, scaled by the spread of the pairs' linear contributions.
        Studentized = "studentized",
    }
}

names! {
    /// What models are compared by beside decompositions.
    ProfileName, "method" {
        /// What `finexl similar` compares by, the profiles of all pairs.
        Default = "default",
        /// Their mean.
        Profile = "profile",
        /// What `finexl explain` scores with where there are no reference models.
        Scores = "scores",
    }
}

names! {
    /// Somebody else's methods, and controls.
    BaselineName, "method" {
        /// Proposals for single images.
        Naive = "naive",
        /// GSCLIP.
        GsClip = "gsclip",
        /// VisDiff.
        VisDiff = "visdiff",
        /// VisDiff by differences of means.
        VisDiffMeans = "visdiff-means",
        /// SpLiCE.
        Splice = "splice",
        /// Nearest neighbour on the mean divergence.
        Divergence = "divergence",
        /// Nearest neighbour on the divergences of all pairs.
        Divergences = "divergences",
        /// A lot.
        Random = "random",
    }
}

/// A name out of several lists.
macro_rules! names_of_lists {
    ($(#[$about:meta])* $kind:ident: $($list:ident),+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $kind(&'static str);

        impl $kind {
            /// All names, list after list.
            pub fn all() -> Vec<&'static str> {
                let mut all = Vec::new();
                $(all.extend($list::ALL.map($list::name));)+
                all
            }

            /// The name.
            pub fn name(self) -> &'static str {
                self.0
            }
        }

        $(impl From<$list> for $kind {
            fn from(name: $list) -> Self {
                Self(name.name())
            }
        })+

        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                let all = Self::all();
                let found = all.iter().find(|one| **one == name);
                found.map(|name| Self(name)).ok_or_else(|| {
                    let all: Vec<String> = all.iter().map(|one| format!("`{one}`")).collect();
                    let all = all.join(", ");
                    serde::de::Error::custom(format!("unknown variant `{name}`, expected one of {all}"))
                })
            }
        }

        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::all() })
            }
        }
    };
}

names_of_lists! {
    /// What a variant of a model selection changes something about.
    VariedName: ProfileName, MethodName
}

impl Default for VariedName {
    fn default() -> Self {
        ProfileName::Default.into()
    }
}

names_of_lists! {
    /// A row of a model selection.
    SelectionName: ProfileName, MethodName, BaselineName
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_read_back_and_others_are_named_with_what_there_is() {
        for method in MethodName::ALL {
            assert_eq!(method.name().parse::<MethodName>().unwrap(), method);
            let json = serde_json::to_string(&method).unwrap();
            assert_eq!(json, format!("\"{method}\""));
            let row: SelectionName = serde_json::from_str(&json).unwrap();
            assert_eq!(row, method.into());
        }
        let error = "nnsl".parse::<MethodName>().unwrap_err().to_string();
        assert!(
            error.contains("no method \"nnsl\"; there are paper, lsq"),
            "{error}"
        );
        let error = serde_json::from_str::<VariedName>("\"naive\"").unwrap_err();
        assert!(error.to_string().contains("`default`"), "{error}");
    }
}
