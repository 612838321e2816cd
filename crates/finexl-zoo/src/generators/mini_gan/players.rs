//! What either player of the game lowers.

use super::{Gan, GanNoise, Judged};
use crate::generators::LatentBatch;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::softplus;

/// The losses of both players on a batch, and what is in them; means over rows, `[1]` each.
pub struct Players {
    /// What the generator lowers; the weights of the discriminator have no gradient from it.
    pub generator: Tensor<1>,
    /// What the discriminator lowers; the weights of the generator have no gradient from it.
    pub discriminator: Tensor<1>,
    /// By how much real latents look more real than generated ones of the same prompt.
    pub margin: Tensor<1>,
    /// The squared slope of the discriminator at latents, of either kind.
    pub slope: Tensor<1>,
    /// The squared difference of generated latents from real ones of the same prompt.
    pub distance: Tensor<1>,
    /// How badly the words are read off real and off generated latents.
    pub words: [Tensor<1>; 2],
}

impl Gan {
    /// What the generator lowers before the game (SRGAN, Ledig et al. 2017): how far its latents are from
    /// the real ones of their prompt. Against a generator that draws nothing yet the discriminator wins by
    /// that, and what is to be drawn is not learned from it.
    pub fn drawn_alone(&self, batch: LatentBatch<GanNoise>) -> Tensor<1> {
        let drawn = self.generator.forward(batch.drawn.z, &batch.prompts);
        let distance = (drawn - batch.latents).square().mean();
        let mut touched = Touched(distance.mul_scalar(self.losses.fidelity));
        self.discriminator.visit(&mut touched);
        touched.0
    }

    /// Lets both players judge a batch.
    ///
    /// Real and generated latents of the same prompt are told apart as a pair, so that the discriminator
    /// never wins by the prompt alone and no mode of the data goes unpaired (Jolicoeur-Martineau 2018;
    /// R3GAN, Huang et al. 2024). The discriminator reads the words off real latents, the generator makes
    /// latents off which those of its prompt are read. A scene is nearly settled by its prompt, so the
    /// generator is also drawn to the real latents themselves (pix2pix, Isola et al. 2017): the game alone
    /// ended in one picture for all prompts.
    pub fn play(&self, batch: LatentBatch<GanNoise>) -> Players {
        let LatentBatch {
            latents: real,
            prompts,
            drawn,
        } = batch;
        let losses = &self.losses;
        let fake = self.generator.forward(drawn.z, &prompts);
        let shown = fake.clone().detach();

        let judge = &self.discriminator;
        let memory = judge.read(&prompts);
        let on_real = judge.judge(real.clone(), &memory);
        let on_fake = judge.judge(shown.clone(), &memory);
        // Half of the rows say how steep it is at real latents, half at generated ones (Roth et al. 2017;
        // Mescheder et al. 2018), by the difference over a small step instead of a second derivative (Lin
        // et al. 2025).
        let at = drawn.at_real;
        let rows = at.dims()[0];
        let aside = losses.slope_distance;
        let point = chosen(&at, real.clone(), shown) + drawn.step.mul_scalar(aside);
        let beside = judge.judge(point, &memory).logits;
        let [real_logits, fake_logits] = [&on_real, &on_fake].map(|on| on.logits.clone());
        let here = chosen(
            &at.reshape([rows]),
            real_logits.clone(),
            fake_logits.clone(),
        );
        let slope = (beside - here).div_scalar(aside).square().mean();

        let present = prompts.presence(judge.known_words(), &real_logits.device());
        let distance = (fake.clone() - real).square().mean();
        let fixed = judge.clone().no_grad();
        let seen = fixed.judge(fake, &fixed.read(&prompts));
        let words = [&on_real, &seen].map(|on| words_lost(on, &present));
        let lead = real_logits.clone() - fake_logits;
        let behind = real_logits.detach() - seen.logits;
        let added = |loss: Tensor<1>, words: &Tensor<1>| {
            loss.mean() + words.clone().mul_scalar(losses.words)
        };
        Players {
            generator: added(softplus(behind, 1.0), &words[1])
                + distance.clone().mul_scalar(losses.fidelity),
            discriminator: added(softplus(lead.clone().neg(), 1.0), &words[0])
                + slope.clone().mul_scalar(losses.slope),
            margin: lead.mean(),
            slope,
            distance,
            words,
        }
    }
}

/// A loss that every weight visited has a gradient of zero from. Of weights that no loss reaches burn keeps
/// more to look through with every step.
struct Touched(Tensor<1>);

impl ModuleVisitor for Touched {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.val();
        let count = weight.dims().iter().product::<usize>();
        let one = weight.reshape([count]).narrow(0, 0, 1);
        self.0 = self.0.clone() + one.mul_scalar(0.0);
    }
}

/// `a` where `which` is 1, `b` where it is 0.
fn chosen<const D: usize>(which: &Tensor<D>, a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    a * which.clone() + b * which.clone().neg().add_scalar(1.0)
}

/// The cross entropy of the words of a prompt: the mean over those it has plus that over all others, so
/// that a few do not drown among hundreds. Rows without words count with 0.
fn words_lost(on: &Judged, present: &Tensor<2>) -> Tensor<1> {
    let absent = present.clone().neg().add_scalar(1.0);
    let over = |values: Tensor<2>, which: &Tensor<2>| {
        let count = which.clone().sum_dim(1).clamp_min(1.0);
        (values * which.clone()).sum_dim(1) / count
    };
    let missed = over(softplus(on.words.clone().neg(), 1.0), present);
    let invented = over(softplus(on.words.clone(), 1.0), &absent);
    let captioned = present.clone().sum_dim(1).clamp_max(1.0);
    ((missed + invented) * captioned).mean()
}
