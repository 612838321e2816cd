//! The index as Parquet, for engines that are not ours.
//!
//! `models.parquet` has a row per model, `concepts.parquet` says which place of its lists belongs to which concept, and
//! `pairs.parquet` has a row per model and image of the base.

use crate::columns::{Fact, Number, Text};
use crate::group::Group;
use crate::manifest::SCHEMA;
use crate::parquet::{Column, Kind, ParquetWriter, Values};
use crate::rows::Row;
use finexl_core::{CoreError, atomic};
use half::f16;
use std::path::Path;

/// Rows that are gathered before they are written.
const ROWS: usize = 8192;

/// A group with its rows and their titles.
pub(crate) struct GroupRows<'a> {
    pub(crate) group: &'a Group,
    pub(crate) rows: Vec<Row<'a>>,
    pub(crate) titles: Vec<String>,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        list: false,
    }
}

const fn list(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        list: true,
    }
}

/// Texts that tables have; pictures stay in the file of the group.
fn texts() -> impl Iterator<Item = Text> {
    let left_out = [
        Text::Tags,
        Text::PictureBase,
        Text::PicturePersonalized,
        Text::PictureNote,
    ];
    Text::ALL
        .into_iter()
        .filter(move |text| !left_out.contains(text))
}

/// Writes all three tables into a folder.
pub(crate) fn write(folder: &Path, groups: &[GroupRows<'_>]) -> Result<(), CoreError> {
    write_concepts(&folder.join("concepts.parquet"), groups)?;
    write_models(&folder.join("models.parquet"), groups)?;
    write_pairs(&folder.join("pairs.parquet"), groups)
}

fn new_values(columns: &[Column]) -> Vec<Values> {
    columns.iter().map(|_| Values::default()).collect()
}

fn write_concepts(path: &Path, groups: &[GroupRows<'_>]) -> Result<(), CoreError> {
    let columns = [
        column("group", Kind::Text),
        column("position", Kind::Int),
        column("concept", Kind::Text),
        column("family", Kind::Text),
    ];
    atomic::write_with(path, |file| {
        let mut writer = ParquetWriter::start(file, &columns)?;
        let mut values = new_values(&columns);
        let mut rows = 0;
        for known in groups.iter().map(|group| group.group) {
            let id = known.id();
            // Lists of SQL begin with 1.
            for (position, concept) in known.concepts.iter().enumerate() {
                values[0].bytes(id.as_bytes());
                values[1].int(position as i64 + 1);
                values[2].bytes(concept.name.as_bytes());
                values[3].bytes(concept.family.as_deref().unwrap_or_default().as_bytes());
                rows += 1;
            }
        }
        writer.rows(rows, &values)?;
        writer.finish(&[("finexl", SCHEMA)])
    })
}

fn write_models(path: &Path, groups: &[GroupRows<'_>]) -> Result<(), CoreError> {
    let mut columns = vec![column("id", Kind::Int), column("group", Kind::Text)];
    columns.extend(texts().map(|text| column(text.name(), Kind::Text)));
    columns.push(list("tags", Kind::Text));
    columns.extend(Fact::ALL.map(|fact| column(fact.name(), Kind::Real)));
    columns.extend(Number::ALL.map(|number| match number {
        Number::Significant => list(number.name(), Kind::Flag),
        _ => list(number.name(), Kind::Real),
    }));
    atomic::write_with(path, |file| {
        let mut writer = ParquetWriter::start(file, &columns)?;
        let mut id = 0;
        for group in groups {
            let name = group.group.id();
            for (rows, titles) in group.rows.chunks(ROWS).zip(group.titles.chunks(ROWS)) {
                let mut values = new_values(&columns);
                for (row, title) in rows.iter().zip(titles) {
                    id += 1;
                    put_model(&mut values, id, name.as_bytes(), *row, title);
                }
                writer.rows(rows.len(), &values)?;
            }
        }
        writer.finish(&[("finexl", SCHEMA)])
    })
}

/// Puts a model into the columns of [`write_models`], in their order.
fn put_model(values: &mut [Values], id: i64, group: &[u8], row: Row<'_>, title: &str) {
    let mut columns = values.iter_mut();
    let mut next = |put: &dyn Fn(&mut Values)| {
        if let Some(column) = columns.next() {
            put(column);
        }
    };
    next(&|column| column.int(id));
    next(&|column| column.bytes(group));
    for text in texts() {
        next(&|column| match text {
            Text::Title => column.bytes(title.as_bytes()),
            text => column.bytes(row.text(text)),
        });
    }
    let tags = std::str::from_utf8(row.text(Text::Tags)).unwrap_or_default();
    next(&|column| column.texts(tags.lines()));
    for fact in Fact::ALL {
        next(&|column| column.real(row.fact(fact)));
    }
    for number in Number::ALL {
        let numbers = row.numbers(number);
        let numbers = numbers.iter().copied();
        next(&|column| match number {
            Number::Significant => column.flags(numbers.clone().map(|value| value != 0.0)),
            _ => column.reals(numbers.clone()),
        });
    }
}

fn write_pairs(path: &Path, groups: &[GroupRows<'_>]) -> Result<(), CoreError> {
    let columns = [
        column("model", Kind::Int),
        column("image", Kind::Text),
        column("pair", Kind::Text),
        list("profile", Kind::Real),
    ];
    atomic::write_with(path, |file| {
        let mut writer = ParquetWriter::start(file, &columns)?;
        let mut id = 0;
        let mut values = new_values(&columns);
        let mut gathered = 0;
        for row in groups.iter().flat_map(|group| &group.rows) {
            id += 1;
            let scale = row.fact(Fact::ProfileScale);
            for (image, pair, profile) in row.images() {
                let digits: String = image.iter().map(|byte| format!("{byte:02x}")).collect();
                values[0].int(id);
                values[1].bytes(digits.as_bytes());
                values[2].bytes(pair);
                let profile = profile
                    .iter()
                    .map(|bits| f16::from_bits(*bits).to_f32() * scale);
                values[3].reals(profile);
                gathered += 1;
            }
            if gathered >= ROWS {
                writer.rows(
                    gathered,
                    &std::mem::replace(&mut values, new_values(&columns)),
                )?;
                gathered = 0;
            }
        }
        writer.rows(gathered, &values)?;
        writer.finish(&[("finexl", SCHEMA)])
    })
}
