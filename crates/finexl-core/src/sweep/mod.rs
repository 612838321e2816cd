//! Sweeps: many experiments that differ in a few keys.

mod axes;
mod cell_folder;
mod combinations;
mod conditions;
mod file;
mod identity;
mod plan;
mod random_axes;
mod shared_parts;
mod spans;
mod status;
mod table;

pub use axes::Axis;
pub use cell_folder::{CellFolder, CellOutcome, CellState, RunningCell};
pub use file::{RandomAxes, RandomAxis, SWEEP, SweepTable};
pub use plan::{Cell, SweepPlan};
pub use shared_parts::SharedPart;
pub use status::SweepStatus;
pub use table::{Figure, SweepColumn, SweepRow, SweepTableRecord};
