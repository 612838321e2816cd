//! The generator held to PyTorch: weights and expectations of `tests/fixtures/mini_diffusion`.
#![allow(clippy::unwrap_used)]

use super::processor::ProcessorDenoiser;
use super::sample::{Velocity, denoise};
use super::{Autoencoder, AutoencoderConfig, MiniDiffusion, Prompts, flow_matching, on_the_way};
use crate::generators::reference_values::{ReferenceValues, fixture_folder};
use crate::generators::{ConceptGuidance, Conditions, DiffusionSettings, Family, MODEL_FILE};
use crate::sampling::noise;
use crate::weights::WeightsFile;
use burn::tensor::{Device, Tensor};
use finexl_data::captions::caption;

/// Largest difference from what PyTorch computes in f64; the numbers are of order 1.
const TOLERANCE: f32 = 2e-5;

// As in the script.
const PROMPTS: [&str; 2] = ["red apple", "apple, blue style"];
const CONCEPT: &str = "vivid";
const STRENGTH: f64 = 2.0;

struct Fixture {
    model: MiniDiffusion,
    autoencoder: WeightsFile,
    expected: ReferenceValues,
}

impl Fixture {
    fn read() -> Self {
        let folder = fixture_folder("mini_diffusion");
        let file = |name: &str| WeightsFile::read(&folder.join(name)).unwrap();
        let autoencoder = file(Family::Diffusion.autoencoder_file());
        let model =
            MiniDiffusion::from_weights(&file(MODEL_FILE), &autoencoder, &Device::flex()).unwrap();
        Self {
            model,
            autoencoder,
            expected: ReferenceValues::read(&folder, TOLERANCE),
        }
    }

    /// Samples from the fixture's noise.
    fn sample(&self, concept: Option<ConceptGuidance>) -> Tensor<3> {
        let conditions = Conditions {
            prompts: self.expected.sentences("tokens"),
            empty: self.expected.sentences("empty_tokens").remove(0),
            with_concepts: concept
                .iter()
                .map(|_| self.expected.sentences("concept_tokens"))
                .collect(),
        };
        let settings = DiffusionSettings {
            steps: 6,
            guidance: 3.0,
            concept,
            ..DiffusionSettings::default()
        };
        let noise = self.expected.tensor("noise");
        let denoiser = self.model.network();
        denoise(denoiser, conditions, noise, &settings, &mut |_| ()).unwrap()
    }
}

#[test]
fn the_autoencoder_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let config: AutoencoderConfig = fixture.autoencoder.config().unwrap();
    let fresh = Autoencoder::new(&config.architecture, &Device::flex());
    let autoencoder = fixture.autoencoder.load_into(fresh).unwrap();
    let posterior = autoencoder.encode(fixture.expected.tensor("images"));
    fixture.expected.check("posterior_mean", posterior.mean);
    fixture
        .expected
        .check("posterior_log_variance", posterior.log_variance.unwrap());

    let latents = fixture.model.latents();
    fixture.expected.check(
        "latents",
        latents.encode(&fixture.expected.images("images")),
    );
    let decoded = latents.decode(fixture.expected.tensor("latents")).unwrap();
    let wanted = fixture.expected.images("decoded");
    assert_eq!(decoded.len(), wanted.len());
    for (image, wanted) in decoded.iter().zip(&wanted) {
        fixture
            .expected
            .close("decoded", &image.pixels, &wanted.pixels);
    }
}

#[test]
fn prompts_are_read_as_the_reference_reads_them() {
    let fixture = Fixture::read();
    let read = |text: &str| fixture.model.tokenizer().encode(text).unwrap();
    assert_eq!(
        PROMPTS.map(read).to_vec(),
        fixture.expected.sentences("tokens")
    );
    let with_concept = PROMPTS.map(|prompt| read(&caption(prompt, &[CONCEPT])));
    assert_eq!(
        with_concept.to_vec(),
        fixture.expected.sentences("concept_tokens")
    );
    assert_eq!(read(""), fixture.expected.sentences("empty_tokens")[0]);
}

#[test]
fn the_denoiser_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let denoiser = fixture.model.network();
    let prompts = Prompts::new(fixture.expected.sentences("tokens"));
    let [latents, noise] = ["latents", "noise"].map(|name| fixture.expected.tensor::<3>(name));
    let times: Tensor<1> = fixture.expected.tensor("times");

    let noisy = on_the_way(latents.clone(), noise.clone(), &times);
    fixture.expected.check("noisy", noisy);
    let memory = denoiser.read(&prompts);
    let noisy: Tensor<3> = fixture.expected.tensor("noisy");
    let denoised = denoiser.forward(noisy, times.clone(), &memory, Some(1));
    fixture.expected.check("velocity", denoised.velocity);
    fixture.expected.check("inner", denoised.inner.unwrap());
    let loss = flow_matching(denoiser, latents, noise, times, &prompts, None);
    fixture.expected.check("loss", loss.value);
}

/// On the processor sampling takes another way than training.
#[test]
fn both_ways_give_one_velocity() {
    let fixture = Fixture::read();
    let denoiser = fixture.model.network();
    let prompts = Prompts::new(fixture.expected.sentences("tokens"));
    let noisy: Tensor<3> = fixture.expected.tensor("noisy");
    let processor = ProcessorDenoiser::new(denoiser, &prompts).unwrap();
    let ours = processor.at(noisy.clone(), 0.3).unwrap();
    let times = Tensor::full([2], 0.3, &Device::flex());
    let memory = denoiser.read(&prompts);
    let theirs = denoiser.forward(noisy, times, &memory, None).velocity;
    let [ours, theirs] = [ours, theirs].map(|t| t.into_data().try_to_vec::<f32>().unwrap());
    fixture.expected.close("velocity", &ours, &theirs);
}

#[test]
fn sampling_ends_where_pytorch_ends() {
    let fixture = Fixture::read();
    fixture.expected.check("sampled", fixture.sample(None));
    let concept = ConceptGuidance::one(CONCEPT, STRENGTH);
    fixture
        .expected
        .check("sampled_with_concept", fixture.sample(Some(concept)));
}

/// The benchmark beside PyTorch draws the same noise to compare pictures.
#[test]
fn starting_noise_is_what_the_reference_draws() {
    let fixture = Fixture::read();
    let wanted = fixture.expected.values("drawn_noise");
    let ours = noise(3, 22, [wanted.len()]).try_to_vec::<f32>().unwrap();
    fixture.expected.close("drawn_noise", &ours, &wanted);
}
