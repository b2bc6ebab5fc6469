//! A packed column into the client's native form.
use clickhouse::native::DataTypeNode;
use clickhouse::native::builder::BlockBuilder;
use clickhouse::native::encode::{Encode, ValueWriter};
use template::column::{Scalar, Shape};

use super::buffer::{Buffer, Cells};
use crate::Deadline;
use crate::error::Cause;

mod cell;

use cell::{Amount, Day, Day32, Micro, Milli, Second, Text};

pub(super) fn column(builder: &mut BlockBuilder, name: &str, buffer: &Buffer) -> Result<(), Cause> {
    match (&buffer.cells, buffer.kind.scalar) {
        (Cells::Text { bytes, ends }, _) => {
            let mut start = 0;
            let cells = ends.iter().map(|end| {
                let text = bytes.get(start..*end).unwrap_or_default();
                start = *end;
                Text(text)
            });
            let cells: Vec<Text<'_>> = cells.collect();
            write(builder, name, buffer, &cells, |text| *text)
        }
        (Cells::Bool(cells), _) => write(builder, name, buffer, cells, |flag| *flag),
        (Cells::UInt8(cells), _) => write(builder, name, buffer, cells, |number| *number),
        (Cells::UInt16(cells), Scalar::Date) => write(builder, name, buffer, cells, |days| Day(*days)),
        (Cells::UInt16(cells), _) => write(builder, name, buffer, cells, |number| *number),
        (Cells::UInt32(cells), Scalar::Seconds) => {
            write(builder, name, buffer, cells, |seconds| Second(*seconds))
        }
        (Cells::UInt32(cells), _) => write(builder, name, buffer, cells, |number| *number),
        (Cells::UInt64(cells), _) => write(builder, name, buffer, cells, |number| *number),
        (Cells::Float64(cells), _) => write(builder, name, buffer, cells, |number| *number),
        (Cells::Int64(cells), Scalar::Decimal) => write(builder, name, buffer, cells, |units| Amount(*units)),
        (Cells::Int64(cells), _) => write(builder, name, buffer, cells, |micro| Micro(*micro)),
        (Cells::Int32(cells), _) => write(builder, name, buffer, cells, |days| Day32(*days)),
        (Cells::Uuid(cells), _) => write(builder, name, buffer, cells, |uuid| *uuid),
    }
}

/// The same in each row.
pub(super) fn constant(
    builder: &mut BlockBuilder,
    name: &str,
    deadline: Deadline,
    rows: usize,
) -> Result<(), Cause> {
    let cells = std::iter::repeat_with(|| Milli(deadline.0)).take(rows);
    builder.upsert_column::<Milli>(name)?.add_all(cells)?;
    Ok(())
}

fn write<C, T: Encode>(
    builder: &mut BlockBuilder,
    name: &str,
    buffer: &Buffer,
    cells: &[C],
    typed: impl Fn(&C) -> T + Copy,
) -> Result<(), Cause> {
    let nullable = cells
        .iter()
        .zip(&buffer.nulls)
        .map(|(cell, null)| (!null).then(|| typed(cell)));
    match buffer.kind.shape {
        Shape::Plain => builder
            .upsert_column::<T>(name)?
            .add_all(cells.iter().map(typed))?,
        Shape::Nullable => {
            builder.upsert_column::<Option<T>>(name)?.add_all(nullable)?;
            return Ok(());
        }
        Shape::Array => {
            let mut column = builder.upsert_column::<List<T>>(name)?;
            column.add_all(lists(&buffer.ends, cells.iter().map(typed)))?;
            return Ok(());
        }
        Shape::ArrayOfNullable => {
            let mut column = builder.upsert_column::<List<Option<T>>>(name)?;
            column.add_all(lists(&buffer.ends, nullable))?;
            return Ok(());
        }
    };
    Ok(())
}

/// One list a row.
fn lists<T>(ends: &[usize], mut cells: impl Iterator<Item = T>) -> impl Iterator<Item = List<T>> {
    let mut start = 0;
    ends.iter().map(move |end| {
        let length = end.saturating_sub(start);
        start = *end;
        List(cells.by_ref().take(length).collect())
    })
}

struct List<T>(Vec<T>);

impl<T: Encode> Encode for List<T> {
    fn produces() -> DataTypeNode {
        DataTypeNode::Array(Box::new(T::produces()))
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        let mut list = writer.write_array::<&T>()?;
        for item in &self.0 {
            list.write(item)?;
        }
        list.finish();
        Ok(())
    }
}
