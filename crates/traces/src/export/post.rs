//! One request of OTLP over HTTP: spans as protobuf, and what the answer means.

use std::collections::BTreeMap;
use std::error::Error;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;
use stage::Secret;
use stage::outbound::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use stage::outbound::{Addresses, Method, Outbound, OutboundSettings, StatusCode, Url};

use super::TracesError;
use crate::attribute::{self, Value, wire};
use crate::span::Span;

const PROTOBUF: &str = "application/x-protobuf";
/// An answer says a few words at most.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What instruments the stages is of the same version as they are.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a request came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// They were taken, but for so many.
    Taken { refused: u64 },
    /// Sent again they would be refused again.
    Refused { why: String },
    /// Later it may be otherwise.
    Away { why: String },
}

/// Posts to one receiver, as one service.
#[derive(Debug)]
pub(super) struct Post {
    outbound: Outbound,
    url: Url,
    headers: HeaderMap,
    resource: Resource,
}

impl Post {
    pub(super) fn new(url: Url, settings: &stage::Settings, service: &str) -> Result<Self, TracesError> {
        // It is the operator's own, beside Kafka and ClickHouse, and most often not on the internet.
        let outbound = OutboundSettings {
            call_max: settings.traces.call_max(),
            connect_max: settings.traces.call_max(),
            answer_bytes_max: ANSWER_BYTES_MAX,
            addresses: Addresses::Any,
            ..OutboundSettings::default()
        };
        Ok(Self {
            outbound: Outbound::new(outbound).map_err(TracesError::Client)?,
            url,
            headers: headers(&settings.traces.headers)?,
            resource: resource(service, &settings.instance),
        })
    }

    /// What is posted of these.
    pub(super) fn body(&self, spans: Vec<Span>) -> Vec<u8> {
        let scope = InstrumentationScope {
            name: "omni".to_owned(),
            version: VERSION.to_owned(),
            ..InstrumentationScope::default()
        };
        let spans = ScopeSpans {
            scope: Some(scope),
            spans: spans.into_iter().map(Span::into_wire).collect(),
            ..ScopeSpans::default()
        };
        let of_service = ResourceSpans {
            resource: Some(self.resource.clone()),
            scope_spans: vec![spans],
            ..ResourceSpans::default()
        };
        ExportTraceServiceRequest {
            resource_spans: vec![of_service],
        }
        .encode_to_vec()
    }

    pub(super) async fn send(&self, body: Vec<u8>) -> Answer {
        let request = self
            .outbound
            .request(Method::POST, self.url.clone())
            .headers(self.headers.clone())
            .body(body);
        match self.outbound.call(request).await {
            Ok(answer) => judge(answer.status, &answer.body),
            Err(error) => Answer::Away { why: told(&error) },
        }
    }
}

/// What an answer means (OTLP, *OTLP/HTTP Response*).
fn judge(status: StatusCode, body: &[u8]) -> Answer {
    if status.is_success() {
        let said = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let refused = said.partial_success.map_or(0, |partly| partly.rejected_spans);
        return Answer::Taken {
            refused: u64::try_from(refused).unwrap_or(0),
        };
    }
    let why = format!("it answered {status}");
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Answer::Away { why },
        _ => Answer::Refused { why },
    }
}

/// An error and its causes; none of them tells an address's query or a header.
fn told(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        line = format!("{line}: {because}");
        cause = because.source();
    }
    line
}

fn headers(set: &BTreeMap<String, Secret>) -> Result<HeaderMap, TracesError> {
    let mut headers = HeaderMap::new();
    for (name, secret) in set {
        let invalid = || TracesError::Header { name: name.clone() };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    Ok(headers)
}

fn resource(service: &str, instance: &str) -> Resource {
    let said = [
        (attribute::SERVICE_NAMESPACE, "omni"),
        (attribute::SERVICE_NAME, service),
        (attribute::SERVICE_VERSION, VERSION),
        (attribute::SERVICE_INSTANCE, instance),
    ];
    let attributes = said.into_iter().map(|(key, text)| wire(key, Value::text(text)));
    Resource {
        attributes: attributes.collect(),
        ..Resource::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_sent_again() {
        for (status, again) in [
            (429, true),
            (502, true),
            (503, true),
            (504, true),
            (400, false),
            (401, false),
            (404, false),
            (500, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(
                matches!(judge(status, b""), Answer::Away { .. }),
                again,
                "{status}"
            );
        }
        assert_eq!(
            judge(StatusCode::OK, b"not protobuf at all"),
            Answer::Taken { refused: 0 }
        );
        let partly = ExportTraceServiceResponse {
            partial_success: Some(
                opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess {
                    rejected_spans: 3,
                    error_message: String::new(),
                },
            ),
        };
        assert_eq!(
            judge(StatusCode::OK, &partly.encode_to_vec()),
            Answer::Taken { refused: 3 }
        );
    }

    #[test]
    fn a_header_that_is_none_is_told_by_its_name_alone() {
        let set = BTreeMap::from([("x-key".to_owned(), Secret::from("a\nb"))]);
        let said = headers(&set).map(drop).map_err(|error| error.to_string());
        assert!(
            said.as_ref()
                .is_err_and(|said| said.contains("x-key") && !said.contains('\n')),
            "{said:?}"
        );
    }
}
