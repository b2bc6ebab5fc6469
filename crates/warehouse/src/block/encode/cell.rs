//! Cells whose ClickHouse type no Rust type stands for.
use clickhouse::native::DataTypeNode;
use clickhouse::native::encode::{Encode, ValueWriter};
use clickhouse_types::data_types::{DateTimePrecision, DecimalType};

use crate::error::Cause;

const AMOUNT_PRECISION: u8 = 18;
const AMOUNT_SCALE: u8 = 4;

/// Bytes of a `String`, which need not be UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a [u8]);

/// Ten-thousandths.
pub(super) struct Amount(pub(super) i64);

/// Microseconds since 1970.
pub(super) struct Micro(pub(super) i64);

/// Milliseconds since 1970.
pub(super) struct Milli(pub(super) i64);

/// Seconds since 1970.
pub(super) struct Second(pub(super) u32);

/// Days since 1970.
pub(super) struct Day(pub(super) u16);

/// Days since 1970, also before it.
pub(super) struct Day32(pub(super) i32);

fn utc() -> String {
    "UTC".to_owned()
}

impl Encode for Text<'_> {
    fn produces() -> DataTypeNode {
        DataTypeNode::String
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_string(self.0)?)
    }
}

impl Encode for Amount {
    fn produces() -> DataTypeNode {
        DataTypeNode::Decimal(AMOUNT_PRECISION, AMOUNT_SCALE, DecimalType::Decimal64)
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

impl Encode for Micro {
    fn produces() -> DataTypeNode {
        DataTypeNode::DateTime64(DateTimePrecision::Precision6, Some(utc()))
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

impl Encode for Milli {
    fn produces() -> DataTypeNode {
        DataTypeNode::DateTime64(DateTimePrecision::Precision3, Some(utc()))
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

impl Encode for Second {
    fn produces() -> DataTypeNode {
        DataTypeNode::DateTime(Some(utc()))
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

impl Encode for Day {
    fn produces() -> DataTypeNode {
        DataTypeNode::Date
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}

impl Encode for Day32 {
    fn produces() -> DataTypeNode {
        DataTypeNode::Date32
    }

    fn encode(&self, writer: &mut ValueWriter<'_>) -> Result<(), Cause> {
        Ok(writer.write_fixed(&self.0.to_le_bytes())?)
    }
}
