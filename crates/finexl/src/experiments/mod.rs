//! Experiments that explain and report: `[explain-models]` and `[explain-scenes]`.

mod explain_models;
mod explain_scenes;
mod figures;
mod kept_work;
mod model_notes;
mod readers;
mod reporting;

pub use explain_models::explain_models;
pub use explain_scenes::explain_scenes;
pub use reporting::Listener;
