//! Ends a training whose validation loss no longer falls, also one that was killed and goes on.

use burn::train::EarlyStoppingStrategy;
use burn::train::logger::{FileMetricLogger, MetricLogger};
use burn::train::metric::store::{EventStoreClient, Split};
use burn::train::metric::{LossMetric, Metric, NumericEntry};
use std::path::{Path, PathBuf};

/// So many epochs without a lower loss are waited for. Everything is read from the logs of the epochs, so that
/// a training that was killed stops where it would have stopped otherwise; burn's own strategy begins to
/// count anew.
#[derive(Clone)]
pub(super) struct Patience {
    run: PathBuf,
    epochs: usize,
}

impl Patience {
    /// That of a training in a folder.
    pub fn new(run: &Path, epochs: usize) -> Self {
        Self {
            run: run.to_path_buf(),
            epochs,
        }
    }

    /// The epoch at which patience was lost, if that is not after `epoch`.
    pub fn stopped_by(&self, epoch: usize) -> Option<usize> {
        let mut logs = FileMetricLogger::new(&self.run);
        let name = LossMetric::new().name();
        let losses = (1..=epoch).map(|epoch| {
            let read = logs.read_numeric(&name, epoch, &Split::Valid);
            mean(&read.unwrap_or_default())
        });
        stop(losses, self.epochs)
    }
}

impl EarlyStoppingStrategy for Patience {
    fn should_stop(&mut self, epoch: usize, _store: &EventStoreClient) -> bool {
        self.stopped_by(epoch).is_some()
    }
}

/// The loss of an epoch from those of its batches.
fn mean(entries: &[NumericEntry]) -> Option<f64> {
    let mut total = (0.0, 0);
    for entry in entries {
        let (value, count) = match entry {
            NumericEntry::Value(value) => (*value, 1),
            NumericEntry::Aggregated {
                aggregated_value,
                count,
            } => (*aggregated_value, *count),
            NumericEntry::Final(value) => return Some(*value),
        };
        total = (total.0 + value * count as f64, total.1 + count);
    }
    (total.1 > 0).then(|| total.0 / total.1 as f64)
}

/// The first epoch, from 1, that comes `patience` epochs or more after the one with the lowest loss so far.
fn stop(losses: impl Iterator<Item = Option<f64>>, patience: usize) -> Option<usize> {
    let mut best = (f64::MAX, 1);
    for (place, loss) in losses.enumerate() {
        let (epoch, Some(loss)) = (place + 1, loss) else {
            continue;
        };
        if loss < best.0 {
            best = (loss, epoch);
        } else if epoch - best.1 >= patience {
            return Some(epoch);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_counted_from_the_best_epoch() {
        let stop =
            |losses: &[f64], patience| super::stop(losses.iter().copied().map(Some), patience);
        assert_eq!(stop(&[3.0, 2.0, 1.0], 1), None);
        assert_eq!(stop(&[3.0, 2.0, 2.5, 2.4], 2), Some(4));
        assert_eq!(stop(&[3.0, 2.0, 2.5, 1.9, 2.4], 2), None);
        assert_eq!(stop(&[3.0, 3.0], 1), Some(2));
        assert_eq!(super::stop([Some(1.0), None, None].into_iter(), 1), None);
    }

    #[test]
    fn the_loss_of_an_epoch_is_the_mean_over_its_batches() {
        let batch = |aggregated_value, count| NumericEntry::Aggregated {
            aggregated_value,
            count,
        };
        assert_eq!(mean(&[batch(1.0, 1), batch(4.0, 2)]), Some(3.0));
        assert_eq!(
            mean(&[NumericEntry::Value(2.0), NumericEntry::Final(5.0)]),
            Some(5.0)
        );
        assert_eq!(mean(&[]), None);
    }
}
