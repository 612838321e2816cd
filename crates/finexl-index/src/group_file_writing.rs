//! Writes the file of a group: a safetensors file whose tensors are columns.

use crate::columns::{Fact, Number, Text};
use crate::error::IndexError;
use crate::group::Group;
use crate::rows::Row;
use finexl_core::{CoreError, atomic};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{Result as IoResult, Write};
use std::path::Path;

/// Version of the form of the file.
pub(crate) const FORM: &str = "finexl-index-group-2";
/// The largest score of every concept.
pub(crate) const LARGEST: &str = "largest";
/// Columns of pairs.
pub(crate) const PLACES: &str = "pair.ends";
pub(crate) const PROFILES: &str = "pair.profile";
pub(crate) const IMAGE_OF: &str = "pair.image";
pub(crate) const IMAGES: &str = "images";
pub(crate) const PAIR_NAME: &str = "pair.name";

/// Where the bytes of a text column stand, and where each ends.
pub(crate) fn text_columns(name: &str) -> [String; 2] {
    [format!("{name}.ends"), format!("{name}.bytes")]
}

/// Concepts that are gathered at once to be written one after another.
const CONCEPTS: usize = 64;

/// Writes what a column holds.
type Writing<'a> = Box<dyn Fn(&mut dyn Write) -> IoResult<()> + 'a>;

/// A column, before it is written.
struct Tensor<'a> {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    write: Writing<'a>,
}

/// Writes the rows of a group, in their order, with `titles` in place of their own.
///
/// Columns stand by falling size of their numbers, so all are aligned as long as the header is.
pub(crate) fn write(
    path: &Path,
    group: &Group,
    rows: &[Row<'_>],
    titles: &[String],
) -> Result<(), IndexError> {
    let images: BTreeSet<&[u8]> = rows
        .iter()
        .flat_map(|row| row.images().into_iter().map(|(image, ..)| image))
        .collect();
    let images: Vec<&[u8]> = images.into_iter().collect();
    let tensors = tensors(group, rows, titles, &images);
    let description = serde_json::to_string(group).map_err(json_error)?;
    let mut header = Map::new();
    header.insert(
        "__metadata__".to_string(),
        json!({ "form": FORM, "group": description }),
    );
    let mut end = 0;
    for tensor in &tensors {
        let size = match tensor.dtype {
            "I64" => 8,
            "F32" | "U32" => 4,
            "F16" => 2,
            _ => 1,
        };
        let begin = end;
        end += size * tensor.shape.iter().product::<usize>();
        header.insert(
            tensor.name.clone(),
            json!({ "dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [begin, end] }),
        );
    }
    let mut header = serde_json::to_vec(&Value::Object(header)).map_err(json_error)?;
    header.resize((header.len() + 8).next_multiple_of(64) - 8, b' ');
    atomic::write_with(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        tensors.iter().try_for_each(|tensor| (tensor.write)(file))
    })?;
    Ok(())
}

fn json_error(source: serde_json::Error) -> CoreError {
    CoreError::Json {
        what: "the description of a group".to_string(),
        source,
    }
}

fn tensors<'a>(
    group: &Group,
    rows: &'a [Row<'a>],
    titles: &'a [String],
    images: &'a [&'a [u8]],
) -> Vec<Tensor<'a>> {
    let models = rows.len();
    let concepts = group.concepts.len();
    let counts: Vec<usize> = rows.iter().map(|row| row.images().len()).collect();
    let pairs = counts.iter().sum();
    let [name_ends, _] = text_columns(PAIR_NAME);
    let (mut wide, mut narrow) = (Vec::new(), Vec::new());
    for text in Text::ALL {
        let of = move |at: usize| match text {
            Text::Title => titles[at].as_bytes(),
            text => rows[at].text(text),
        };
        let [ends, bytes] = text_columns(text.name());
        let length = (0..models).map(|at| of(at).len()).sum();
        wide.push(tensor(ends, "I64", &[models], move |file| {
            write_ends((0..models).map(|at| of(at).len()), file)
        }));
        narrow.push(tensor(bytes, "U8", &[length], move |file| {
            (0..models).try_for_each(|at| file.write_all(of(at)))
        }));
    }
    wide.push(tensor(PLACES, "I64", &[models], move |file| {
        write_ends(counts.iter().copied(), file)
    }));
    wide.push(tensor(name_ends, "I64", &[pairs], |file| {
        let images = rows.iter().flat_map(|row| row.images());
        write_ends(images.map(|(_, name, _)| name.len()), file)
    }));
    wide.extend(of_concepts(rows, concepts));
    for fact in Fact::ALL {
        wide.push(tensor(fact.name(), "F32", &[models], move |file| {
            (rows.iter()).try_for_each(|row| file.write_all(&row.fact(fact).to_le_bytes()))
        }));
    }
    wide.extend(of_pairs(rows, images, pairs, concepts));
    wide.extend(narrow);
    wide
}

/// Numbers of every concept, and the largest scores.
fn of_concepts<'a>(rows: &'a [Row<'a>], concepts: usize) -> Vec<Tensor<'a>> {
    let mut columns = Vec::new();
    for number in Number::ALL {
        let shape = match number.is_by_concept() {
            true => [concepts, rows.len()],
            false => [rows.len(), concepts],
        };
        columns.push(tensor(number.name(), "F32", &shape, move |file| {
            if number.is_by_concept() {
                return write_by_concept(rows, number, concepts, file);
            }
            (rows.iter()).try_for_each(|row| write_numbers(&row.numbers(number), file))
        }));
    }
    columns.push(tensor(LARGEST, "F32", &[concepts], move |file| {
        let largest = |concept: usize| {
            let scores = rows.iter().map(|row| row.number(Number::Score, concept));
            scores.fold(f32::NEG_INFINITY, f32::max)
        };
        write_numbers(&(0..concepts).map(largest).collect::<Vec<f32>>(), file)
    }));
    columns
}

/// What is narrower than single precision, or stands beside it, of all pairs.
fn of_pairs<'a>(
    rows: &'a [Row<'a>],
    images: &'a [&'a [u8]],
    pairs: usize,
    concepts: usize,
) -> Vec<Tensor<'a>> {
    let [_, name_bytes] = text_columns(PAIR_NAME);
    let mut columns = Vec::new();
    columns.push(tensor(IMAGE_OF, "U32", &[pairs], move |file| {
        for (image, ..) in rows.iter().flat_map(|row| row.images()) {
            let place = images.binary_search(&image).unwrap_or_default() as u32;
            file.write_all(&place.to_le_bytes())?;
        }
        Ok(())
    }));
    columns.push(tensor(PROFILES, "F16", &[pairs, concepts], |file| {
        for (.., profile) in rows.iter().flat_map(|row| row.images()) {
            let bytes: Vec<u8> = profile.iter().flat_map(|bits| bits.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        Ok(())
    }));
    let name_length = |row: &Row<'_>| row.images().iter().map(|(_, n, _)| n.len()).sum::<usize>();
    let names = rows.iter().map(name_length).sum();
    columns.push(tensor(IMAGES, "U8", &[images.len(), 32], |file| {
        images.iter().try_for_each(|image| file.write_all(image))
    }));
    columns.push(tensor(name_bytes, "U8", &[names], |file| {
        let images = rows.iter().flat_map(|row| row.images());
        images
            .into_iter()
            .try_for_each(|(_, name, _)| file.write_all(name))
    }));
    columns
}

fn tensor<'a>(
    name: impl Into<String>,
    dtype: &'static str,
    shape: &[usize],
    write: impl Fn(&mut dyn Write) -> IoResult<()> + 'a,
) -> Tensor<'a> {
    Tensor {
        name: name.into(),
        dtype,
        shape: shape.to_vec(),
        write: Box::new(write),
    }
}

fn write_ends(lengths: impl Iterator<Item = usize>, file: &mut dyn Write) -> IoResult<()> {
    let mut end = 0u64;
    for length in lengths {
        end += length as u64;
        file.write_all(&end.to_le_bytes())?;
    }
    Ok(())
}

/// All models of one concept, then all of the next.
fn write_by_concept(
    rows: &[Row<'_>],
    number: Number,
    concepts: usize,
    file: &mut dyn Write,
) -> IoResult<()> {
    for first in (0..concepts).step_by(CONCEPTS) {
        let many = CONCEPTS.min(concepts - first);
        let mut values = vec![0.0; many * rows.len()];
        for (at, row) in rows.iter().enumerate() {
            for concept in 0..many {
                values[concept * rows.len() + at] = row.number(number, first + concept);
            }
        }
        write_numbers(&values, file)?;
    }
    Ok(())
}

fn write_numbers(numbers: &[f32], file: &mut dyn Write) -> IoResult<()> {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    file.write_all(&bytes)
}
