//! The names of attributes: OpenTelemetry's where its semantic conventions have one, ours under `omni.`.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

pub(crate) const SERVICE_NAME: &str = "service.name";
pub(crate) const SERVICE_NAMESPACE: &str = "service.namespace";
pub(crate) const SERVICE_VERSION: &str = "service.version";
pub(crate) const SERVICE_INSTANCE: &str = "service.instance.id";

pub(crate) const SYSTEM: &str = "messaging.system";
pub(crate) const OPERATION_NAME: &str = "messaging.operation.name";
pub(crate) const OPERATION_TYPE: &str = "messaging.operation.type";
pub(crate) const DESTINATION: &str = "messaging.destination.name";
pub(crate) const PARTITION: &str = "messaging.destination.partition.id";
pub(crate) const GROUP: &str = "messaging.consumer.group.name";
pub(crate) const OFFSET: &str = "messaging.kafka.offset";
pub(crate) const METHOD: &str = "http.request.method";
pub(crate) const ROUTE: &str = "http.route";
pub(crate) const STATUS: &str = "http.response.status_code";
pub(crate) const DATABASE: &str = "db.system.name";
pub(crate) const TABLE: &str = "db.collection.name";
pub(crate) const ERROR: &str = "error.type";

pub(crate) const EVENT_UUID: &str = "omni.event.uuid";
pub(crate) const EVENT_KIND: &str = "omni.event.kind";
pub(crate) const EVENT_OBJECT: &str = "omni.event.object";
pub(crate) const EVENT_ACTION: &str = "omni.event.action";
pub(crate) const EVENT_SOURCE: &str = "omni.event.source";
pub(crate) const REPLAY: &str = "omni.replay";
pub(crate) const OUTCOME: &str = "omni.outcome";
pub(crate) const REASON: &str = "omni.reason";
pub(crate) const KEPT_BY: &str = "omni.kept_by";
pub(crate) const TEMPLATE: &str = "omni.template";
pub(crate) const TO: &str = "omni.destination";
pub(crate) const ATTEMPT: &str = "omni.attempt";

/// A text of a sender's is cut here, in bytes.
const TEXT_BYTES_MAX: usize = 128;

/// What an attribute says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Word(&'static str),
    Int(i64),
}

impl Value {
    /// Of a text that others wrote.
    pub(crate) fn text(text: &str) -> Self {
        let end = (0..=text.len().min(TEXT_BYTES_MAX))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        Self::Text(text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned())
    }
}

/// As it goes on the wire.
pub(crate) fn wire(key: &str, value: Value) -> KeyValue {
    let value = match value {
        Value::Text(text) => Any::StringValue(text),
        Value::Word(word) => Any::StringValue(word.to_owned()),
        Value::Int(number) => Any::IntValue(number),
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let long = "ü".repeat(TEXT_BYTES_MAX);
        assert_eq!(Value::text(&long), Value::Text("ü".repeat(TEXT_BYTES_MAX / 2)));
        let odd = format!("x{long}");
        assert_eq!(
            Value::text(&odd),
            Value::Text(format!("x{}", "ü".repeat(TEXT_BYTES_MAX / 2 - 1)))
        );
        assert_eq!(Value::text("deal"), Value::Text("deal".to_owned()));
    }
}
