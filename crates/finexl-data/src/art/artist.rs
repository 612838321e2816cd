//! The emoji sets, and what each may be used for.

use crate::error::DataError;
use finexl_core::names::ArtistName;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What an artist's work may be used for; binding for training, fitting and reporting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Free for training.
    Train,
    /// For choices made after training, never for training.
    Validation,
    /// For reported figures only.
    Test,
}

/// One hand that draws all subjects. Versions and licences stand in `datasets/art.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artist {
    /// Twemoji, compiled into the program (CC-BY-4.0).
    Twemoji,
    /// Noto Emoji, the present design (Apache-2.0).
    Noto,
    /// Noto Emoji, the first design (Apache-2.0).
    NotoV1,
    /// OpenMoji: outlined drawings (CC-BY-SA-4.0), validation only.
    OpenMoji,
    /// Fluent Emoji in flat colours (MIT), test only.
    FluentFlat,
}

impl Artist {
    /// Every artist, the embedded one first.
    pub const ALL: [Self; 5] = [
        Self::Twemoji,
        Self::Noto,
        Self::NotoV1,
        Self::OpenMoji,
        Self::FluentFlat,
    ];

    /// The name used in TOML, manifests and for the folder of fetched art.
    pub fn name(self) -> &'static str {
        self.listed().name()
    }

    fn listed(self) -> ArtistName {
        match self {
            Self::Twemoji => ArtistName::Twemoji,
            Self::Noto => ArtistName::Noto,
            Self::NotoV1 => ArtistName::NotoV1,
            Self::OpenMoji => ArtistName::OpenMoji,
            Self::FluentFlat => ArtistName::FluentFlat,
        }
    }

    /// What this artist's work may be used for.
    pub fn role(self) -> Role {
        match self {
            Self::Twemoji | Self::Noto | Self::NotoV1 => Role::Train,
            Self::OpenMoji => Role::Validation,
            Self::FluentFlat => Role::Test,
        }
    }

    /// Whether the art is part of the program and needs no file.
    pub fn is_embedded(self) -> bool {
        self == Self::Twemoji
    }

    /// Where the fetched art lies inside `art_folder`; `None` for embedded art.
    pub fn file(self, art_folder: &Path) -> Option<PathBuf> {
        (!self.is_embedded()).then(|| art_folder.join(self.name()).join("icons.json"))
    }

    /// The artists whose art can be loaded now: the embedded one and those fetched to `art_folder`.
    pub fn available(art_folder: &Path) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|artist| artist.file(art_folder).is_none_or(|file| file.is_file()))
            .collect()
    }
}

impl From<ArtistName> for Artist {
    fn from(name: ArtistName) -> Self {
        match name {
            ArtistName::Twemoji => Self::Twemoji,
            ArtistName::Noto => Self::Noto,
            ArtistName::NotoV1 => Self::NotoV1,
            ArtistName::OpenMoji => Self::OpenMoji,
            ArtistName::FluentFlat => Self::FluentFlat,
        }
    }
}

impl fmt::Display for Artist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Artist {
    type Err = DataError;

    /// Reads an artist's name.
    ///
    /// # Errors
    /// [`DataError::UnknownArtist`] for any other word.
    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::ALL
            .into_iter()
            .find(|artist| artist.name() == name)
            .ok_or_else(|| DataError::UnknownArtist {
                name: name.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_committed_record_agrees_with_the_code() {
        let record: toml::Table = include_str!("../../../../datasets/art.toml")
            .parse()
            .unwrap();
        assert_eq!(record.len(), Artist::ALL.len());
        for artist in Artist::ALL {
            let role = match artist.role() {
                Role::Train => "train",
                Role::Validation => "validation",
                Role::Test => "test",
            };
            let entry = &record[artist.name()];
            assert_eq!(entry["role"].as_str(), Some(role));
            assert!(entry["licence"].as_str().is_some());
            assert_eq!(entry.get("crate").is_some(), artist.is_embedded());
        }
    }

    #[test]
    fn names_parse_back_and_others_are_errors() {
        for artist in Artist::ALL {
            assert_eq!(artist.name().parse::<Artist>().unwrap(), artist);
        }
        let error = "rembrandt".parse::<Artist>().unwrap_err();
        assert!(error.to_string().contains("twemoji, noto"));
    }
}
