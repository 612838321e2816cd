//! Model selection: for every model of a pool, the other model with the most similar explanation.
//!
//! The main task of arXiv 2511.01932. Whoever looks for a model like a given one needs an explanation
//! in which models that were personalized alike are near each other; here is how often they are.

mod answers;
mod candidate;
mod clustered;
mod columns;
mod comparison;
mod contest;
mod distances;
mod error_removed;
mod experiment;
mod fitting_pool;
mod grounds;
mod levels;
mod matching;
mod methods;
mod outcome;
mod output;
mod part;
mod pool_features;
mod protocol;
mod readings;
mod similarity;
mod table;
mod thresholds;

pub use candidate::Candidate;
pub use clustered::Clustered;
pub use comparison::{Comparison, compare};
pub use error_removed::{ErrorRemoved, RelativeGain, error_removed};
pub use experiment::{Selection, select_models};
pub use levels::{LevelRecovery, level_recovery};
pub use outcome::{Credit, Outcome, Reference, outcomes, reference};
pub use output::{markdown, write_tables};
pub(crate) use pool_features::pairs;
pub use protocol::Protocol;
pub use similarity::nearest;
pub use table::table;
