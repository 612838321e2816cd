//! Tests of the whole workspace and of the binary; one module per subject.

mod calibrations;
mod clip_models;
mod data_verbs;
mod devices;
mod explanations;
mod folders;
mod gans;
mod generator_trainings;
mod generators;
mod hub;
mod image_files;
mod interruption;
mod outputs;
mod own_features;
mod recipes;
mod sandbox;
mod trained;
mod weights_files;
mod words;
mod workspace;
