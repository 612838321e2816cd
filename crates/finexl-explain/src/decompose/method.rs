//! The choice of a decomposition in TOML and on the command line.

use super::{Centered, Decomposition, Lsq, Nnls, Omp, Paper, Ridge, SubspaceNnls};
use crate::error::ExplainError;
use crate::heads::{Calibrated, Head, Learned};
use finexl_core::explanation::Source;
use finexl_core::fingerprint::Fingerprint;
use finexl_zoo::encoders::Encoder;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A decomposition with its settings.
///
/// In TOML either a name, `method = "nnls"`, or a table of settings, whatever is left out having its
/// default: `method = { subspace-nnls = { components = 15 } }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
pub enum Method {
    /// Algorithm 1 of the paper.
    Paper(Paper),
    /// Least squares.
    Lsq(Lsq),
    /// Least squares without the shared direction.
    Centered(Centered),
    /// Non-negative least squares.
    Nnls(Nnls),
    /// The same in a whitened subspace.
    SubspaceNnls(SubspaceNnls),
    /// Orthogonal matching pursuit.
    Omp(Omp),
    /// Ridge regression.
    Ridge(Ridge),
    /// Ridge regression with directions that a head measured on images.
    Calibrated(Calibrated),
    /// What a head's network reads.
    Learned(Learned),
}

impl Default for Method {
    fn default() -> Self {
        Self::Nnls(Nnls::default())
    }
}

impl Method {
    /// All methods that are computed from directions alone, with default settings.
    pub fn all() -> [Self; 7] {
        [
            Self::Paper(Paper::default()),
            Self::Lsq(Lsq::default()),
            Self::Centered(Centered::default()),
            Self::Nnls(Nnls::default()),
            Self::SubspaceNnls(SubspaceNnls::default()),
            Self::Omp(Omp::default()),
            Self::Ridge(Ridge::default()),
        ]
    }

    /// The methods that read by a trained head, with the one inside the program.
    pub fn by_head() -> [Self; 2] {
        [
            Self::Calibrated(Calibrated::default()),
            Self::Learned(Learned::default()),
        ]
    }

    /// The method of that name, with default settings.
    ///
    /// # Errors
    ///
    /// No such method; the message names all.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        let all: Vec<Self> = Self::all().into_iter().chain(Self::by_head()).collect();
        let known = all.iter().map(Self::name).collect::<Vec<_>>().join(", ");
        all.into_iter()
            .find(|method| method.name() == name)
            .ok_or_else(|| ExplainError::UnknownMethod {
                name: name.to_owned(),
                known,
            })
    }

    /// Name as in TOML and `--method`.
    pub fn name(&self) -> &'static str {
        self.decomposition().name()
    }

    /// What explained best on validation pools (`experiments/heads/validation.toml`): the head inside the program,
    /// where it was trained with this encoder, else the default.
    ///
    /// # Errors
    ///
    /// Where that head is damaged.
    pub fn default_for(encoder: &dyn Encoder) -> Result<Self, ExplainError> {
        let head = Head::embedded()?;
        Ok(match head.check(encoder) {
            Ok(()) => Self::Learned(Learned::default()),
            Err(_) => Self::default(),
        })
    }

    /// The same method with a head of one's own; none where it reads by no head.
    pub fn with_head(&self, head: &Path) -> Option<Self> {
        let mut method = self.clone();
        *method.head_files()?.0 = head.to_path_buf();
        Some(method)
    }

    /// The same method with reference models of the base; none where it reads by no head.
    pub fn with_references(&self, references: &Path) -> Option<Self> {
        let mut method = self.clone();
        *method.head_files()?.1 = Some(references.to_path_buf());
        Some(method)
    }

    /// The reference models that it was given, where it was.
    pub fn references(&self) -> Option<&Path> {
        match self {
            Self::Calibrated(Calibrated { references, .. })
            | Self::Learned(Learned { references, .. }) => references.as_deref(),
            _ => None,
        }
    }

    /// What a method that reads by a head reads: the head, reference models.
    fn head_files(&mut self) -> Option<(&mut PathBuf, &mut Option<PathBuf>)> {
        match self {
            Self::Calibrated(Calibrated { head, references })
            | Self::Learned(Learned { head, references }) => Some((head, references)),
            _ => None,
        }
    }

    /// The head that it reads by, where it does.
    ///
    /// # Errors
    ///
    /// A head that is not there or damaged.
    pub fn head(&self) -> Result<Option<Arc<Head>>, ExplainError> {
        match self {
            Self::Calibrated(Calibrated { head, references })
            | Self::Learned(Learned { head, references }) => {
                Head::open_with(head, references.as_deref()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Fingerprint of the method with its settings and the version of its code. A head and reference models count by
    /// what they hold, not by their names.
    ///
    /// # Errors
    ///
    /// A head or references that are not there or damaged.
    pub fn fingerprint(&self) -> Result<Fingerprint, ExplainError> {
        let key = Fingerprint::of("method")
            .text("name", self.name())
            .number("version", u64::from(self.version()));
        Ok(match self.head()? {
            Some(head) => key.nested("head", head.fingerprint()),
            None => key.text("settings", &json(self)?),
        }
        .finish())
    }

    /// The head that it reads by, and the reference models that this was fitted to.
    ///
    /// # Errors
    ///
    /// As [`Method::head`].
    pub fn sources(&self) -> Result<[Option<Source>; 2], ExplainError> {
        let Some(head) = self.head()? else {
            return Ok([None, None]);
        };
        Ok([Some(head.source()), head.references().cloned()])
    }

    /// Version of its code.
    pub fn version(&self) -> u32 {
        self.decomposition().version()
    }

    /// The method itself.
    ///
    /// # Errors
    ///
    /// A setting outside its range.
    pub fn build(&self) -> Result<Box<dyn Decomposition>, ExplainError> {
        self.decomposition().validate()?;
        Ok(match self.clone() {
            Self::Paper(method) => Box::new(method),
            Self::Lsq(method) => Box::new(method),
            Self::Centered(method) => Box::new(method),
            Self::Nnls(method) => Box::new(method),
            Self::SubspaceNnls(method) => Box::new(method),
            Self::Omp(method) => Box::new(method),
            Self::Ridge(method) => Box::new(method),
            Self::Calibrated(method) => Box::new(method),
            Self::Learned(method) => Box::new(method),
        })
    }

    fn decomposition(&self) -> &dyn Decomposition {
        match self {
            Self::Paper(method) => method,
            Self::Lsq(method) => method,
            Self::Centered(method) => method,
            Self::Nnls(method) => method,
            Self::SubspaceNnls(method) => method,
            Self::Omp(method) => method,
            Self::Ridge(method) => method,
            Self::Calibrated(method) => method,
            Self::Learned(method) => method,
        }
    }
}

fn json(method: &Method) -> Result<String, ExplainError> {
    serde_json::to_string(method).map_err(|source| {
        ExplainError::Core(finexl_core::CoreError::Json {
            what: "the settings of a method".to_string(),
            source,
        })
    })
}

impl std::str::FromStr for Method {
    type Err = ExplainError;

    fn from_str(name: &str) -> Result<Self, ExplainError> {
        Self::parse(name)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Method;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("the name of a decomposition method or a table of its settings")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Method, E> {
                Method::parse(name).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Method, A::Error> {
                Method::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct File {
        method: Method,
    }

    #[test]
    fn names_and_tables_are_read() {
        let by_name: File = toml::from_str("method = \"subspace-nnls\"").unwrap();
        assert_eq!(
            by_name.method,
            Method::SubspaceNnls(SubspaceNnls::default())
        );
        let by_table: File = toml::from_str("method = { omp = { count = 3 } }").unwrap();
        let Method::Omp(omp) = &by_table.method else {
            panic!("{by_table:?}");
        };
        assert_eq!((omp.count, omp.residual), (3, 0.0));
        let written = toml::to_string(&by_table).unwrap();
        let again: File = toml::from_str(&written).unwrap();
        assert_eq!(again.method, by_table.method);
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| toml::from_str::<File>(text).unwrap_err().to_string();
        assert!(message("method = \"nnsl\"").contains("nnsl"));
        assert!(message("method = { omp = { cuont = 3 } }").contains("cuont"));
        assert!(message("method = { pmo = {} }").contains("pmo"));
        assert!(
            Method::Omp(Omp {
                count: 0,
                ..Omp::default()
            })
            .build()
            .is_err()
        );
        for method in Method::all().into_iter().chain(Method::by_head()) {
            assert_eq!(method.build().unwrap().name(), method.name());
            assert_eq!(Method::parse(method.name()).unwrap(), method);
        }
    }
}
