//! The native half of the Python package `finexl` (`python/finexl`): it takes what Python hands over, asks the library,
//! and gives back records. What a user sees is in Python.
//!
//! - Work runs on a thread of its own without the interpreter's lock, while the calling thread looks for Ctrl-C and tells
//!   progress (`waiting`).
//! - Pictures in memory go through the same pairing, decoding and encoding as files (`held_pictures`), so that both give
//!   the same numbers.
//! - The command is the one of `finexl-cli`, in this process.

mod arrays;
mod choices;
mod command;
mod encoders;
mod errors;
mod explaining;
mod features;
mod held_pictures;
mod inspecting;
mod python_encoder;
mod ranking;
mod record;
mod waiting;
mod watched_encoder;

use pyo3::prelude::*;

/// The module `finexl._finexl`.
#[pymodule]
fn _finexl(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::register(module)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<record::Record>()?;
    module.add_class::<encoders::OpenedEncoder>()?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(encoders::open_encoder, module)?)?;
    module.add_function(wrap_pyfunction!(explaining::explain_folders, module)?)?;
    module.add_function(wrap_pyfunction!(explaining::explain_lists, module)?)?;
    module.add_function(wrap_pyfunction!(explaining::set_most_pixels, module)?)?;
    module.add_function(wrap_pyfunction!(features::explain_features, module)?)?;
    module.add_function(wrap_pyfunction!(inspecting::inspect, module)?)?;
    module.add_function(wrap_pyfunction!(ranking::similar, module)?)?;
    module.add_function(wrap_pyfunction!(record::load, module)?)?;
    module.add_function(wrap_pyfunction!(record::record_of_parts, module)?)?;
    Ok(())
}
