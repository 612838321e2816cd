//! Weights files of published models: found, and read one tensor at a time.

mod json_file;
mod pickle;
mod precision;
mod reading;
mod shard_index;
#[cfg(test)]
mod tests;
mod view;
mod weights_files;

pub use reading::Checkpoint;
pub use shard_index::ShardIndex;
pub use view::View;
pub use weights_files::WeightsFiles;

pub(crate) use json_file::{missing, read_json, there};
pub(crate) use shard_index::is_plain_name;
pub(crate) use weights_files::{names, other_name, safetensors_of, single};
