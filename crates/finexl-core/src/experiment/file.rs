//! The TOML file of an experiment.

use super::{
    Calibrate, Evaluate, EvaluateGenerator, EvaluatePool, EvaluateProbes, ExplainModels,
    ExplainScenes, GatherReferences, MakePool, Personalize, PlantedConcepts, ScoreEncoders,
    SelectModels, TrainAutoencoder, TrainAutoregressive, TrainCaptioner, TrainDenoiser,
    TrainEncoder, TrainGan, TrainHead,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One experiment; the name of the file's only table says which kind it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Experiment {
    /// `[calibrate]`
    Calibrate(Calibrate),
    /// `[evaluate]`
    Evaluate(Evaluate),
    /// `[evaluate-generator]`
    EvaluateGenerator(EvaluateGenerator),
    /// `[evaluate-pool]`
    EvaluatePool(EvaluatePool),
    /// `[evaluate-probes]`
    EvaluateProbes(EvaluateProbes),
    /// `[explain-models]`
    ExplainModels(ExplainModels),
    /// `[explain-scenes]`
    ExplainScenes(ExplainScenes),
    /// `[gather-references]`
    GatherReferences(GatherReferences),
    /// `[make-pool]`
    MakePool(MakePool),
    /// `[personalize]`
    Personalize(Personalize),
    /// `[planted-concepts]`
    PlantedConcepts(PlantedConcepts),
    /// `[score-encoders]`
    ScoreEncoders(ScoreEncoders),
    /// `[select-models]`
    SelectModels(SelectModels),
    /// `[train-autoencoder]`
    TrainAutoencoder(TrainAutoencoder),
    /// `[train-autoregressive]`
    TrainAutoregressive(TrainAutoregressive),
    /// `[train-captioner]`
    TrainCaptioner(TrainCaptioner),
    /// `[train-denoiser]`
    TrainDenoiser(TrainDenoiser),
    /// `[train-encoder]`
    TrainEncoder(TrainEncoder),
    /// `[train-gan]`
    TrainGan(TrainGan),
    /// `[train-head]`
    TrainHead(TrainHead),
}
