//! Training steps on all cores.
//!
//! burn's CPU backend runs most operations on one core. So a batch is cut into parts, each computed by
//! a replica of the model in a thread of its own, and the gradients are added up.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Parts per thread and kind of input: several, since they do not take equally long.
const PARTS_PER_THREAD: usize = 2;

/// Most threads of a training; 0 for as many as there are cores.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Bounds the threads of the trainings that begin from now on. How a batch is cut, and so every result, stays as the
/// machine's cores have it.
pub fn set_most_threads(most: usize) {
    MOST.store(most, Ordering::Relaxed);
}

/// Threads that each run operations on their own core.
#[derive(Debug)]
pub struct Workers {
    pools: Vec<ThreadPool>,
    /// Cores that batches are cut for.
    cores: usize,
}

impl Workers {
    /// One per core where tensors are computed on the CPU, else one.
    pub fn new(device: &Device) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let on_processor = device.clone().inner() == Device::flex();
        let count = if on_processor { cores } else { 1 };
        // Operations that would spread over a pool run on one core within a pool of one.
        let pool = || ThreadPoolBuilder::new().num_threads(1).build().ok();
        let most = match MOST.load(Ordering::Relaxed) {
            0 => count,
            most => most.min(count),
        };
        Self {
            pools: (0..most).map_while(|_| pool()).collect(),
            cores: count,
        }
    }

    /// Applies `work` to every job, each on the next free worker; results in the order of the jobs.
    pub fn run<J: Send, R: Send>(&self, jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
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
            for pool in self.pools.iter().skip(1) {
                scope.spawn(|| pool.install(serve));
            }
            match self.pools.first() {
                Some(pool) => pool.install(serve),
                None => serve(),
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// How many there are.
    pub fn threads(&self) -> usize {
        self.pools.len().max(1)
    }

    /// Into how many parts a batch is best cut.
    pub fn parts(&self) -> usize {
        match self.cores {
            0 | 1 => 1,
            cores => cores * PARTS_PER_THREAD,
        }
    }
}

fn take<J>(jobs: &Mutex<VecDeque<J>>) -> Option<J> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.pop_front()
}

impl Workers {
    /// The mean of a loss over rows, `[1]`, and its gradients, for losses that are means over rows.
    ///
    /// Every part comes with its number of rows (or of whatever the loss is a mean over); `loss` gives the
    /// mean over a part's rows, `[1]`.
    pub fn gradients<M: Module + Sync, P: Send>(
        &self,
        model: &M,
        device: &Device,
        parts: Vec<(P, usize)>,
        loss: impl Fn(&M, P) -> Tensor<1> + Sync,
    ) -> (Tensor<1>, GradientsParams) {
        let rows: usize = parts.iter().map(|(_, rows)| rows).sum();
        let results = self.run(parts, |(part, count)| {
            let replica = model.clone().fork(device);
            let share = loss(&replica, part).mul_scalar(count as f32 / rows.max(1) as f32);
            let value = share.clone().inner();
            (
                value,
                GradientsParams::from_grads(share.backward(), &replica),
            )
        });
        let mut gradients = GradientsAccumulator::new();
        let mut sum = Tensor::zeros([1], &device.clone().inner());
        for (value, part) in results {
            gradients.accumulate(model, part);
            sum = sum + value;
        }
        (sum, gradients.grads())
    }
}

/// `[0, rows)` in at most `parts` ranges of nearly equal length.
pub fn cuts(rows: usize, parts: usize) -> impl Iterator<Item = [usize; 2]> {
    let parts = parts.clamp(1, rows.max(1));
    (0..parts).map(move |part| [part * rows / parts, (part + 1) * rows / parts])
}
