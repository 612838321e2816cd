//! Arrays of NumPy. What Python has offered in its stable interface from 3.9 on says nothing of an array's memory, so values
//! come through the array's own `tobytes`, a part at a time.

use crate::errors::InputError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PySlice};

/// Numbers that are held a second time while an array is read.
const NUMBERS_AT_A_TIME: usize = 1 << 17;

/// The lengths of an array, one per dimension.
pub fn shape(array: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    array.getattr("shape")?.extract()
}

/// The values of an array of 8 bits, the last dimension running fastest.
pub fn bytes(array: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    match kind(array)?.as_str() {
        "|u1" => {
            let values = array.call_method0("tobytes")?;
            Ok(values.cast_into::<PyBytes>()?.into())
        }
        other => Err(of_kind(other, "uint8")),
    }
}

/// The values of an array of float32 or float64, the last dimension running fastest; the latter are rounded to single
/// precision, as in files.
pub fn floats(array: &Bound<'_, PyAny>) -> PyResult<Vec<f32>> {
    let kind = kind(array)?;
    let little = cfg!(target_endian = "little");
    match (kind.as_str(), little) {
        ("<f4", true) | (">f4", false) => numbers(array, f32::from_ne_bytes),
        ("<f8", true) | (">f8", false) => numbers(array, |bytes| f64::from_ne_bytes(bytes) as f32),
        (other, _) => Err(of_kind(other, "float32 or float64")),
    }
}

/// What NumPy calls the type of an array's values, such as `<f4`.
fn kind(array: &Bound<'_, PyAny>) -> PyResult<String> {
    array.getattr("dtype")?.getattr("str")?.extract()
}

fn of_kind(found: &str, expected: &str) -> PyErr {
    InputError::new_err(format!(
        "an array holds {found} where {expected} is expected"
    ))
}

fn numbers<const SIZE: usize>(
    array: &Bound<'_, PyAny>,
    number: impl Fn([u8; SIZE]) -> f32,
) -> PyResult<Vec<f32>> {
    let flat = array.call_method1("reshape", (-1,))?;
    let count = flat.len()?;
    let mut values = Vec::with_capacity(count);
    while values.len() < count {
        let start = values.len();
        let part = PySlice::new(
            array.py(),
            start as isize,
            (start + NUMBERS_AT_A_TIME) as isize,
            1,
        );
        let part = flat.get_item(part)?.call_method0("tobytes")?;
        let (parts, _) = part.cast::<PyBytes>()?.as_bytes().as_chunks::<SIZE>();
        if parts.is_empty() {
            return Err(InputError::new_err("an array ends before its length"));
        }
        values.extend(parts.iter().map(|bytes| number(*bytes)));
    }
    Ok(values)
}
