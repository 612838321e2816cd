//! Training progress as plain lines, for logs and pipes.

use burn::data::dataloader::Progress;
use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::MetricDefinition;
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};
use std::collections::BTreeMap;
use std::time::Instant;

/// One line per epoch and split: epoch, metrics, seconds since the start.
pub(super) struct PlainRenderer {
    quiet: bool,
    start: Instant,
    epoch: Progress,
    split: String,
    latest: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl PlainRenderer {
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            start: Instant::now(),
            epoch: Progress::new(0, 0, None),
            split: String::new(),
            latest: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    fn note(&mut self, state: MetricState) {
        let entry = match state {
            MetricState::Generic(entry) | MetricState::Numeric(entry, _) => entry,
        };
        let id = format!("{:?}", entry.metric_id);
        let name = self.names.get(&id).cloned().unwrap_or(id);
        self.latest.insert(name, entry.serialized_entry.formatted);
    }

    fn print(&mut self) {
        if !self.quiet && !self.latest.is_empty() {
            let metrics: Vec<String> = self
                .latest
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            println!(
                "epoch {}/{} {}  {}  ({:.0} s)",
                self.epoch.items_processed,
                self.epoch.items_total,
                self.split,
                metrics.join("  "),
                self.start.elapsed().as_secs_f64()
            );
        }
        self.latest.clear();
    }
}

impl MetricsRendererTraining for PlainRenderer {
    fn update_train(&mut self, state: MetricState) {
        self.note(state);
    }

    fn update_valid(&mut self, state: MetricState) {
        self.note(state);
    }
}

impl TrainingProgressLogger for PlainRenderer {
    fn start(
        &mut self,
        total_epochs: usize,
        starting_epoch: usize,
        _total_items: Option<usize>,
        label: Option<&str>,
    ) {
        self.epoch = Progress::new(starting_epoch, total_epochs, None);
        if !self.quiet {
            let label = label.unwrap_or("model");
            if starting_epoch > total_epochs {
                println!("training {label}: all {total_epochs} epochs were done before");
            } else {
                println!("training {label}: epochs {starting_epoch} to {total_epochs}");
            }
        }
    }

    fn start_split(&mut self, split_name: &str, _total_items: usize) {
        self.split = split_name.to_string();
    }

    fn update_split(&mut self, _items_processed: usize) {}

    fn update_epoch(&mut self, epoch: usize) {
        self.epoch = Progress::new(epoch + 1, self.epoch.items_total, None);
    }

    fn end_split(&mut self) {
        self.print();
    }

    fn end(&mut self) {}

    fn log_event_training(&mut self, _event: String) {}
}

impl EvaluationProgressLogger for PlainRenderer {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRendererEvaluation for PlainRenderer {
    fn update_test(&mut self, _name: EvaluationName, state: MetricState) {
        self.note(state);
    }
}

impl MetricsRenderer for PlainRenderer {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names.insert(
            format!("{:?}", definition.metric_id),
            definition.name.to_string(),
        );
    }
}
