//! The family held to PyTorch: weights and expectations of `tests/fixtures/mini_gan`.
#![allow(clippy::unwrap_used)]

use super::{Gan, GanNoise, MiniGan};
use crate::generators::mini_diffusion::Prompts;
use crate::generators::reference_values::{ReferenceValues, fixture_folder};
use crate::generators::{Family, LatentBatch, MODEL_FILE};
use crate::sampling::noise;
use crate::weights::WeightsFile;
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

/// Largest difference from what PyTorch computes in f64; the numbers are of order 1.
const TOLERANCE: f32 = 2e-5;

// As in the script.
const PROMPTS: [&str; 3] = ["red apple", "apple, blue style", ""];
const WALK_RANK: usize = 1;
const WALK_DISTANCE: f64 = 1.5;

struct Fixture {
    model: MiniGan,
    expected: ReferenceValues,
}

impl Fixture {
    fn read() -> Self {
        let folder = fixture_folder("mini_gan");
        let beside = fixture_folder("mini_diffusion").join(Family::Gan.autoencoder_file());
        let [weights, autoencoder] =
            [folder.join(MODEL_FILE), beside].map(|path| WeightsFile::read(&path).unwrap());
        assert_eq!(Family::of(&weights).unwrap(), Family::Gan);
        Self {
            model: MiniGan::from_weights(&weights, &autoencoder, &Device::flex()).unwrap(),
            expected: ReferenceValues::read(&folder, TOLERANCE),
        }
    }

    fn gan(&self) -> &Gan {
        self.model.network()
    }

    fn prompts(&self) -> Prompts {
        Prompts::new(self.expected.sentences("words"))
    }

    /// A tensor on the device of a training or off it.
    fn on<const D: usize>(&self, name: &str, training: bool) -> Tensor<D> {
        let tensor = self.expected.tensor(name);
        if training {
            Tensor::from_inner(tensor)
        } else {
            tensor
        }
    }

    fn batch(&self, training: bool) -> LatentBatch<GanNoise> {
        LatentBatch {
            latents: self.on("real", training),
            prompts: self.prompts(),
            drawn: GanNoise {
                z: self.on("z", training),
                step: self.on("step", training),
                at_real: self.on("at_real", training),
                alone: false,
            },
        }
    }
}

#[test]
fn the_generator_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let read = |text: &str| fixture.model.tokenizer().encode(text).unwrap();
    assert_eq!(
        PROMPTS.map(read).to_vec(),
        fixture.expected.sentences("words")
    );
    let generator = &fixture.gan().generator;
    let z: Tensor<2> = fixture.expected.tensor("z");
    let text = generator.read(&fixture.prompts());
    fixture
        .expected
        .check("w", generator.place(z.clone(), &text));
    let made = generator.forward(z, &fixture.prompts());
    fixture.expected.check("made", made);
}

#[test]
fn closed_form_directions_are_those_of_the_reference() {
    let fixture = Fixture::read();
    let generator = &fixture.gan().generator;
    let directions = generator.closed_form().unwrap();
    let wanted = fixture.expected.values("directions");
    for (rank, (direction, wanted)) in directions.iter().zip(wanted.chunks(16)).enumerate() {
        let products = direction.unit.iter().zip(wanted).map(|(a, b)| a * b);
        // Where two numbers are nearly the largest, either may decide the sign.
        let sense = products.sum::<f32>().signum();
        let ours: Vec<f32> = direction.unit.iter().map(|v| sense * v).collect();
        let name = format!("direction {rank}");
        fixture.expected.close(&name, &ours, wanted);
    }
    let walked = generator
        .clone()
        .walked(&directions[WALK_RANK], WALK_DISTANCE);
    let z = fixture.expected.tensor("z");
    let walked = walked.forward(z, &fixture.prompts());
    fixture.expected.check("walked", walked);
}

#[test]
fn the_discriminator_gives_what_pytorch_gives() {
    let fixture = Fixture::read();
    let judge = &fixture.gan().discriminator;
    let memory = judge.read(&fixture.prompts());
    let judged = judge.judge(fixture.expected.tensor("real"), &memory);
    fixture.expected.check("logits", judged.logits);
    fixture.expected.check("word_logits", judged.words);
}

#[test]
fn both_losses_are_those_of_the_reference() {
    let fixture = Fixture::read();
    let players = fixture.gan().play(fixture.batch(false));
    let [words_real, words_fake] = players.words;
    for (name, ours) in [
        ("generator", players.generator),
        ("discriminator", players.discriminator),
        ("margin", players.margin),
        ("slope", players.slope),
        ("distance", players.distance),
        ("words_real", words_real),
        ("words_fake", words_fake),
    ] {
        fixture.expected.check(name, ours);
    }
}

/// One way back from the sum of both losses.
#[test]
fn both_gradients_are_those_of_the_reference() {
    let fixture = Fixture::read();
    let device = Device::flex().autodiff();
    let gan = fixture.gan().clone().train().fork(&device);
    let players = gan.play(fixture.batch(true));
    let both = (players.generator + players.discriminator).backward();
    let gradients = GradientsParams::from_grads(both, &gan);
    let of_styles = gradients.get::<2>(gan.generator.styles.weight.id);
    let of_input = gradients.get::<2>(gan.discriminator.input.weight.id);
    for (name, ours) in [("gradient_styles", of_styles), ("gradient_input", of_input)] {
        fixture.expected.check(name, ours.unwrap());
    }
}

/// The benchmark beside PyTorch draws the same to compare pictures.
#[test]
fn what_images_are_drawn_from_is_what_the_reference_draws() {
    let fixture = Fixture::read();
    let wanted = fixture.expected.values("drawn");
    let ours = noise(3, 22, [wanted.len()]).try_to_vec::<f32>().unwrap();
    fixture.expected.close("drawn", &ours, &wanted);
}
