//! A training step in parts whose loss needs the embeddings of the whole batch.
//!
//! The parts are embedded one by one, the loss is taken on all embeddings together, and its slope with
//! regard to each part's embeddings goes back through that part alone: the gradients add up to those
//! of the whole (the idea is that of GradCache, Gao et al. 2021, arXiv 2101.06983, there to save
//! memory). Texts go by length, so that few of them are padded.

use crate::encoders::mini_clip::{MiniClipModel, TokenBatch};
use crate::workers::{Workers, cuts};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Embeds what a part holds.
type Embed = Box<dyn FnOnce(&MiniClipModel) -> Tensor<2> + Send>;

/// A part on its way: the replica, the graph behind its embeddings `[rows, d]`, the rows' places.
struct Embedded {
    replica: MiniClipModel,
    embeddings: Tensor<2>,
}

/// The embeddings of a batch in parts.
pub(super) struct Parts {
    images: Vec<Embedded>,
    texts: Vec<Embedded>,
    /// Place of every text in the texts sorted by length.
    places: Vec<usize>,
}

impl Parts {
    /// Embeds images `[n, tokens, features]` and texts in parts.
    pub(super) fn embed(
        model: &MiniClipModel,
        workers: &Workers,
        patches: Tensor<3>,
        texts: &TokenBatch,
    ) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|row| std::cmp::Reverse(texts.sequence(*row).len()));
        let mut places = vec![0; order.len()];
        for (place, row) in order.iter().enumerate() {
            places[*row] = place;
        }
        let rows = patches.dims()[0];
        let image_jobs = cuts(rows, workers.parts()).map(|[start, end]| -> Embed {
            let part = patches.clone().narrow(0, start, end - start);
            Box::new(|model| model.embed_images(part))
        });
        let text_jobs = cuts(order.len(), workers.parts()).map(|[start, end]| -> Embed {
            let part = texts.select(&order[start..end]);
            Box::new(move |model| model.embed_texts(&part))
        });
        let mut jobs: Vec<Embed> = image_jobs.collect();
        let image_parts = jobs.len();
        jobs.extend(text_jobs);
        let device = patches.device();
        let mut images = workers.run(jobs, |embed| {
            let replica = model.clone().fork(&device);
            let embeddings = embed(&replica);
            Embedded {
                replica,
                embeddings,
            }
        });
        let texts = images.split_off(image_parts);
        Self {
            images,
            texts,
            places,
        }
    }

    /// The image embeddings `[n, d]`, as leaves of a new graph.
    pub(super) fn images(&self) -> Tensor<2> {
        joined(&self.images).require_grad()
    }

    /// The text embeddings `[n, d]` in the order of the batch, as leaves of a new graph.
    pub(super) fn texts(&self) -> Tensor<2> {
        let sorted = joined(&self.texts);
        let places = indices(&self.places, &sorted.device());
        sorted.select(0, places).require_grad()
    }

    /// The parameters' gradients per part, from the slopes of the loss with regard to
    /// [`Parts::images`] and [`Parts::texts`], off the autodiff device.
    pub(super) fn backward(
        self,
        workers: &Workers,
        image_slopes: Tensor<2>,
        text_slopes: Tensor<2>,
    ) -> Vec<GradientsParams> {
        let mut order = vec![0; self.places.len()];
        for (row, place) in self.places.iter().enumerate() {
            order[*place] = row;
        }
        let order = indices(&order, &text_slopes.device());
        let text_slopes = text_slopes.select(0, order);
        let jobs: Vec<(Embedded, Tensor<2>)> = sliced(self.images, image_slopes)
            .into_iter()
            .chain(sliced(self.texts, text_slopes))
            .collect();
        workers.run(jobs, |(part, slopes)| {
            let slopes = Tensor::from_inner(slopes);
            let gradients = (part.embeddings * slopes).sum().backward();
            GradientsParams::from_grads(gradients, &part.replica)
        })
    }
}

fn joined(parts: &[Embedded]) -> Tensor<2> {
    let embeddings = parts.iter().map(|part| part.embeddings.clone().detach());
    Tensor::cat(embeddings.collect(), 0)
}

/// Each part with its rows of the slopes.
fn sliced(parts: Vec<Embedded>, slopes: Tensor<2>) -> Vec<(Embedded, Tensor<2>)> {
    let mut start = 0;
    let mut jobs = Vec::with_capacity(parts.len());
    for part in parts {
        let rows = part.embeddings.dims()[0];
        jobs.push((part, slopes.clone().narrow(0, start, rows)));
        start += rows;
    }
    jobs
}

fn indices(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let rows: Vec<i32> = rows.iter().map(|row| *row as i32).collect();
    let shape = [rows.len()];
    Tensor::from_data(TensorData::new(rows, shape), device)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Parts;
    use crate::encoders::mini_clip::{MiniClipConfig, MiniClipModel, TokenBatch};
    use crate::workers::Workers;
    use burn::module::{Module, ModuleVisitor, Param};
    use burn::optim::{GradientsAccumulator, GradientsParams};
    use burn::tensor::{Device, Distribution, Tensor};
    use finexl_core::experiment::{ImageTower, TextTower};

    /// The largest difference of two sets of gradients, and how many were compared.
    struct Compared<'a> {
        gradients: [&'a GradientsParams; 2],
        largest: f32,
        count: usize,
    }

    impl ModuleVisitor for Compared<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let [a, b] = self.gradients.map(|g| g.get::<D>(param.id));
            if let (Some(a), Some(b)) = (a, b) {
                let difference: f32 = (a - b).abs().max().into_scalar();
                self.largest = self.largest.max(difference);
                self.count += 1;
            }
        }
    }

    fn model(device: &Device) -> MiniClipModel {
        let image_tower = ImageTower::Transformer {
            patch: 8,
            width: 8,
            layers: 1,
            heads: 2,
            hidden: 16,
        };
        let text_tower = TextTower {
            context: 12,
            width: 8,
            layers: 2,
            heads: 2,
            hidden: 16,
        };
        let config = MiniClipConfig {
            name: "tiny".to_string(),
            image_size: 16,
            embedding: 6,
            image_tower,
            text_tower,
            words: ["red", "apple", "style"].map(str::to_string).to_vec(),
        };
        config.init(device)
    }

    /// A loss in which every image meets every text.
    fn loss(images: Tensor<2>, texts: Tensor<2>) -> Tensor<1> {
        images.matmul(texts.transpose()).exp().sum()
    }

    #[test]
    fn gradients_of_parts_add_up_to_those_of_the_whole() {
        let device = Device::flex().autodiff();
        let model = model(&device);
        let patches = Tensor::random([7, 4, 8 * 8 * 4], Distribution::Default, &device);
        let texts = TokenBatch::new(&[
            vec![1, 3, 4, 5, 2],
            vec![1, 2],
            vec![1, 4, 2],
            vec![1, 3, 2],
        ]);

        let whole = loss(
            model.embed_images(patches.clone()),
            model.embed_texts(&texts),
        );
        let whole = GradientsParams::from_grads(whole.backward(), &model);

        let workers = Workers::new(&device);
        let parts = Parts::embed(&model, &workers, patches, &texts);
        let (images, texts) = (parts.images(), parts.texts());
        let gradients = loss(images.clone(), texts.clone()).backward();
        let slopes = [images, texts].map(|leaf| leaf.grad(&gradients).unwrap());
        let [image_slopes, text_slopes] = slopes;
        let mut sum = GradientsAccumulator::new();
        for part in parts.backward(&workers, image_slopes, text_slopes) {
            sum.accumulate(&model, part);
        }
        let sum = sum.grads();

        let mut compared = Compared {
            gradients: [&whole, &sum],
            largest: 0.0,
            count: 0,
        };
        model.visit(&mut compared);
        assert!(compared.count > 20, "{} parameters", compared.count);
        assert_eq!(whole.len(), sum.len());
        assert!(compared.largest < 1e-4, "{}", compared.largest);
    }
}
