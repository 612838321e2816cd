//! Errors as Python has them: one class per crate that an error comes from, all with the words of the command.

use finexl::Error;
use finexl::eval::EvalError;
use finexl::explain::ExplainError;
use finexl::zoo::ZooError;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(
    finexl,
    FinexlError,
    PyException,
    "What can go wrong in FineXL; the message says what is wrong, where, and what to do."
);
create_exception!(
    finexl,
    FileError,
    FinexlError,
    "A file or a record that cannot be read or written."
);
create_exception!(
    finexl,
    PictureError,
    FinexlError,
    "Pictures, prompts or pairs that cannot be used."
);
create_exception!(
    finexl,
    ModelError,
    FinexlError,
    "An encoder, a LoRA file or another model that cannot be used."
);
create_exception!(
    finexl,
    ExplanationError,
    FinexlError,
    "Something that cannot be explained as it was asked for."
);
create_exception!(
    finexl,
    ReportError,
    FinexlError,
    "A page, a card or a figure that cannot be made."
);
create_exception!(
    finexl,
    InputError,
    FinexlError,
    "An argument that makes no sense."
);

/// Adds the classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("FinexlError", py.get_type::<FinexlError>())?;
    module.add("FileError", py.get_type::<FileError>())?;
    module.add("PictureError", py.get_type::<PictureError>())?;
    module.add("ModelError", py.get_type::<ModelError>())?;
    module.add("ExplanationError", py.get_type::<ExplanationError>())?;
    module.add("ReportError", py.get_type::<ReportError>())?;
    module.add("InputError", py.get_type::<InputError>())
}

/// An error as Python raises it. What a crate only passes on belongs to the crate that it comes from.
pub fn raised(error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let words = error.to_string();
    match error {
        Error::Core(_) => FileError::new_err(words),
        Error::Data(error) => of_data(&error, words),
        Error::Zoo(error) => of_zoo(&error, words),
        Error::Explain(error) => of_explain(&error, words),
        Error::Eval(EvalError::Explain(error)) => of_explain(&error, words),
        Error::Eval(_) => ExplanationError::new_err(words),
        Error::Plot(_) | Error::Card { .. } => ReportError::new_err(words),
        Error::Results { .. } => FileError::new_err(words),
        Error::Text { .. } => ModelError::new_err(words),
        Error::Index(_) => FileError::new_err(words),
        Error::Records(_) => ExplanationError::new_err(words),
    }
}

fn of_data(error: &finexl::data::DataError, words: String) -> PyErr {
    match error {
        finexl::data::DataError::Core(_) => FileError::new_err(words),
        _ => PictureError::new_err(words),
    }
}

fn of_zoo(error: &ZooError, words: String) -> PyErr {
    match error {
        ZooError::Core(_) => FileError::new_err(words),
        ZooError::Data(error) => of_data(error, words),
        _ => ModelError::new_err(words),
    }
}

fn of_explain(error: &ExplainError, words: String) -> PyErr {
    match error {
        ExplainError::Core(_) => FileError::new_err(words),
        ExplainError::Data(error) => of_data(error, words),
        ExplainError::Zoo(error) => of_zoo(error, words),
        _ => ExplanationError::new_err(words),
    }
}
