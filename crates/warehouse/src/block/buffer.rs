//! The values of one column, packed.
use template::Value;
use template::column::{ColumnType, Scalar, Shape};
use uuid::Uuid;

use super::native;

const MICRO_PER_SECOND: i64 = 1_000_000;

/// Cells, and for each of them whether it is null, and where each row's list ends.
#[derive(Debug, Clone)]
pub(super) struct Buffer {
    pub(super) kind: ColumnType,
    pub(super) cells: Cells,
    /// One a cell, only where nulls may be.
    pub(super) nulls: Vec<bool>,
    /// One a row, only for lists.
    pub(super) ends: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Cells {
    /// Each with its length in front, as the wire has it.
    Text {
        native: Vec<u8>,
        count: usize,
    },
    Bool(Vec<bool>),
    UInt8(Vec<u8>),
    UInt16(Vec<u16>),
    UInt32(Vec<u32>),
    UInt64(Vec<u64>),
    Float64(Vec<f64>),
    Int64(Vec<i64>),
    Int32(Vec<i32>),
    Uuid(Vec<Uuid>),
}

type Wrong = &'static str;

impl Buffer {
    pub(super) fn new(kind: ColumnType) -> Self {
        let cells = match kind.scalar {
            Scalar::Text => Cells::Text {
                native: Vec::new(),
                count: 0,
            },
            Scalar::Bool => Cells::Bool(Vec::new()),
            Scalar::UInt8 => Cells::UInt8(Vec::new()),
            Scalar::UInt16 | Scalar::Date => Cells::UInt16(Vec::new()),
            Scalar::UInt32 | Scalar::Seconds => Cells::UInt32(Vec::new()),
            Scalar::UInt64 => Cells::UInt64(Vec::new()),
            Scalar::Float64 => Cells::Float64(Vec::new()),
            Scalar::Decimal | Scalar::DateTime => Cells::Int64(Vec::new()),
            Scalar::Date32 => Cells::Int32(Vec::new()),
            Scalar::Uuid => Cells::Uuid(Vec::new()),
        };
        Self {
            kind,
            cells,
            nulls: Vec::new(),
            ends: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.nulls.clear();
        self.ends.clear();
        self.cells.clear();
    }

    /// Adds a row's value; says how many bytes it takes, about.
    pub(super) fn push(&mut self, value: &Value<'_>) -> Result<usize, Wrong> {
        match (self.kind.shape, value) {
            (Shape::Array | Shape::ArrayOfNullable, Value::List(items)) => {
                let mut bytes = 8;
                for item in items {
                    bytes += self.cell(item)?;
                }
                self.ends.push(self.cell_count());
                Ok(bytes)
            }
            (Shape::Array | Shape::ArrayOfNullable, _) => Err("a single value"),
            (Shape::Plain | Shape::Nullable, value) => self.cell(value),
        }
    }

    fn cell(&mut self, value: &Value<'_>) -> Result<usize, Wrong> {
        let may_be_null = matches!(self.kind.shape, Shape::Nullable | Shape::ArrayOfNullable);
        let is_null = matches!(value, Value::Null);
        if may_be_null {
            self.nulls.push(is_null);
        }
        let bytes = if is_null {
            if !may_be_null {
                return Err("null");
            }
            self.cells.push_nothing()
        } else {
            self.cells.push(self.kind.scalar, value)?
        };
        Ok(bytes + usize::from(may_be_null))
    }

    fn cell_count(&self) -> usize {
        match &self.cells {
            Cells::Text { count, .. } => *count,
            Cells::Bool(cells) => cells.len(),
            Cells::UInt8(cells) => cells.len(),
            Cells::UInt16(cells) => cells.len(),
            Cells::UInt32(cells) => cells.len(),
            Cells::UInt64(cells) => cells.len(),
            Cells::Float64(cells) => cells.len(),
            Cells::Int64(cells) => cells.len(),
            Cells::Int32(cells) => cells.len(),
            Cells::Uuid(cells) => cells.len(),
        }
    }
}

impl Cells {
    fn clear(&mut self) {
        match self {
            Self::Text { native, count } => {
                native.clear();
                *count = 0;
            }
            Self::Bool(cells) => cells.clear(),
            Self::UInt8(cells) => cells.clear(),
            Self::UInt16(cells) => cells.clear(),
            Self::UInt32(cells) => cells.clear(),
            Self::UInt64(cells) => cells.clear(),
            Self::Float64(cells) => cells.clear(),
            Self::Int64(cells) => cells.clear(),
            Self::Int32(cells) => cells.clear(),
            Self::Uuid(cells) => cells.clear(),
        }
    }

    fn push(&mut self, scalar: Scalar, value: &Value<'_>) -> Result<usize, Wrong> {
        const BEYOND: Wrong = "a number beyond it";
        match (self, value) {
            (Self::Text { native, count }, Value::Text(text)) => {
                native::text(native, text);
                *count += 1;
                return Ok(text.len() + 1);
            }
            (Self::Bool(cells), Value::Bool(flag)) => cells.push(*flag),
            (Self::UInt8(cells), Value::UInt(number)) => {
                cells.push((*number).try_into().map_err(|_| BEYOND)?);
            }
            (Self::UInt16(cells), Value::UInt(number)) => {
                cells.push((*number).try_into().map_err(|_| BEYOND)?);
            }
            (Self::UInt16(cells), Value::Days(days)) if scalar == Scalar::Date => {
                cells.push((*days).try_into().map_err(|_| BEYOND)?);
            }
            (Self::UInt32(cells), Value::UInt(number)) => {
                cells.push((*number).try_into().map_err(|_| BEYOND)?);
            }
            (Self::UInt32(cells), Value::Micro(micro)) if scalar == Scalar::Seconds => {
                cells.push(
                    micro
                        .div_euclid(MICRO_PER_SECOND)
                        .try_into()
                        .map_err(|_| BEYOND)?,
                );
            }
            (Self::UInt64(cells), Value::UInt(number)) => cells.push(*number),
            (Self::Float64(cells), Value::Float(number)) => cells.push(*number),
            (Self::Int64(cells), Value::Decimal(units)) if scalar == Scalar::Decimal => cells.push(*units),
            (Self::Int64(cells), Value::Micro(micro)) if scalar == Scalar::DateTime => cells.push(*micro),
            (Self::Int32(cells), Value::Days(days)) => cells.push(*days),
            (Self::Uuid(cells), Value::Uuid(uuid)) => cells.push(*uuid),
            _ => return Err("a value of another kind"),
        }
        Ok(8)
    }

    fn push_nothing(&mut self) -> usize {
        match self {
            Self::Text { native, count } => {
                native::text(native, &[]);
                *count += 1;
            }
            Self::Bool(cells) => cells.push(false),
            Self::UInt8(cells) => cells.push(0),
            Self::UInt16(cells) => cells.push(0),
            Self::UInt32(cells) => cells.push(0),
            Self::UInt64(cells) => cells.push(0),
            Self::Float64(cells) => cells.push(0.0),
            Self::Int64(cells) => cells.push(0),
            Self::Int32(cells) => cells.push(0),
            Self::Uuid(cells) => cells.push(Uuid::nil()),
        }
        8
    }
}
