//! The choice of a decomposition in TOML and on the command line.

use super::{Centered, Decomposition, Lsq, Nnls, Omp, Paper, Ridge, SubspaceNnls};
use crate::error::ExplainError;
use crate::heads::{Head, HeadDecomposition, HeadReading};
use finexl_core::fingerprint::Fingerprint;
use finexl_core::names::MethodName;
use finexl_zoo::encoders::Encoder;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
    /// What a trained head reads: `calibrated` or `learned`. By name alone; the head itself is no setting.
    #[serde(skip)]
    ByHead(HeadReading),
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

    /// The methods that read by a trained head.
    pub fn by_head() -> [Self; 2] {
        [
            Self::ByHead(HeadReading::Calibrated),
            Self::ByHead(HeadReading::Learned),
        ]
    }

    /// The method of that name, with default settings.
    ///
    /// # Errors
    ///
    /// No such method; the message names all.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        let named = name.parse::<MethodName>().map(Self::from);
        named.map_err(|_| ExplainError::UnknownMethod {
            name: name.to_owned(),
            known: MethodName::ALL.map(MethodName::name).join(", "),
        })
    }

    /// Name as in TOML and `--method`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ByHead(reading) => reading.name(),
            _ => self.of_directions().map_or("", Decomposition::name),
        }
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
            Ok(()) => Self::ByHead(HeadReading::Learned),
            Err(_) => Self::default(),
        })
    }

    /// Whether it reads by a trained head.
    pub fn has_head(&self) -> bool {
        matches!(self, Self::ByHead(_))
    }

    /// Fingerprint of the method with its settings and the version of its code. A head and the reference models that it
    /// was fitted to count by what they hold, not by their names.
    ///
    /// # Errors
    ///
    /// Settings that cannot be written as JSON.
    pub fn fingerprint(&self, head: Option<&Head>) -> Result<Fingerprint, ExplainError> {
        let key = Fingerprint::of("method")
            .text("name", self.name())
            .number("version", u64::from(self.version()));
        Ok(match head {
            Some(head) => key.nested("head", head.fingerprint()),
            None => key.text("settings", &json(self)?),
        }
        .finish())
    }

    /// Version of its code.
    pub fn version(&self) -> u32 {
        match self {
            Self::ByHead(_) => crate::heads::VERSION,
            _ => self.of_directions().map_or(0, Decomposition::version),
        }
    }

    /// The method itself, where it is computed from directions alone.
    ///
    /// # Errors
    ///
    /// A setting outside its range; a method that reads by a head.
    pub fn build(&self) -> Result<Arc<dyn Decomposition>, ExplainError> {
        self.build_with(None)
    }

    /// The method itself, with the head that it reads by where it does.
    ///
    /// # Errors
    ///
    /// A setting outside its range; a head that is missing.
    pub fn build_with(
        &self,
        head: Option<&Arc<Head>>,
    ) -> Result<Arc<dyn Decomposition>, ExplainError> {
        if let Some(method) = self.of_directions() {
            method.validate()?;
        }
        Ok(match (self.clone(), head) {
            (Self::Paper(method), _) => Arc::new(method),
            (Self::Lsq(method), _) => Arc::new(method),
            (Self::Centered(method), _) => Arc::new(method),
            (Self::Nnls(method), _) => Arc::new(method),
            (Self::SubspaceNnls(method), _) => Arc::new(method),
            (Self::Omp(method), _) => Arc::new(method),
            (Self::Ridge(method), _) => Arc::new(method),
            (Self::ByHead(reading), Some(head)) => {
                Arc::new(HeadDecomposition::new(head.clone(), reading))
            }
            (Self::ByHead(reading), None) => {
                return Err(ExplainError::NoHead {
                    problem: format!(
                        "{} reads by a trained head, and there is none here; choose another method",
                        reading.name()
                    ),
                });
            }
        })
    }

    fn of_directions(&self) -> Option<&dyn Decomposition> {
        Some(match self {
            Self::Paper(method) => method,
            Self::Lsq(method) => method,
            Self::Centered(method) => method,
            Self::Nnls(method) => method,
            Self::SubspaceNnls(method) => method,
            Self::Omp(method) => method,
            Self::Ridge(method) => method,
            Self::ByHead(_) => return None,
        })
    }
}

/// With default settings.
impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Paper => Self::Paper(Paper::default()),
            MethodName::Lsq => Self::Lsq(Lsq::default()),
            MethodName::Centered => Self::Centered(Centered::default()),
            MethodName::Nnls => Self::Nnls(Nnls::default()),
            MethodName::SubspaceNnls => Self::SubspaceNnls(SubspaceNnls::default()),
            MethodName::Omp => Self::Omp(Omp::default()),
            MethodName::Ridge => Self::Ridge(Ridge::default()),
            MethodName::Calibrated => Self::ByHead(HeadReading::Calibrated),
            MethodName::Learned => Self::ByHead(HeadReading::Learned),
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
        match self {
            Self::ByHead(reading) => serializer.serialize_str(reading.name()),
            _ => Self::serialize(self, serializer),
        }
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
        let head = Head::embedded().unwrap();
        for method in Method::all().into_iter().chain(Method::by_head()) {
            let built = method.build_with(Some(&head)).unwrap();
            assert_eq!(
                (built.name(), built.version()),
                (method.name(), method.version())
            );
            assert_eq!(Method::parse(method.name()).unwrap(), method);
            let written = serde_json::to_string(&method).unwrap();
            assert_eq!(serde_json::from_str::<Method>(&written).unwrap(), method);
            assert_eq!(method.build().is_err(), method.has_head());
        }
    }
}
