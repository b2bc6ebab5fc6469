//! Rows gathered column by column, ready to be sent as one native block.
use clickhouse::native;
use clickhouse::native::builder::BlockBuilder;
use template::{Column, Value};

use crate::table::DEADLINE_COLUMN;
use crate::{Deadline, Error, Table};

mod buffer;
mod encode;

use buffer::Buffer;

/// Rows of one table. Typed, packed, and free of what they were made from.
#[derive(Debug, Clone)]
pub struct Block {
    buffers: Vec<Buffer>,
    rows: usize,
    bytes: usize,
}

impl Block {
    /// An empty block for these columns.
    pub fn new(columns: &[Column]) -> Self {
        Self {
            buffers: columns.iter().map(|column| Buffer::new(column.kind)).collect(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Adds one row: a value a column, in their order. After an error the block is of no more use.
    pub fn push(&mut self, columns: &[Column], row: &[Value<'_>]) -> Result<(), Error> {
        if row.len() != self.buffers.len() || columns.len() != self.buffers.len() {
            return Err(Error::Block {
                column: "(all)".to_owned(),
                value: "a row of another length",
            });
        }
        for ((buffer, value), column) in self.buffers.iter_mut().zip(row).zip(columns) {
            self.bytes += buffer.push(value).map_err(|value| Error::Block {
                column: column.name.clone(),
                value,
            })?;
        }
        self.rows += 1;
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What the values take, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn native(&self, table: &Table, deadline: Deadline) -> Result<native::Block, Error> {
        let mut builder = BlockBuilder::new();
        for (buffer, column) in self.buffers.iter().zip(table.columns()) {
            encode::column(&mut builder, &column.name, buffer).map_err(|source| Error::Client {
                doing: format!("encoding column {}", column.name),
                source,
            })?;
        }
        encode::constant(&mut builder, DEADLINE_COLUMN, deadline, self.rows).map_err(|source| {
            Error::Client {
                doing: "encoding the deadline".to_owned(),
                source,
            }
        })?;
        builder.build().map_err(|error| Error::Client {
            doing: format!("encoding a block of {}", table.name()),
            source: error.into(),
        })
    }
}
