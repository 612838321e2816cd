//! One training step on all cores, when its loss needs the embeddings of the whole batch.
//!
//! burn's CPU backend runs most operations on one core. So the batch is cut into parts, each embedded
//! by a replica of the model in a thread of its own; the loss is taken on all embeddings together, and
//! its slope with regard to each part's embeddings goes back through that part alone (the gradients
//! add up to those of the whole; the idea is that of GradCache, Gao et al. 2021, arXiv 2101.06983,
//! there to save memory). Texts go by length, so that few of them are padded.

use crate::encoders::mini_clip::{MiniClipModel, TokenBatch};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Parts per thread and kind of input: several, since they do not take equally long.
const PARTS_PER_THREAD: usize = 2;

/// Threads that each run operations on their own core.
#[derive(Debug)]
pub(super) struct Workers(Vec<ThreadPool>);

/// What a part holds.
enum Input {
    Images(Tensor<3>),
    Texts(TokenBatch),
}

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

impl Workers {
    /// One per core where tensors are computed on the CPU, else one.
    pub(super) fn new(device: &Device) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let on_processor = device.clone().inner() == Device::flex();
        let count = if on_processor { cores } else { 1 };
        // Operations that would spread over a pool run on one core within a pool of one.
        let pool = || ThreadPoolBuilder::new().num_threads(1).build().ok();
        Self((0..count).map_while(|_| pool()).collect())
    }

    /// Applies `work` to every job, each on the next free worker; results in the order of the jobs.
    fn run<J: Send, R: Send>(&self, jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
        let jobs: Mutex<VecDeque<(usize, J)>> = Mutex::new(jobs.into_iter().enumerate().collect());
        let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
        let serve = || {
            while let Some((index, job)) = take(&jobs) {
                let result = work(job);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for pool in self.0.iter().skip(1) {
                scope.spawn(|| pool.install(serve));
            }
            match self.0.first() {
                Some(pool) => pool.install(serve),
                None => serve(),
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn parts(&self) -> usize {
        match self.0.len() {
            0 | 1 => 1,
            threads => threads * PARTS_PER_THREAD,
        }
    }
}

fn take<J>(jobs: &Mutex<VecDeque<J>>) -> Option<J> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.pop_front()
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
        let mut inputs: Vec<Input> = cuts(rows, workers.parts())
            .map(|[start, end]| Input::Images(patches.clone().narrow(0, start, end - start)))
            .collect();
        let image_parts = inputs.len();
        inputs.extend(
            cuts(order.len(), workers.parts())
                .map(|[start, end]| Input::Texts(texts.select(&order[start..end]))),
        );
        let mut images = workers.run(inputs, |input| {
            let device = model.contrastive_scale.val().device();
            let replica = model.clone().fork(&device);
            let embeddings = match input {
                Input::Images(patches) => replica.embed_images(patches),
                Input::Texts(tokens) => replica.embed_texts(&tokens),
            };
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

/// `[0, rows)` in at most `parts` ranges of nearly equal length.
fn cuts(rows: usize, parts: usize) -> impl Iterator<Item = [usize; 2]> {
    let parts = parts.clamp(1, rows.max(1));
    (0..parts).map(move |part| [part * rows / parts, (part + 1) * rows / parts])
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
