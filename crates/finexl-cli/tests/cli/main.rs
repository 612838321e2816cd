//! Tests of the whole workspace and of the binary; one module per subject.

mod calibrations;
mod captioner_training;
mod clip_models;
mod data_verbs;
mod devices;
mod explanations;
mod folders;
mod gans;
mod generator_trainings;
mod generators;
mod heads;
mod hub;
mod image_files;
mod inspections;
mod interruption;
#[path = "../../../finexl-eval/tests/comparison/loopback.rs"]
mod loopback;
mod outputs;
mod own_features;
mod pairing_cases;
mod pictures;
mod prompt_files;
mod recipes;
mod records;
mod references;
mod sandbox;
mod selections;
mod similar_models;
mod trained;
mod uncertainty;
mod weights_files;
mod words;
mod workspace;
