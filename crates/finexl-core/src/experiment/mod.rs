//! Experiments: what one TOML file asks for.

mod calibrate;
mod evaluate;
mod evaluate_generator;
mod evaluate_pool;
mod evaluate_probes;
mod explain_models;
mod explain_scenes;
mod file;
mod gather_references;
mod keys;
mod output;
mod personalize;
mod planted_concepts;
mod pool;
mod proposer;
mod ranges;
mod read_by;
mod reading;
mod reference;
mod schema;
mod score_encoders;
mod select_models;
mod train_autoencoder;
mod train_autoregressive;
mod train_captioner;
mod train_denoiser;
mod train_encoder;
mod train_gan;
mod train_generator;
mod train_head;
mod training_schedule;

pub use calibrate::Calibrate;
pub use evaluate::{AnalysisChoice, Coverage, Evaluate, FewPairs, Material, MeasureChoice};
pub use evaluate_generator::EvaluateGenerator;
pub use evaluate_pool::{EvaluatePool, PoolScorer};
pub use evaluate_probes::EvaluateProbes;
pub use explain_models::{ExplainModels, TrainedHere};
pub use explain_scenes::{ExplainScenes, Personalization};
pub use file::Experiment;
pub use gather_references::{GatherReferences, ReferenceFolders, ReferenceImages};
pub use keys::{Key, Setting};
pub use personalize::{Mechanism, Personalize, StyleShare, TrainingPictures};
pub use planted_concepts::{ExpectedFigure, PlantedConcepts};
pub use pool::{GivenAdapters, GuidedModels, MakePool, TrainedModels, WalkedModels};
pub use proposer::{CaptionerChoice, EndpointChoice, ProposerChoice};
pub use read_by::ReadBy;
pub use reading::KINDS;
pub use reference::reference;
pub use schema::schema;
pub use score_encoders::ScoreEncoders;
pub use select_models::{PoolColumn, ProbeChoice, SelectModels, Variant};
pub use train_autoencoder::{AutoencoderArchitecture, TrainAutoencoder};
pub use train_autoregressive::{AutoregressiveArchitecture, TrainAutoregressive};
pub use train_captioner::{CaptionerArchitecture, TrainCaptioner};
pub use train_denoiser::{DenoiserArchitecture, TrainDenoiser};
pub use train_encoder::{ImageTower, TextTower, TrainEncoder, TrainingArt};
pub use train_gan::{DiscriminatorArchitecture, GanArchitecture, GanLosses, TrainGan};
pub use train_generator::{Alignment, TextReader, TrainGenerator};
pub use train_head::{
    FolderPictures, HeadArchitecture, HeadEpisodes, HeadPictures, MadeSets, ScenePictures,
    TrainHead,
};
pub use training_schedule::TrainingSchedule;
