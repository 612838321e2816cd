//! Where an experiment puts its results.

use super::Experiment;
use std::path::Path;

impl Experiment {
    /// Lets everything that an experiment makes go to a folder: of trainings the weights and checkpoints, of
    /// calibrations and reference models their files.
    pub fn set_output(&mut self, folder: &Path) {
        let weights = |name: &str| folder.join(format!("{name}.safetensors"));
        let output = folder.to_path_buf();
        match self {
            Self::Calibrate(e) => {
                e.output = folder.join("calibration.json");
                e.domain = folder.join("domain.safetensors");
                e.report = output;
            }
            Self::Evaluate(e) => e.output = Some(output),
            Self::EvaluateGenerator(e) => e.output = output,
            Self::EvaluatePool(e) => e.output = output,
            Self::EvaluateProbes(e) => e.output = output,
            Self::ExplainModels(e) => e.output = output,
            Self::ExplainScenes(e) => e.output = output,
            Self::GatherReferences(e) => e.output = folder.join("references.safetensors"),
            Self::MakePool(e) => e.output = output,
            Self::Personalize(e) => e.output = output,
            Self::PlantedConcepts(e) => e.output = Some(output),
            Self::ScoreEncoders(e) => e.output = output,
            Self::SelectModels(e) => e.output = output,
            Self::TrainAutoencoder(e) => e.output = weights(&e.name),
            Self::TrainAutoregressive(e) => e.output = weights(&e.name),
            Self::TrainCaptioner(e) => e.output = weights(&e.name),
            Self::TrainDenoiser(e) => e.output = weights(&e.name),
            Self::TrainEncoder(e) => e.output = weights(&e.name),
            Self::TrainGan(e) => e.output = weights(&e.name),
            Self::TrainHead(e) => e.output = weights(&e.name),
        }
    }

    /// The kind, as the name of its table.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Calibrate(_) => "calibrate",
            Self::Evaluate(_) => "evaluate",
            Self::EvaluateGenerator(_) => "evaluate-generator",
            Self::EvaluatePool(_) => "evaluate-pool",
            Self::EvaluateProbes(_) => "evaluate-probes",
            Self::ExplainModels(_) => "explain-models",
            Self::ExplainScenes(_) => "explain-scenes",
            Self::GatherReferences(_) => "gather-references",
            Self::MakePool(_) => "make-pool",
            Self::Personalize(_) => "personalize",
            Self::PlantedConcepts(_) => "planted-concepts",
            Self::ScoreEncoders(_) => "score-encoders",
            Self::SelectModels(_) => "select-models",
            Self::TrainAutoencoder(_) => "train-autoencoder",
            Self::TrainAutoregressive(_) => "train-autoregressive",
            Self::TrainCaptioner(_) => "train-captioner",
            Self::TrainDenoiser(_) => "train-denoiser",
            Self::TrainEncoder(_) => "train-encoder",
            Self::TrainGan(_) => "train-gan",
            Self::TrainHead(_) => "train-head",
        }
    }

    /// Whether it trains something, which has a run folder and goes on where it stopped.
    pub fn is_training(&self) -> bool {
        self.kind().starts_with("train-")
    }
}
