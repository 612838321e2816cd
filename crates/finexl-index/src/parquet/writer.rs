//! A file, written group of rows by group of rows.

use super::column::{Column, Values};
use super::thrift::Struct;
use std::io::{Result as IoResult, Write};

const MAGIC: &[u8; 4] = b"PAR1";
/// Numbers of the format.
const PLAIN: i32 = 0;
const RLE: i32 = 3;
const DATA_PAGE: i32 = 0;
const UNCOMPRESSED: i32 = 0;

/// Writes a Parquet file.
pub(crate) struct ParquetWriter<'a> {
    file: &'a mut dyn Write,
    columns: &'a [Column],
    written: i64,
    rows: i64,
    groups: Vec<Struct>,
}

impl<'a> ParquetWriter<'a> {
    pub(crate) fn start(file: &'a mut dyn Write, columns: &'a [Column]) -> IoResult<Self> {
        file.write_all(MAGIC)?;
        Ok(Self {
            file,
            columns,
            written: MAGIC.len() as i64,
            rows: 0,
            groups: Vec::new(),
        })
    }

    /// Writes some rows; `values` are in the order of the columns.
    pub(crate) fn rows(&mut self, rows: usize, values: &[Values]) -> IoResult<()> {
        if rows == 0 {
            return Ok(());
        }
        let begin = self.written;
        let mut chunks = Vec::new();
        for (column, values) in self.columns.iter().zip(values) {
            chunks.push(self.chunk(column, values)?);
        }
        self.rows += rows as i64;
        self.groups.push(
            Struct::default()
                .structs(1, chunks)
                .i64(2, self.written - begin)
                .i64(3, rows as i64),
        );
        Ok(())
    }

    /// Writes the values of a column; what the end of the file says of them.
    fn chunk(&mut self, column: &Column, values: &Values) -> IoResult<Struct> {
        let page = values.page(column);
        let length = i32::try_from(page.len()).map_err(|_| {
            std::io::Error::other(format!("a page of {} is larger than 2 GiB", column.name))
        })?;
        let count = values.len();
        let about = Struct::default()
            .i32(1, i32::try_from(count).unwrap_or(i32::MAX))
            .i32(2, PLAIN)
            .i32(3, RLE)
            .i32(4, RLE);
        let header = Struct::default()
            .i32(1, DATA_PAGE)
            .i32(2, length)
            .i32(3, length)
            .nested(5, about)
            .finish();
        let offset = self.written;
        self.file.write_all(&header)?;
        self.file.write_all(&page)?;
        let size = (header.len() + page.len()) as i64;
        self.written += size;
        let metadata = Struct::default()
            .i32(1, column.physical())
            .i32s(2, &[PLAIN, RLE])
            .texts(3, &column.path())
            .i32(4, UNCOMPRESSED)
            .i64(5, count as i64)
            .i64(6, size)
            .i64(7, size)
            .i64(9, offset);
        Ok(Struct::default().i64(2, offset).nested(3, metadata))
    }

    /// Writes the end of the file, with `said` of it as keys and values.
    pub(crate) fn finish(self, said: &[(&str, &str)]) -> IoResult<()> {
        let root = Struct::default()
            .text(4, "schema")
            .i32(5, i32::try_from(self.columns.len()).unwrap_or(i32::MAX));
        let mut schema = vec![root];
        schema.extend(self.columns.iter().flat_map(Column::schema));
        let said = (said.iter())
            .map(|(key, value)| Struct::default().text(1, key).text(2, value))
            .collect();
        let end = Struct::default()
            .i32(1, 1)
            .structs(2, schema)
            .i64(3, self.rows)
            .structs(4, self.groups)
            .structs(5, said)
            .text(6, concat!("finexl version ", env!("CARGO_PKG_VERSION")))
            .finish();
        self.file.write_all(&end)?;
        self.file.write_all(&(end.len() as u32).to_le_bytes())?;
        self.file.write_all(MAGIC)
    }
}
