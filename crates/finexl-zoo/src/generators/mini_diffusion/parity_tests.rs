//! The generator held to PyTorch: weights and expectations of `tests/fixtures/mini_diffusion`.
#![allow(clippy::unwrap_used)]

use super::processor::ProcessorDenoiser;
use super::sample::{Velocity, denoise};
use super::{Autoencoder, AutoencoderConfig, MiniDiffusion, Prompts, flow_matching, on_the_way};
use crate::encoders::mini_clip::Tokenizer;
use crate::generators::{ConceptGuidance, Conditions, Family, GenerationSettings, MODEL_FILE};
use crate::sampling::noise;
use crate::weights::WeightsFile;
use burn::tensor::{Device, Tensor, TensorData};
use finexl_data::captions::caption;
use finexl_data::image::Image;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// Largest difference from what PyTorch computes in f64; the numbers are of order 1.
const TOLERANCE: f32 = 2e-5;

// As in the script.
const PROMPTS: [&str; 2] = ["red apple", "apple, blue style"];
const CONCEPT: &str = "vivid";
const STRENGTH: f64 = 2.0;

struct Fixture {
    model: MiniDiffusion,
    autoencoder: WeightsFile,
    expected: Vec<u8>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini_diffusion")
}

impl Fixture {
    fn read() -> Self {
        let file = |name: &str| WeightsFile::read(&folder().join(name)).unwrap();
        let autoencoder = file(Family::Diffusion.autoencoder_file());
        let model =
            MiniDiffusion::from_weights(&file(MODEL_FILE), &autoencoder, &Device::flex()).unwrap();
        Self {
            model,
            autoencoder,
            expected: std::fs::read(folder().join("expected.safetensors")).unwrap(),
        }
    }

    /// Shape and 4-byte words of an expected tensor.
    fn words(&self, name: &str) -> (Vec<usize>, Vec<[u8; 4]>) {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap();
        (
            view.shape().to_vec(),
            view.data().as_chunks::<4>().0.to_vec(),
        )
    }

    fn values(&self, name: &str) -> Vec<f32> {
        let (_, words) = self.words(name);
        words.into_iter().map(f32::from_le_bytes).collect()
    }

    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let (shape, _) = self.words(name);
        let shape: [usize; D] = shape.try_into().unwrap();
        let data = TensorData::new(self.values(name), shape);
        Tensor::from_data(data, &Device::flex())
    }

    /// Token sequences without their padding.
    fn tokens(&self, name: &str) -> Vec<Vec<i32>> {
        let (shape, words) = self.words(name);
        let tokens: Vec<i32> = words.into_iter().map(i32::from_le_bytes).collect();
        tokens
            .chunks_exact(shape[1])
            .map(|row| {
                let kept = row.iter().copied();
                kept.filter(|token| *token != Tokenizer::PADDING).collect()
            })
            .collect()
    }

    /// A tensor `[n, 3, side, side]` as images.
    fn images(&self, name: &str) -> Vec<Image> {
        let (shape, _) = self.words(name);
        let side = shape[3];
        let plane = side * side;
        self.values(name)
            .chunks_exact(3 * plane)
            .map(|planes| {
                let pixel = |at: usize| [0, 1, 2].map(|channel| planes[channel * plane + at]);
                Image::new(side, side, (0..plane).flat_map(pixel).collect())
            })
            .collect()
    }

    fn check<const D: usize>(&self, name: &str, ours: Tensor<D>) {
        let (shape, _) = self.words(name);
        assert_eq!(ours.dims().to_vec(), shape, "{name}");
        let ours = ours.into_data().try_to_vec::<f32>().unwrap();
        close(name, &ours, &self.values(name));
    }

    /// Samples from the fixture's noise.
    fn sample(&self, concept: Option<ConceptGuidance>) -> Tensor<3> {
        let conditions = Conditions {
            prompts: self.tokens("tokens"),
            empty: self.tokens("empty_tokens").remove(0),
            with_concept: concept.as_ref().map(|_| self.tokens("concept_tokens")),
        };
        let settings = GenerationSettings {
            steps: 6,
            guidance: 3.0,
            concept,
            ..GenerationSettings::default()
        };
        let noise = self.tensor("noise");
        let denoiser = self.model.network();
        denoise(denoiser, conditions, noise, &settings, &mut |_| ()).unwrap()
    }
}

fn close(name: &str, ours: &[f32], wanted: &[f32]) {
    assert_eq!(ours.len(), wanted.len(), "{name}");
    assert!(ours.iter().all(|v| v.is_finite()), "{name} is not finite");
    let differences = ours.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f32::max);
    println!("{name}: largest difference {largest:e}");
    assert!(largest <= TOLERANCE, "{name}: {largest:e}");
}

#[test]
fn the_autoencoder_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let config: AutoencoderConfig = fixture.autoencoder.config().unwrap();
    let fresh = Autoencoder::new(&config.architecture, &Device::flex());
    let autoencoder = fixture.autoencoder.load_into(fresh).unwrap();
    let posterior = autoencoder.encode(fixture.tensor("images"));
    fixture.check("posterior_mean", posterior.mean);
    fixture.check("posterior_log_variance", posterior.log_variance.unwrap());

    let latents = fixture.model.latents();
    fixture.check("latents", latents.encode(&fixture.images("images")));
    let decoded = latents.decode(fixture.tensor("latents")).unwrap();
    let wanted = fixture.images("decoded");
    assert_eq!(decoded.len(), wanted.len());
    for (image, wanted) in decoded.iter().zip(&wanted) {
        close("decoded", &image.pixels, &wanted.pixels);
    }
}

#[test]
fn prompts_are_read_as_the_reference_reads_them() {
    let fixture = Fixture::read();
    let read = |text: &str| fixture.model.tokenizer().encode(text).unwrap();
    assert_eq!(PROMPTS.map(read).to_vec(), fixture.tokens("tokens"));
    let with_concept = PROMPTS.map(|prompt| read(&caption(prompt, &[CONCEPT])));
    assert_eq!(with_concept.to_vec(), fixture.tokens("concept_tokens"));
    assert_eq!(read(""), fixture.tokens("empty_tokens")[0]);
}

#[test]
fn the_denoiser_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let denoiser = fixture.model.network();
    let prompts = Prompts::new(fixture.tokens("tokens"));
    let [latents, noise] = ["latents", "noise"].map(|name| fixture.tensor::<3>(name));
    let times: Tensor<1> = fixture.tensor("times");

    let noisy = on_the_way(latents.clone(), noise.clone(), &times);
    fixture.check("noisy", noisy);
    let memory = denoiser.read(&prompts);
    let noisy: Tensor<3> = fixture.tensor("noisy");
    let denoised = denoiser.forward(noisy, times.clone(), &memory, Some(1));
    fixture.check("velocity", denoised.velocity);
    fixture.check("inner", denoised.inner.unwrap());
    let loss = flow_matching(denoiser, latents, noise, times, &prompts, None);
    fixture.check("loss", loss.value);
}

/// On the processor sampling takes another way than training.
#[test]
fn both_ways_give_one_velocity() {
    let fixture = Fixture::read();
    let denoiser = fixture.model.network();
    let prompts = Prompts::new(fixture.tokens("tokens"));
    let noisy: Tensor<3> = fixture.tensor("noisy");
    let processor = ProcessorDenoiser::new(denoiser, &prompts).unwrap();
    let ours = processor.at(noisy.clone(), 0.3).unwrap();
    let times = Tensor::full([2], 0.3, &Device::flex());
    let memory = denoiser.read(&prompts);
    let theirs = denoiser.forward(noisy, times, &memory, None).velocity;
    let [ours, theirs] = [ours, theirs].map(|t| t.into_data().try_to_vec::<f32>().unwrap());
    close("velocity", &ours, &theirs);
}

#[test]
fn sampling_ends_where_pytorch_ends() {
    let fixture = Fixture::read();
    fixture.check("sampled", fixture.sample(None));
    let concept = ConceptGuidance {
        phrase: CONCEPT.to_string(),
        strength: STRENGTH,
    };
    fixture.check("sampled_with_concept", fixture.sample(Some(concept)));
}

/// The benchmark beside PyTorch draws the same noise to compare pictures.
#[test]
fn starting_noise_is_what_the_reference_draws() {
    let fixture = Fixture::read();
    let wanted = fixture.values("drawn_noise");
    let ours = noise(3, 22, [wanted.len()]).try_to_vec::<f32>().unwrap();
    close("drawn_noise", &ours, &wanted);
}
