//! Methods that explain a personalized model in the same form: every decomposition of the explainer, the
//! baselines that they are compared with, and a control that names nothing.

mod concept_texts;
mod decomposed;
mod evidence;
mod explanation_method;
mod gsclip;
mod method_answer;
mod naive;
mod nearest_neighbour;
mod non_negative_lasso;
mod offer;
mod profile_by_pair;
mod random;
mod splice;
#[cfg(test)]
pub(crate) mod toy;
mod visdiff;

pub use concept_texts::{ConceptTexts, TextForm};
pub use decomposed::Decomposed;
pub use evidence::Evidence;
pub use explanation_method::ExplanationMethod;
pub use gsclip::GsClip;
pub use method_answer::{Column, MethodAnswer};
pub use naive::Naive;
pub use nearest_neighbour::NearestNeighbour;
pub use non_negative_lasso::NonNegativeLasso;
pub use offer::{Offer, mean_embedding};
pub use profile_by_pair::ProfileByPair;
pub use random::Random;
pub use splice::Splice;
pub use visdiff::{Ranking, VisDiff};
