//! Columns and their values.

use super::levels::packed;
use super::thrift::Struct;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    /// Single precision; what is not a number is null.
    Real,
    Flag,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether a row has a list of values.
    pub(crate) list: bool,
}

/// Values of some rows, gathered row by row.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// Plain values, flags one per byte.
    plain: Vec<u8>,
    repetition: Vec<u8>,
    definition: Vec<u8>,
}

impl Values {
    /// The value of a row that is no list.
    pub(crate) fn real(&mut self, value: f32) {
        self.level(0, !value.is_nan());
        if !value.is_nan() {
            self.plain.extend(value.to_le_bytes());
        }
    }

    pub(crate) fn int(&mut self, value: i64) {
        self.level(0, true);
        self.plain.extend(value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.level(0, true);
        self.put_bytes(value);
    }

    /// The list of a row.
    pub(crate) fn reals(&mut self, values: impl Iterator<Item = f32>) {
        self.list(values, |all, value| match value.is_nan() {
            true => false,
            false => {
                all.plain.extend(value.to_le_bytes());
                true
            }
        });
    }

    pub(crate) fn flags(&mut self, values: impl Iterator<Item = bool>) {
        self.list(values, |all, value| {
            all.plain.push(value.into());
            true
        });
    }

    pub(crate) fn texts<'a>(&mut self, values: impl Iterator<Item = &'a str>) {
        self.list(values, |all, value| {
            all.put_bytes(value.as_bytes());
            true
        });
    }

    /// Adds a list; `put` says whether there was a value.
    fn list<T>(
        &mut self,
        values: impl Iterator<Item = T>,
        mut put: impl FnMut(&mut Self, T) -> bool,
    ) {
        let mut begun = 0;
        for value in values {
            let there = put(self, value);
            self.repetition.push(begun);
            self.definition.push(1 + u8::from(there));
            begun = 1;
        }
        if begun == 0 {
            self.repetition.push(0);
            self.definition.push(0);
        }
    }

    fn level(&mut self, repetition: u8, there: bool) {
        self.repetition.push(repetition);
        self.definition.push(there.into());
    }

    fn put_bytes(&mut self, value: &[u8]) {
        self.plain.extend((value.len() as u32).to_le_bytes());
        self.plain.extend(value);
    }

    /// How many there are, nulls and empty lists included.
    pub(super) fn len(&self) -> usize {
        self.definition.len()
    }

    /// A data page without its header.
    pub(super) fn page(&self, column: &Column) -> Vec<u8> {
        let mut page = Vec::new();
        if column.list {
            page.extend(packed(&self.repetition, 1));
        }
        if column.list || column.is_optional() {
            page.extend(packed(&self.definition, if column.list { 2 } else { 1 }));
        }
        match column.kind {
            Kind::Flag => page.extend(self.plain.chunks(8).map(|flags| {
                (flags.iter().enumerate()).fold(0u8, |bits, (at, flag)| bits | flag << at)
            })),
            _ => page.extend(&self.plain),
        }
        page
    }
}

/// Numbers of the format.
const BOOLEAN: i32 = 0;
const INT64: i32 = 2;
const FLOAT: i32 = 4;
const BYTE_ARRAY: i32 = 6;
const REQUIRED: i32 = 0;
const OPTIONAL: i32 = 1;
const REPEATED: i32 = 2;
const UTF8: i32 = 0;
const CONVERTED_LIST: i32 = 3;

impl Column {
    fn is_optional(&self) -> bool {
        self.kind == Kind::Real
    }

    /// The number of its physical type.
    pub(super) fn physical(&self) -> i32 {
        match self.kind {
            Kind::Text => BYTE_ARRAY,
            Kind::Int => INT64,
            Kind::Real => FLOAT,
            Kind::Flag => BOOLEAN,
        }
    }

    /// The way to its values.
    pub(super) fn path(&self) -> Vec<&'static str> {
        match self.list {
            true => vec![self.name, "list", "element"],
            false => vec![self.name],
        }
    }

    /// Its elements of the schema.
    pub(super) fn schema(&self) -> Vec<Struct> {
        let leaf = |name: &str, repetition: i32| {
            let element = Struct::default()
                .i32(1, self.physical())
                .i32(3, repetition)
                .text(4, name);
            match self.kind {
                Kind::Text => element
                    .i32(6, UTF8)
                    .nested(10, Struct::default().nested(1, Struct::default())),
                _ => element,
            }
        };
        if !self.list {
            let repetition = if self.is_optional() {
                OPTIONAL
            } else {
                REQUIRED
            };
            return vec![leaf(self.name, repetition)];
        }
        let outer = Struct::default()
            .i32(3, REQUIRED)
            .text(4, self.name)
            .i32(5, 1)
            .i32(6, CONVERTED_LIST)
            .nested(10, Struct::default().nested(3, Struct::default()));
        let inner = Struct::default().i32(3, REPEATED).text(4, "list").i32(5, 1);
        vec![outer, inner, leaf("element", OPTIONAL)]
    }
}
