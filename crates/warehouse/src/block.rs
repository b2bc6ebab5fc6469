//! Rows gathered column by column, ready to be sent as one native block.
use template::{Column, Value};

use crate::{Deadline, Error, Table};

mod buffer;
mod native;

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

    /// Takes all rows out; the memory that they took is kept for the next.
    pub fn clear(&mut self) {
        self.buffers.iter_mut().for_each(Buffer::clear);
        (self.rows, self.bytes) = (0, 0);
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

    /// The block as it goes over the wire; the deadline stands in each row.
    pub(crate) fn native(&self, table: &Table, deadline: Deadline) -> Vec<u8> {
        let mut out = native::begin(self.buffers.len() + 1, self.rows, self.bytes);
        for (buffer, column) in self.buffers.iter().zip(table.columns()) {
            native::column(&mut out, column, buffer);
        }
        native::deadline(&mut out, deadline, self.rows);
        out
    }
}
