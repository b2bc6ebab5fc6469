//! Columns of a table as the loader fills them: a name, a type, and where the value comes from.
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

/// How many numbered objects of a list a flat event may carry (`email_validation_sources_20_…`).
pub const GATHERED_MAX: usize = 20;

/// What one value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Text,
    Bool,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float64,
    /// `Decimal(18, 4)`: money, in ten-thousandths.
    Decimal,
    /// `DateTime64(6, 'UTC')`: microseconds.
    DateTime,
    /// `DateTime('UTC')`: seconds.
    Seconds,
    /// Days since 1970, unsigned 16 bits.
    Date,
    /// Days since 1970, 1900 to 2299.
    Date32,
    Uuid,
}

/// How many values a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Plain,
    Nullable,
    Array,
    ArrayOfNullable,
}

/// A ClickHouse type that rows can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    pub scalar: Scalar,
    pub shape: Shape,
}

/// A type that no row can be made for.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("column type {0} is not one that rows can be made for")]
pub struct UnknownType(pub String);

impl ColumnType {
    /// Reads a type as ClickHouse writes it. `LowCardinality` and `SimpleAggregateFunction` are storage, not shape.
    pub fn parse(text: &str) -> Result<Self, UnknownType> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        Self::parse_compact(&compact).ok_or_else(|| UnknownType(text.to_owned()))
    }

    fn parse_compact(text: &str) -> Option<Self> {
        if let Some(inner) = argument(text, "LowCardinality") {
            return Self::parse_compact(inner);
        }
        if let Some(arguments) = argument(text, "SimpleAggregateFunction") {
            return Self::parse_compact(arguments.split_once(',')?.1);
        }
        if let Some(inner) = argument(text, "Array") {
            let inner = Self::parse_compact(inner)?;
            let shape = match inner.shape {
                Shape::Plain => Shape::Array,
                Shape::Nullable => Shape::ArrayOfNullable,
                Shape::Array | Shape::ArrayOfNullable => return None,
            };
            return Some(Self {
                scalar: inner.scalar,
                shape,
            });
        }
        if let Some(inner) = argument(text, "Nullable") {
            return Some(Self {
                scalar: scalar(inner)?,
                shape: Shape::Nullable,
            });
        }
        Some(Self {
            scalar: scalar(text)?,
            shape: Shape::Plain,
        })
    }
}

fn argument<'a>(text: &'a str, function: &str) -> Option<&'a str> {
    text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
}

fn scalar(text: &str) -> Option<Scalar> {
    Some(match text {
        "String" => Scalar::Text,
        "Bool" => Scalar::Bool,
        "UInt8" => Scalar::UInt8,
        "UInt16" => Scalar::UInt16,
        "UInt32" => Scalar::UInt32,
        "UInt64" => Scalar::UInt64,
        "Float64" => Scalar::Float64,
        "Decimal(18,4)" => Scalar::Decimal,
        "DateTime64(6,'UTC')" => Scalar::DateTime,
        "DateTime('UTC')" => Scalar::Seconds,
        "Date" => Scalar::Date,
        "Date32" => Scalar::Date32,
        "UUID" => Scalar::Uuid,
        _ => return None,
    })
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "String",
            Self::Bool => "Bool",
            Self::UInt8 => "UInt8",
            Self::UInt16 => "UInt16",
            Self::UInt32 => "UInt32",
            Self::UInt64 => "UInt64",
            Self::Float64 => "Float64",
            Self::Decimal => "Decimal(18, 4)",
            Self::DateTime => "DateTime64(6, 'UTC')",
            Self::Seconds => "DateTime('UTC')",
            Self::Date => "Date",
            Self::Date32 => "Date32",
            Self::Uuid => "UUID",
        })
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Plain => write!(f, "{}", self.scalar),
            Shape::Nullable => write!(f, "Nullable({})", self.scalar),
            Shape::Array => write!(f, "Array({})", self.scalar),
            Shape::ArrayOfNullable => write!(f, "Array(Nullable({}))", self.scalar),
        }
    }
}

/// What identifies a row beside its template's fields (DESIGN 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeField {
    Company,
    Uuid,
    Ver,
    Revision,
    Time,
    ReceivedAt,
    Kind,
    TopicId,
    Partition,
    Offset,
    BatchFirstOffset,
    ImportedAt,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Envelope(EnvelopeField),
    /// A flat key.
    Field(String),
    /// The same key of each numbered object of a list, in order.
    Gather(Gather),
}

impl Source {
    /// The flat keys that it reads.
    pub fn keys(&self) -> &[String] {
        match self {
            Self::Envelope(_) => &[],
            Self::Field(key) => std::slice::from_ref(key),
            Self::Gather(gather) => &gather.keys,
        }
    }
}

/// The keys of a list that was flattened: `email_validation_sources_1_domain`, `…_2_domain`, ….
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gather {
    /// The keys of this column.
    pub keys: Vec<String>,
    /// For each number, all keys of that object; the list ends where none is there.
    pub siblings: Vec<Vec<String>>,
}

/// A column, ready to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: ColumnType,
    pub source: Source,
    /// Digits beyond the column's scale are rounded half to even instead of refused.
    pub rounded: bool,
}

impl Column {
    /// A column that is filled by hand, under the flat key of its own name.
    pub fn plain(name: &str, kind: ColumnType) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            source: Source::Field(name.to_owned()),
            rounded: false,
        }
    }
}

/// A column as `template.toml` gives it: a type, or a table with more.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnSpec {
    Type(String),
    Full(FullColumn),
}

/// A column that is not simply called as its flat key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullColumn {
    #[serde(rename = "type")]
    pub kind: String,
    /// The flat key; `#` stands for the numbers of a list.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub rounded: bool,
}

impl ColumnSpec {
    pub fn kind(&self) -> &str {
        match self {
            Self::Type(kind) => kind,
            Self::Full(full) => &full.kind,
        }
    }

    pub fn from<'a>(&'a self, name: &'a str) -> &'a str {
        match self {
            Self::Type(_) => name,
            Self::Full(full) => full.from.as_deref().unwrap_or(name),
        }
    }

    pub fn rounded(&self) -> bool {
        matches!(self, Self::Full(full) if full.rounded)
    }
}

/// The columns that every import table has beside its schema's fields, in order: whose the rows are, and which import wins.
pub fn import_envelope() -> Vec<Column> {
    vec![
        enveloped("event_company_id", Scalar::UInt64, EnvelopeField::Company),
        enveloped("imported_at", Scalar::DateTime, EnvelopeField::ImportedAt),
    ]
}

fn enveloped(name: &str, scalar: Scalar, field: EnvelopeField) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnType {
            scalar,
            shape: Shape::Plain,
        },
        source: Source::Envelope(field),
        rounded: false,
    }
}

/// The columns that every base table has beside its schema's fields, in order.
pub fn envelope() -> Vec<Column> {
    let column = enveloped;
    vec![
        column("event_company_id", Scalar::UInt64, EnvelopeField::Company),
        column("event_uuid", Scalar::Uuid, EnvelopeField::Uuid),
        column("event_ver", Scalar::UInt64, EnvelopeField::Ver),
        column("event_revision", Scalar::UInt8, EnvelopeField::Revision),
        column("event_time", Scalar::DateTime, EnvelopeField::Time),
        column("event_received_at", Scalar::DateTime, EnvelopeField::ReceivedAt),
        column("event_kind", Scalar::Text, EnvelopeField::Kind),
        column("kafka_topic_id", Scalar::Text, EnvelopeField::TopicId),
        column("kafka_partition", Scalar::UInt32, EnvelopeField::Partition),
        column("kafka_offset", Scalar::UInt64, EnvelopeField::Offset),
        column(
            "kafka_batch_first_offset",
            Scalar::UInt64,
            EnvelopeField::BatchFirstOffset,
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_types_as_clickhouse_writes_them() {
        for (text, shown) in [
            ("LowCardinality(String)", "String"),
            ("Nullable(Decimal(18, 4))", "Nullable(Decimal(18, 4))"),
            ("DateTime64(6, 'UTC')", "DateTime64(6, 'UTC')"),
            ("Array(Nullable(Date32))", "Array(Nullable(Date32))"),
            ("SimpleAggregateFunction(max, UInt64)", "UInt64"),
            ("LowCardinality(Nullable(String))", "Nullable(String)"),
        ] {
            assert_eq!(ColumnType::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_a_type_it_cannot_fill() {
        for text in [
            "Decimal(38, 4)",
            "Array(Array(String))",
            "Map(String, String)",
            "",
        ] {
            assert!(ColumnType::parse(text).is_err(), "{text}");
        }
    }
}
