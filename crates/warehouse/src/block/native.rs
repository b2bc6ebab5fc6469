//! ClickHouse's `Native` format: counts, then column by column its name, its type and all its values.
//!
//! The whole block is one piece of memory. (The client's own writer sends each larger column as a chunk of its own: of
//! the more than a hundred columns of a deal that made more packets than the rows were worth.) The server casts where
//! a column is kept otherwise, as `LowCardinality`.
use template::Column;
use template::column::Shape;

use super::buffer::{Buffer, Cells};
use crate::Deadline;
use crate::table::DEADLINE_COLUMN;

/// Milliseconds since 1970.
const DEADLINE_TYPE: &str = "DateTime64(3, 'UTC')";
/// More than a column's name and type take.
const HEADING_BYTES: usize = 64;

/// What stands in front of the columns: how many there are, and how many rows.
pub(super) fn begin(columns: usize, rows: usize, bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + columns * HEADING_BYTES);
    number(&mut out, columns);
    number(&mut out, rows);
    out
}

/// A column as its buffer holds it.
pub(super) fn column(out: &mut Vec<u8>, column: &Column, buffer: &Buffer) {
    heading(out, &column.name, &buffer.kind.to_string());
    if matches!(buffer.kind.shape, Shape::Array | Shape::ArrayOfNullable) {
        for end in &buffer.ends {
            out.extend_from_slice(&(*end as u64).to_le_bytes());
        }
    }
    if matches!(buffer.kind.shape, Shape::Nullable | Shape::ArrayOfNullable) {
        out.extend(buffer.nulls.iter().map(|null| u8::from(*null)));
    }
    cells(out, &buffer.cells);
}

/// The deadline, the same in each row.
pub(super) fn deadline(out: &mut Vec<u8>, deadline: Deadline, rows: usize) {
    heading(out, DEADLINE_COLUMN, DEADLINE_TYPE);
    for _ in 0..rows {
        out.extend_from_slice(&deadline.0.to_le_bytes());
    }
}

fn heading(out: &mut Vec<u8>, name: &str, kind: &str) {
    text(out, name.as_bytes());
    text(out, kind.as_bytes());
}

fn cells(out: &mut Vec<u8>, cells: &Cells) {
    match cells {
        Cells::Text { native, .. } => out.extend_from_slice(native),
        Cells::Bool(cells) => out.extend(cells.iter().map(|flag| u8::from(*flag))),
        Cells::UInt8(cells) => out.extend_from_slice(cells),
        Cells::UInt16(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::UInt32(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::UInt64(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::Float64(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::Int64(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::Int32(cells) => out.extend(cells.iter().flat_map(|number| number.to_le_bytes())),
        Cells::Uuid(cells) => {
            for uuid in cells {
                let (high, low) = uuid.as_u64_pair();
                out.extend_from_slice(&high.to_le_bytes());
                out.extend_from_slice(&low.to_le_bytes());
            }
        }
    }
}

/// A text as the format has it: its length, then its bytes.
pub(super) fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_seven_bits_at_a_time() {
        let written = |length| {
            let mut out = Vec::new();
            number(&mut out, length);
            out
        };
        assert_eq!(written(0), [0]);
        assert_eq!(written(127), [127]);
        assert_eq!(written(128), [0x80, 1]);
        assert_eq!(written(300), [0xac, 2]);
        assert_eq!(written(16_384), [0x80, 0x80, 1]);
    }
}
