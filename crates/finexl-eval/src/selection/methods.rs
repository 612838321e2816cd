//! Methods by the names that experiments give them.

use crate::EvalError;
use crate::baselines::{
    Column, Decomposed, ExplanationMethod, GsClip, Naive, NearestNeighbour, ProfileByPair, Random,
    Ranking, Splice, VisDiff,
};
use finexl_core::experiment::Variant;
use finexl_core::fingerprint::Fingerprint;
use finexl_core::names::{ProfileName, SelectionName};
use finexl_core::selection::{Role, SeenPairs};
use finexl_explain::decompose::{Method, Paper, Ridge, SubspaceNnls};
use finexl_explain::explainer::ExplainerBuilder;
use finexl_explain::heads::Head;
use finexl_explain::profile::profile_ridge;
use finexl_explain::references::References;
use finexl_explain::vocabulary::Vocabulary;
use finexl_zoo::encoders::Encoder;
use std::path::PathBuf;
use std::sync::Arc;

const DEFAULT: &str = ProfileName::Default.name();
const PROFILE: &str = ProfileName::Profile.name();
const SCORES: &str = ProfileName::Scores.name();
/// Proposals that every pair may make.
const PER_PAIR: usize = 5;

/// A method with its place in a table.
pub struct Contender {
    /// How it explains.
    pub method: Box<dyn ExplanationMethod>,
    /// What it is.
    pub role: Role,
    /// The directions that its explanation vectors are made of, each a row of the table.
    pub columns: &'static [Column],
    /// What is changed about it.
    pub variant: Option<Variant>,
    /// The offer that it is made, of those that an experiment has.
    pub offer: usize,
}

impl Contender {
    /// The method of a name.
    ///
    /// # Errors
    /// [`EvalError::Setting`] for a name that is none.
    pub fn named(
        name: &str,
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, EvalError> {
        const BOTH: &[Column] = &[Column::Plain, Column::Transformed];
        const OWN: &[Column] = &[Column::Transformed];
        let baseline = |method: Box<dyn ExplanationMethod>| Self {
            method,
            role: Role::Baseline,
            columns: BOTH,
            variant: None,
            offer: 0,
        };
        Ok(match name {
            DEFAULT => Self {
                method: Box::new(ProfileByPair::new(profile_ridge(), encoder, vocabulary)?),
                role: Role::Ours,
                columns: OWN,
                variant: None,
                offer: 0,
            },
            PROFILE => Self {
                method: Box::new(Decomposed::profile_of(encoder, vocabulary)?),
                role: Role::Variant,
                columns: OWN,
                variant: None,
                offer: 0,
            },
            SCORES => {
                let method = Decomposed::scores_of(encoder, vocabulary)?;
                Self {
                    role: role_of(method.has_head()),
                    method: Box::new(method),
                    columns: OWN,
                    variant: None,
                    offer: 0,
                }
            }
            "naive" => baseline(Box::new(Naive)),
            "gsclip" => baseline(Box::new(GsClip { per_pair: PER_PAIR })),
            "visdiff" => baseline(Box::<VisDiff>::default()),
            "visdiff-means" => baseline(Box::new(VisDiff {
                ranking: Ranking::MeanDifference,
                per_pair: PER_PAIR,
            })),
            "splice" => baseline(Box::<Splice>::default()),
            "divergence" | "divergences" => Self {
                role: Role::Control,
                columns: &[Column::Plain],
                ..baseline(Box::new(NearestNeighbour {
                    by_pair: name == "divergences",
                }))
            },
            "random" => Self {
                columns: &[Column::Plain],
                ..baseline(Box::<Random>::default())
            },
            other => {
                let method = decomposition(other)?;
                Self {
                    role: role_of(method.has_head()),
                    method: Box::new(Decomposed::of_method(method, encoder, vocabulary, Ok)?),
                    // Algorithm 1 is defined on plain directions; the others see their own.
                    columns: OWN,
                    variant: None,
                    offer: 0,
                }
            }
        })
    }

    /// A variant of the default or of a decomposition, on the concepts of `vocabulary`, which are those of
    /// the offer of that number. Reference models are those of `base`, or of any where none is given.
    ///
    /// # Errors
    /// [`EvalError::Setting`] for another method, or a setting that the method does not have.
    pub fn varied(
        variant: &Variant,
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
        (offer, base): (usize, Option<&Fingerprint>),
    ) -> Result<Self, EvalError> {
        Ok(Self {
            method: Self::method_of(variant, encoder, vocabulary, base)?,
            role: match variant.method.name() {
                DEFAULT | PROFILE | SCORES => Role::Variant,
                name => role_of(decomposition(name)?.has_head()),
            },
            columns: &[Column::Transformed],
            variant: Some(variant.clone()),
            offer,
        })
    }

    fn method_of(
        variant: &Variant,
        encoder: &Arc<dyn Encoder>,
        vocabulary: &Vocabulary,
        base: Option<&Fingerprint>,
    ) -> Result<Box<dyn ExplanationMethod>, EvalError> {
        let refused = Err(EvalError::setting(
            "variants",
            format!(
                "\"{}\": lambda is for {DEFAULT} and ridge, e-ortho for paper, components for subspace-nnls",
                variant.name
            ),
        ));
        if variant.head.is_some() || !variant.references.is_empty() {
            let method = decomposition(variant.method.name())?;
            let with = |builder| by_files(builder, variant, base);
            return Ok(Box::new(Decomposed::of_method(
                method, encoder, vocabulary, with,
            )?));
        }
        let settings = (variant.lambda, variant.e_ortho, variant.components);
        if variant.method.name() == DEFAULT {
            let ridge = match settings {
                (None, None, None) => profile_ridge(),
                (Some(lambda), None, None) => Ridge { lambda },
                _ => return refused,
            };
            return Ok(Box::new(ProfileByPair::new(ridge, encoder, vocabulary)?));
        }
        if [PROFILE, SCORES].contains(&variant.method.name()) {
            if settings != (None, None, None) {
                return refused;
            }
            return Ok(Box::new(match variant.method.name() == PROFILE {
                true => Decomposed::profile_of(encoder, vocabulary)?,
                false => Decomposed::scores_of(encoder, vocabulary)?,
            }));
        }
        let method = match (decomposition(variant.method.name())?, settings) {
            (Method::Ridge(_), (Some(lambda), None, None)) => Method::Ridge(Ridge { lambda }),
            (Method::Paper(paper), (None, Some(e_ortho), None)) => {
                Method::Paper(Paper { e_ortho, ..paper })
            }
            (Method::SubspaceNnls(subspace), (None, None, Some(components))) => {
                Method::SubspaceNnls(SubspaceNnls {
                    components,
                    ..subspace
                })
            }
            (method, (None, None, None)) => method,
            _ => return refused,
        };
        Ok(Box::new(Decomposed::of_method(
            method, encoder, vocabulary, Ok,
        )?))
    }

    /// Its name in tables, directions aside.
    pub fn name(&self) -> String {
        match &self.variant {
            Some(variant) => variant.name.clone(),
            None => self.method.name(),
        }
    }

    /// Its name in a table, with the directions where there are two.
    pub fn row(&self, column: Column) -> String {
        let name = self.name();
        match (self.columns.len(), column) {
            (1, _) | (_, Column::Plain) => name,
            (_, Column::Transformed) => format!("{name}, our directions"),
        }
    }
}

impl Contender {
    /// How many of the pool's pairs it looks at, if nothing else is changed about it.
    pub fn seen(&self, all: usize) -> Option<SeenPairs> {
        let pairs = match &self.variant {
            Some(variant) => {
                let plain = Variant {
                    name: variant.name.clone(),
                    method: variant.method,
                    pairs: variant.pairs,
                    ..Variant::default()
                };
                (*variant == plain).then(|| variant.pairs.unwrap_or(all))?
            }
            None => all,
        };
        Some(SeenPairs {
            of: self.method.name(),
            pairs: pairs.min(all),
        })
    }
}

/// Adds the head and the reference models that a variant names.
fn by_files(
    mut builder: ExplainerBuilder,
    variant: &Variant,
    base: Option<&Fingerprint>,
) -> Result<ExplainerBuilder, EvalError> {
    let fault = |problem: String| {
        EvalError::setting("variants", format!("\"{}\": {problem}", variant.name))
    };
    if !decomposition(variant.method.name())?.has_head() {
        return Err(fault(format!("{} reads by no head", variant.method.name())));
    }
    if let Some(head) = &variant.head {
        builder = builder.head(Head::open(head)?);
    }
    if !variant.references.is_empty() {
        let references = references_of(&variant.references, base)?.ok_or_else(|| {
            fault("none of its references is of the base of a pool; gather some of it".to_string())
        })?;
        builder = builder.references(references);
    }
    Ok(builder)
}

/// The first reference models of a base, of those that files hold.
fn references_of(
    paths: &[PathBuf],
    base: Option<&Fingerprint>,
) -> Result<Option<References>, EvalError> {
    for path in paths {
        let references = References::open(path)?;
        if base.is_none() || references.base_fingerprint() == base {
            return Ok(Some(references));
        }
    }
    Ok(None)
}

/// What a decomposition is in a table.
fn role_of(has_head: bool) -> Role {
    match has_head {
        true => Role::Head,
        false => Role::Variant,
    }
}

fn decomposition(name: &str) -> Result<Method, EvalError> {
    Method::parse(name).map_err(|_| {
        let all = SelectionName::all().join(", ");
        EvalError::setting(
            "methods",
            format!("\"{name}\" is no method; there are {all}"),
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::baselines::toy::Toy;
    use crate::made_up::FakeEncoder;
    use std::collections::BTreeSet;

    #[test]
    fn all_answer_in_the_same_form_under_names_of_their_own() {
        let (toy, encoder) = (Toy::new(), Arc::new(FakeEncoder::new()) as Arc<dyn Encoder>);
        let offer = toy.offer();
        let table = toy.proposals(&[("first", 0.0, 0.5)]);
        let mut rows = BTreeSet::new();
        let by_head = |name: &str| Method::parse(name).is_ok_and(|method| method.has_head());
        for name in SelectionName::all()
            .into_iter()
            .filter(|name| !by_head(name))
        {
            let contender = Contender::named(name, &encoder, offer.vocabulary()).unwrap();
            let evidence = toy.evidence(&offer, Some(&table));
            let answer = contender.method.explain(&offer, &evidence).unwrap();
            assert_eq!(answer.weights().len(), offer.concepts());
            for column in contender.columns {
                let vector = answer.vector(&offer, *column, Some(8)).unwrap();
                assert!(vector.iter().all(|v| v.is_finite()), "{name}");
                assert!(rows.insert(contender.row(*column)), "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_method_is_named_with_those_that_are() {
        let (toy, encoder) = (Toy::new(), Arc::new(FakeEncoder::new()) as Arc<dyn Encoder>);
        let vocabulary = toy.offer().vocabulary().clone();
        let error = Contender::named("oracle-bones", &encoder, &vocabulary);
        let message = error.err().unwrap().to_string();
        for part in ["oracle-bones", "subspace-nnls", "visdiff"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_pool_takes_the_references_of_its_base() {
        let paths = ["mini-autoregressive", "mini-gan"].map(PathBuf::from);
        let gan = References::open(&paths[1]).unwrap();
        let of = |base: Option<&Fingerprint>| {
            references_of(&paths, base)
                .unwrap()
                .map(|found| found.base().to_string())
        };
        assert_eq!(of(gan.base_fingerprint()), Some("mini-gan".to_string()));
        assert_eq!(of(None), Some("mini-autoregressive".to_string()));
        assert_eq!(of(Some(gan.encoder_fingerprint())), None);
        assert!(references_of(&[PathBuf::from("gone")], None).is_err());
    }
}
