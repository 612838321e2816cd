//! Experiments: what one TOML file asks for.

mod calibrate;
mod evaluate;
mod explain_scenes;
mod file;
mod planted_concepts;
mod train_encoder;

pub use calibrate::Calibrate;
pub use evaluate::{
    AnalysisChoice, Coverage, Evaluate, ImplementationChoice, Material, MeasureChoice, SplitChoice,
};
pub use explain_scenes::{ExplainScenes, Personalization};
pub use file::Experiment;
pub use planted_concepts::{ExpectedFigure, PlantedConcepts};
pub use train_encoder::{ImageTower, TextTower, TrainEncoder, TrainingArt};
