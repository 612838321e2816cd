//! The file of a group, mapped into memory.

use crate::columns::{Fact, Number, Text};
use crate::error::IndexError;
use crate::group::Group;
use crate::group_file_writing::{
    FORM, IMAGE_OF, IMAGES, LARGEST, PAIR_NAME, PLACES, PROFILES, text_columns,
};
use finexl_core::mapped_file::MappedFile;
use safetensors::{Dtype, SafeTensors, tensor::Metadata};
use std::borrow::Cow;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

/// Columns of all models of a group, read from disk only where they are looked at. Rows are ordered by the paths of their
/// records.
#[derive(Debug)]
pub struct GroupFile {
    path: PathBuf,
    bytes: Content,
    group: Group,
    models: usize,
    texts: Vec<[Range<usize>; 2]>,
    facts: Vec<Range<usize>>,
    numbers: Vec<Range<usize>>,
    largest: Range<usize>,
    places: Range<usize>,
    pair_name: [Range<usize>; 2],
    image_of: Range<usize>,
    images: Range<usize>,
    profiles: Range<usize>,
}

/// The bytes of a file.
#[derive(Debug)]
enum Content {
    Mapped(MappedFile),
    Read(Vec<u8>),
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

/// What a header says, with the way from a column's name to its bytes.
struct Header {
    metadata: Metadata,
    /// Where the data begin.
    begin: usize,
    /// Bytes of the file.
    length: usize,
    path: PathBuf,
}

impl Header {
    /// The bytes of a column, and its first dimension.
    fn column(&self, name: &str, dtype: Dtype) -> Result<(Range<usize>, usize), IndexError> {
        let wrong = |problem: String| {
            let problem = format!("{problem}; make the index anew with `finexl index`");
            IndexError::file(&self.path, problem)
        };
        let info = self.metadata.info(name);
        let info = info.ok_or_else(|| wrong(format!("has no column {name}")))?;
        if info.dtype != dtype {
            return Err(wrong(format!("has a column {name} of {:?}", info.dtype)));
        }
        let (begin, end) = info.data_offsets;
        let rows = info.shape.first().copied().unwrap_or(0);
        if begin > end || end > self.length.saturating_sub(self.begin) {
            return Err(wrong(format!("is cut before the end of its column {name}")));
        }
        Ok((self.begin + begin..self.begin + end, rows))
    }
}

impl GroupFile {
    /// Maps a file and checks its form; numbers are not looked at.
    ///
    /// # Errors
    /// [`IndexError::File`] for what is no such file, one of another form, or one that is cut.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Self::of(path, Content::Mapped(MappedFile::open(path)?))
    }

    /// As [`GroupFile::open`], from bytes; `path` stands in messages.
    ///
    /// # Errors
    /// As [`GroupFile::open`].
    pub fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, IndexError> {
        Self::of(path, Content::Read(bytes))
    }

    fn of(path: &Path, bytes: Content) -> Result<Self, IndexError> {
        let foreign = |problem: String| {
            IndexError::file(
                path,
                format!("{problem}; make the index anew with `finexl index`"),
            )
        };
        let (length, metadata) = SafeTensors::read_metadata(&bytes)
            .map_err(|error| foreign(format!("is damaged or cut ({error})")))?;
        let said = metadata.metadata().as_ref();
        let said = |key: &str| said.and_then(|said| said.get(key).map(String::as_str));
        if said("form") != Some(FORM) {
            return Err(foreign(match said("form") {
                Some(other) => format!("has the form {other}, not {FORM}"),
                None => "is no file of an index".to_string(),
            }));
        }
        let group: Group = serde_json::from_str(said("group").unwrap_or_default())
            .map_err(|error| foreign(format!("does not say what its group is ({error})")))?;
        let header = Header {
            metadata,
            begin: 8 + length,
            length: bytes.len(),
            path: path.to_path_buf(),
        };
        let text = |name: &str| -> Result<[Range<usize>; 2], IndexError> {
            let [ends, bytes] = text_columns(name);
            Ok([
                header.column(&ends, Dtype::I64)?.0,
                header.column(&bytes, Dtype::U8)?.0,
            ])
        };
        let real = |name: &str| Ok(header.column(name, Dtype::F32)?.0);
        let (places, models) = header.column(PLACES, Dtype::I64)?;
        Self {
            texts: (Text::ALL.iter())
                .map(|column| text(column.name()))
                .collect::<Result<_, _>>()?,
            facts: (Fact::ALL.iter())
                .map(|column| real(column.name()))
                .collect::<Result<_, IndexError>>()?,
            numbers: (Number::ALL.iter())
                .map(|column| real(column.name()))
                .collect::<Result<_, IndexError>>()?,
            largest: real(LARGEST)?,
            places,
            pair_name: text(PAIR_NAME)?,
            image_of: header.column(IMAGE_OF, Dtype::U32)?.0,
            images: header.column(IMAGES, Dtype::U8)?.0,
            profiles: header.column(PROFILES, Dtype::F16)?.0,
            path: path.to_path_buf(),
            bytes,
            group,
            models,
        }
        .checked()
    }

    /// Refuses a file whose columns are of different lengths, so that no look-up has to.
    fn checked(self) -> Result<Self, IndexError> {
        let concepts = self.group.concepts.len();
        let wide = self.models.saturating_mul(concepts).saturating_mul(4);
        let pairs = self.image_of.len() / 4;
        let right = self
            .texts
            .iter()
            .all(|[ends, _]| ends.len() == self.models.saturating_mul(8))
            && (self.facts.iter()).all(|fact| fact.len() == self.models.saturating_mul(4))
            && self.largest.len() == concepts * 4
            && self.numbers.iter().all(|number| number.len() == wide)
            && self.pair_name[0].len() == pairs * 8
            && self.profiles.len() == pairs * concepts * 2
            && self
                .column::<u64>(&self.places)
                .last()
                .copied()
                .unwrap_or(0)
                == pairs as u64;
        match right {
            true => Ok(self),
            false => Err(IndexError::file(
                &self.path,
                "has columns of different lengths; make the index anew with `finexl index`",
            )),
        }
    }

    /// What the models of the group have in common.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Number of models.
    pub fn len(&self) -> usize {
        self.models
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.models == 0
    }

    fn column<T: bytemuck::Pod>(&self, place: &Range<usize>) -> &[T] {
        // Columns are aligned as they are written; in a file that is not, nothing is found.
        let bytes = self.bytes.get(place.clone()).unwrap_or_default();
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }

    fn slice(&self, [ends, bytes]: &[Range<usize>; 2], row: usize) -> &[u8] {
        let range = range(self.column(ends), row);
        let all = self.bytes.get(bytes.clone()).unwrap_or_default();
        all.get(range).unwrap_or_default()
    }

    /// The bytes of a text or picture; empty where the model has none.
    pub fn bytes(&self, text: Text, row: usize) -> &[u8] {
        self.slice(&self.texts[text as usize], row)
    }

    /// A text; what is no UTF-8 is empty.
    pub fn text(&self, text: Text, row: usize) -> &str {
        std::str::from_utf8(self.bytes(text, row)).unwrap_or_default()
    }

    /// The tags of a model.
    pub fn tags(&self, row: usize) -> impl Iterator<Item = &str> {
        self.text(Text::Tags, row).lines()
    }

    /// A number of a model as a whole.
    pub fn fact(&self, fact: Fact, row: usize) -> f32 {
        let column: &[f32] = self.column(&self.facts[fact as usize]);
        column.get(row).copied().unwrap_or(f32::NAN)
    }

    /// A number of all models for one concept, `[models]`; nothing of those that stand by model
    /// ([`Number::is_by_concept`]).
    pub fn of_concept(&self, number: Number, concept: usize) -> &[f32] {
        if !number.is_by_concept() {
            return &[];
        }
        let all: &[f32] = self.column(&self.numbers[number as usize]);
        all.get(concept * self.models..(concept + 1) * self.models)
            .unwrap_or_default()
    }

    /// Mean profile of a model, `[N]`.
    pub fn mean(&self, row: usize) -> &[f32] {
        let concepts = self.group.concepts.len();
        let all: &[f32] = self.column(&self.numbers[Number::Mean as usize]);
        all.get(row * concepts..(row + 1) * concepts)
            .unwrap_or_default()
    }

    /// A number of a model for one concept; NaN where there is none.
    pub fn number(&self, number: Number, concept: usize, row: usize) -> f32 {
        let found = match number.is_by_concept() {
            true => self.of_concept(number, concept).get(row),
            false => self.mean(row).get(concept),
        };
        found.copied().unwrap_or(f32::NAN)
    }

    /// The same for all concepts, `[N]`.
    pub fn numbers(&self, number: Number, row: usize) -> Cow<'_, [f32]> {
        if !number.is_by_concept() {
            return Cow::Borrowed(self.mean(row));
        }
        let concepts = 0..self.group.concepts.len();
        concepts
            .map(|concept| self.number(number, concept, row))
            .collect()
    }

    /// The largest score of the group.
    pub fn largest_score(&self) -> f32 {
        let largest: &[f32] = self.column(&self.largest);
        largest.iter().copied().fold(0.0, f32::max)
    }

    /// Where the images of the base of a model stand among those of all models.
    pub fn places(&self, row: usize) -> Range<usize> {
        // A file that was changed may name places that there are not.
        let pairs = self.image_of.len() / 4;
        let range = range(self.column(&self.places), row);
        range.start.min(pairs)..range.end.min(pairs)
    }

    /// SHA-256 of an image of the base with what concepts were measured on there.
    pub fn image(&self, place: usize) -> &[u8] {
        let number = self.image_number(place) as usize;
        let all = self.bytes.get(self.images.clone()).unwrap_or_default();
        all.get(number * 32..(number + 1) * 32).unwrap_or_default()
    }

    /// The number of that image in [`GroupFile::images`].
    pub fn image_number(&self, place: usize) -> u32 {
        let column: &[u32] = self.column(&self.image_of);
        column.get(place).copied().unwrap_or(u32::MAX)
    }

    /// All images of the base, sorted.
    pub fn images(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.bytes.get(self.images.clone()).unwrap_or_default();
        all.chunks_exact(32)
    }

    /// Name of the pair that the image stands in.
    pub fn pair_name(&self, place: usize) -> &[u8] {
        self.slice(&self.pair_name, place)
    }

    /// Profile of a pair in half precision, divided by [`Fact::ProfileScale`], `[N]`.
    pub fn profile(&self, place: usize) -> &[u16] {
        let concepts = self.group.concepts.len();
        let all: &[u16] = self.column(&self.profiles);
        all.get(place * concepts..(place + 1) * concepts)
            .unwrap_or_default()
    }
}

/// From the end of the row before to its own.
fn range(ends: &[u64], row: usize) -> Range<usize> {
    let end = |row: usize| ends.get(row).map_or(0, |end| *end as usize);
    let begin = row.checked_sub(1).map_or(0, end);
    begin..end(row).max(begin)
}
