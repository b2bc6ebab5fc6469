//! What the loader refuses, and how it goes on record.
use event::outcome::{Fault, Rejected, ValueEncoding};
use kafka::{Outgoing, Placement, Record, Topic};
use stage::clock;
use template::Violation;

use crate::STAGE;
use crate::origin::Origin;

/// How much of a value that is too large for the topic is kept: enough to see what it is.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// Why a record was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// A header is missing or cannot be read.
    Headers,
    /// The value is no JSON object.
    NotJson,
    /// Nothing says what kind of event it is.
    NotAnEvent,
    /// The template's schema, or one of its columns, does not take it.
    Schema,
    /// An insert that had to be repeated as it was planned left it out; the schema in force takes it.
    RefusedByPlan,
    /// ClickHouse refused its row.
    Warehouse,
}

impl Code {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::NotJson => "not_json",
            Self::NotAnEvent => "not_an_event",
            Self::Schema => "schema",
            Self::RefusedByPlan => "refused_by_plan",
            Self::Warehouse => "warehouse",
        }
    }
}

/// All that is wrong with one record.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) faults: Vec<Fault>,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let fault = Fault {
            path: "$".to_owned(),
            rule: code.as_str().to_owned(),
            schema_version: None,
            message: message.into(),
        };
        Self {
            code,
            faults: vec![fault],
        }
    }

    pub(crate) fn schema(violations: Vec<Violation>) -> Self {
        Self {
            code: Code::Schema,
            faults: violations.into_iter().map(Fault::from).collect(),
        }
    }

    /// The record for `omni.rejected`, in the partition of the one refused, with all its headers.
    pub(crate) fn outgoing(self, record: &Record, origin: &Origin<'_>, config: &kafka::Config) -> Outgoing {
        let (value, value_encoding) = ValueEncoding::write(record.value());
        let mut rejected = Rejected {
            stage: STAGE.to_owned(),
            code: self.code.as_str().to_owned(),
            errors: self.faults,
            event_uuid: origin.event_uuid(),
            company_id: origin.company_id,
            source: Some(origin.source().to_owned()).filter(|source| !source.is_empty()),
            topic: Some(record.topic.name(config)),
            received_at: Some(clock::rfc3339_micro(origin.received_at_micro())),
            value,
            value_encoding,
        };
        let whole = sent(record, rejected.to_json());
        if whole.check(config).is_ok() {
            return whole;
        }
        let head = record
            .value()
            .get(..KEPT_BYTES_MAX)
            .unwrap_or_else(|| record.value());
        rejected.errors.truncate(1);
        rejected.errors.push(Fault {
            path: "$".to_owned(),
            rule: "too_large".to_owned(),
            schema_version: None,
            message: format!(
                "value of {} bytes is too large to be kept; its beginning is",
                record.value().len()
            ),
        });
        rejected.value = String::from_utf8_lossy(head).into_owned();
        rejected.value_encoding = ValueEncoding::Text;
        sent(record, rejected.to_json())
    }
}

fn sent(record: &Record, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: Topic::Rejected,
        placement: Placement::Partition(record.partition),
        key: record.key.clone(),
        payload: Some(payload),
        headers: record.headers.clone(),
    }
}
