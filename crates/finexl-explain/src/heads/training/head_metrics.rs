//! What is watched while a head learns.

use crate::statistics::spearman;
use burn::tensor::{ExecutionError, Tensor, TensorReadError};
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Adaptor, ItemLazy, LossInput, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric,
    NumericAttributes, NumericEntry, SerializedEntry,
};
use std::sync::Arc;

/// Probability from which on an aspect counts as named.
const NAMED: f64 = 0.5;
/// Bins of the calibration error.
const BINS: usize = 10;

/// Figures with their names, and whether more is better.
const FIGURES: [(&str, bool); 4] = [
    ("Set F1", true),
    ("Level error", false),
    ("Level Spearman", true),
    ("Calibration error", false),
];

/// What a step gives to burn-train.
pub(super) struct HeadStepOutput {
    /// `[1]`
    pub loss: Tensor<1>,
    /// Presence, expected level and true level of every concept, row by row; nothing while learning.
    pub read: Vec<[f64; 3]>,
    /// Concepts of a row.
    pub concepts: usize,
}

impl ItemLazy for HeadStepOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(Self {
            loss: self.loss.without_autodiff(),
            ..self
        })
    }
}

impl Adaptor<LossInput> for HeadStepOutput {
    fn adapt(&self) -> LossInput {
        LossInput::new(self.loss.clone())
    }
}

/// The figures of a batch with the number of sets.
pub(super) struct FigureInput([f64; FIGURES.len()], usize);

impl Adaptor<FigureInput> for HeadStepOutput {
    fn adapt(&self) -> FigureInput {
        let sets = self.read.len() / self.concepts.max(1);
        FigureInput(figures(&self.read, self.concepts), sets)
    }
}

/// Set F1 over sets; mean absolute error and rank correlation of the levels of aspects that are there; expected
/// calibration error of presence (Guo et al. 2017).
fn figures(read: &[[f64; 3]], concepts: usize) -> [f64; FIGURES.len()] {
    let there: Vec<&[f64; 3]> = read.iter().filter(|[_, _, level]| *level > 0.0).collect();
    let errors = there.iter().map(|[_, found, level]| (found - level).abs());
    let found: Vec<f64> = there.iter().map(|[_, found, _]| *found).collect();
    let levels: Vec<f64> = there.iter().map(|[_, _, level]| *level).collect();
    let sets = read.chunks_exact(concepts.max(1));
    let count = sets.len().max(1) as f64;
    let f1 = |set: &[[f64; 3]]| {
        let [named, own, both] = set.iter().fold([0.0; 3], |sums: [f64; 3], [p, _, level]| {
            let (named, own) = (*p >= NAMED, *level > 0.0);
            let one = |yes: bool| f64::from(u8::from(yes));
            [
                sums[0] + one(named),
                sums[1] + one(own),
                sums[2] + one(named && own),
            ]
        });
        match named + own > 0.0 {
            true => 2.0 * both / (named + own),
            false => 1.0,
        }
    };
    let mut bins = [[0.0f64; 2]; BINS];
    for [p, _, level] in read {
        let bin = ((p * BINS as f64) as usize).min(BINS - 1);
        bins[bin][0] += p - f64::from(u8::from(*level > 0.0));
        bins[bin][1] += 1.0;
    }
    let all = read.len().max(1) as f64;
    [
        sets.map(f1).sum::<f64>() / count,
        errors.sum::<f64>() / there.len().max(1) as f64,
        spearman(&found, &levels).unwrap_or(0.0),
        bins.iter().map(|[gap, _]| gap.abs()).sum::<f64>() / all,
    ]
}

/// One of the figures, over the sets that were not learned from.
#[derive(Clone)]
pub(super) struct FigureMetric {
    which: usize,
    name: MetricName,
    state: NumericMetricState,
}

impl FigureMetric {
    /// All of them.
    pub fn all() -> [Self; FIGURES.len()] {
        [0, 1, 2, 3].map(|which| Self {
            which,
            name: Arc::new(FIGURES[which].0.to_string()),
            state: NumericMetricState::default(),
        })
    }

    fn format(&self) -> FormatOptions {
        FormatOptions::new(self.name.clone()).precision(3)
    }
}

impl Metric for FigureMetric {
    type Input = FigureInput;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes {
            unit: None,
            higher_is_better: FIGURES[self.which].1,
        }
        .into()
    }

    fn update(
        &mut self,
        item: &FigureInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.state.update(item.0[self.which], item.1);
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
    }
}

impl Numeric for FigureMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_rightly_has_no_error() {
        // Two sets of three concepts.
        let read = [
            [1.0, 0.4, 0.4],
            [0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0],
            [1.0, 0.9, 0.9],
            [1.0, 0.5, 0.5],
            [0.0, 0.0, 0.0],
        ];
        assert_eq!(figures(&read, 3), [1.0, 0.0, 1.0, 0.0]);
        // Nothing there and nothing named.
        assert_eq!(figures(&[[0.1, 0.0, 0.0]], 1)[0], 1.0);
        // One of two named, and one that is not there.
        let wrong = [[0.9, 0.5, 0.6], [0.2, 0.1, 0.3], [0.8, 0.2, 0.0]];
        let [f1, error, _, gap] = figures(&wrong, 3);
        assert_eq!(f1, 0.5);
        assert!((error - 0.15).abs() < 1e-12);
        assert!((gap - (0.1 + 0.8 + 0.8) / 3.0).abs() < 1e-12, "{gap}");
    }
}
