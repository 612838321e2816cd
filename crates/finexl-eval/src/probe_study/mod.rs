//! How far explanations of personalized models depend on the probes that they are made with.

mod chosen_models;
mod drawn_features;
mod experiment;
mod figures;
mod gallery;
mod null_trials;
mod probe_bank;
mod trials;

pub use experiment::evaluate_probes;
