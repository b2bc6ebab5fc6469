//! From a valid event to typed values, one a column.
//!
//! A value that its column cannot hold exactly is a violation, never a guess and never a panic; money goes from its
//! digits to `Decimal(18, 4)` without a float between.
use std::borrow::Cow;

use uuid::Uuid;

use crate::Violation;
use crate::column::{Column, EnvelopeField, Shape};
use crate::plan::{Binding, Field, Leaf, Slot};
use crate::template::Checked;

pub(crate) mod envelope;
mod scalar;

pub use envelope::Envelope;
pub use scalar::{NotHeld, day_of, decimal_of, micro_of};

/// One typed value of a cell. Text may be bytes that are no UTF-8: an archive keeps what came.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Text(Cow<'a, [u8]>),
    Bool(bool),
    UInt(u64),
    Float(f64),
    /// Ten-thousandths.
    Decimal(i64),
    /// Microseconds since 1970.
    Micro(i64),
    /// Days since 1970.
    Days(i32),
    Uuid(Uuid),
    List(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// Text that is borrowed.
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text.as_bytes()))
    }

    /// Text that is owned.
    pub fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text.into_bytes()))
    }
}

/// The values of one row, in the order of its columns.
pub type Row<'a> = Vec<Value<'a>>;

/// Where the event stood in the log, and what its header said.
#[derive(Debug, Clone, Copy)]
pub struct RowContext<'a> {
    /// Changes when the topic is made anew.
    pub topic_id: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub batch_first_offset: i64,
    /// `webhook`, `flat`, `backfill`.
    pub kind: &'a str,
}

pub(crate) fn convert<'a>(
    columns: &'a [Column],
    bindings: &[Binding],
    schema_version: &str,
    checked: &'a Checked<'a>,
    context: &'a RowContext<'a>,
) -> Result<Row<'a>, Vec<Violation>> {
    let mut row = Vec::with_capacity(columns.len());
    let mut violations = Vec::new();
    for (column, binding) in columns.iter().zip(bindings) {
        let value = match binding {
            Binding::Envelope(field) => Ok(from_envelope(*field, &checked.envelope, context)),
            Binding::Field(slot) => cell(column, checked.fields.get(*slot)),
            Binding::Gather { slots, siblings } => gathered(column, slots, siblings, checked),
        };
        match value {
            Ok(value) => row.push(value),
            Err((path, reason)) => {
                violations.push(Violation::new(path, "column", reason.to_string(), schema_version));
            }
        }
    }
    if violations.is_empty() {
        Ok(row)
    } else {
        Err(violations)
    }
}

type Refused = (String, NotHeld);

fn cell<'a>(column: &Column, value: Option<&'a Field<'a>>) -> Result<Value<'a>, Refused> {
    let Some(value) = value.filter(|value| value.leaf() != Leaf::Null) else {
        return Ok(absent(column));
    };
    match column.kind.shape {
        Shape::Plain | Shape::Nullable => {
            scalar::read(column, value.leaf()).map_err(|reason| (path(column, 0), reason))
        }
        Shape::Array | Shape::ArrayOfNullable => {
            let Some(items) = value.items() else {
                return Err((path(column, 0), NotHeld::NotAList));
            };
            let read = |(at, item): (usize, &'a serde_json::Value)| {
                scalar::read(column, item.into())
                    .map_err(|reason| (format!("{}[{at}]", path(column, 0)), reason))
            };
            Ok(Value::List(
                items.iter().enumerate().map(read).collect::<Result<_, _>>()?,
            ))
        }
    }
}

fn gathered<'a>(
    column: &Column,
    slots: &[Slot],
    siblings: &[Vec<Slot>],
    checked: &'a Checked<'a>,
) -> Result<Value<'a>, Refused> {
    let mut list = Vec::new();
    for (number, (slot, siblings)) in slots.iter().zip(siblings).enumerate() {
        match checked.fields.get(*slot) {
            Some(value) => {
                list.push(
                    scalar::read(column, value.leaf()).map_err(|reason| (path(column, number), reason))?,
                );
            }
            None if siblings.iter().any(|slot| checked.fields.get(*slot).is_some()) => {
                list.push(scalar::empty(column));
            }
            None => break,
        }
    }
    Ok(Value::List(list))
}

/// The flat key that this one of the column's sources is, as a JSON path.
fn path(column: &Column, number: usize) -> String {
    let key = column.source.keys().get(number);
    format!("$.{}", key.map_or(column.name.as_str(), String::as_str))
}

/// What a cell holds when the event does not say: null where that is possible, else the type's own nothing.
fn absent(column: &Column) -> Value<'static> {
    match column.kind.shape {
        Shape::Nullable => Value::Null,
        Shape::Array | Shape::ArrayOfNullable => Value::List(Vec::new()),
        Shape::Plain => scalar::nothing(column.kind.scalar),
    }
}

fn from_envelope<'a>(field: EnvelopeField, envelope: &Envelope, context: &'a RowContext<'a>) -> Value<'a> {
    match field {
        EnvelopeField::Company => Value::UInt(envelope.company_id),
        EnvelopeField::Uuid => Value::Uuid(envelope.uuid),
        EnvelopeField::Ver => Value::UInt(envelope.ver),
        EnvelopeField::Revision => Value::UInt(u64::from(envelope.revision)),
        EnvelopeField::Time => Value::Micro(envelope.time_micro),
        // Nothing is imported but when it is received.
        EnvelopeField::ReceivedAt | EnvelopeField::ImportedAt => Value::Micro(envelope.received_at_micro),
        EnvelopeField::Kind => Value::text(context.kind),
        EnvelopeField::TopicId => Value::text(context.topic_id),
        EnvelopeField::Partition => Value::UInt(u64::from(context.partition.unsigned_abs())),
        EnvelopeField::Offset => Value::UInt(context.offset.unsigned_abs()),
        EnvelopeField::BatchFirstOffset => Value::UInt(context.batch_first_offset.unsigned_abs()),
    }
}
