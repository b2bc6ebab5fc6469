//! What an invocation brings: one flat event or a list of them, or the HTTP request of a function URL that has such a
//! body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::Caller;

/// An invocation's events, and whom to answer.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) caller: Caller,
    pub(crate) events: Result<Vec<Value>, Unusable>,
}

/// Why nothing can be made of a payload, also not the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the payload is neither a JSON object nor a list")]
    NoEvents,
    #[error("only POST is taken")]
    Method,
    #[error("the request has no body")]
    NoBody,
    #[error("the body is not base64 of UTF-8 text")]
    Encoding,
    #[error("the body is not JSON")]
    NotJson,
}

/// What of a function URL's request matters (payload format 2.0).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UrlRequest {
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

impl Payload {
    /// Reads what the runtime handed over.
    pub(crate) fn read(payload: Value) -> Payload {
        // A flat event has no `requestContext`, whatever its origin: it has no nested key.
        if payload.get("requestContext").is_none() {
            return Payload {
                caller: Caller::Invoke,
                events: events(payload),
            };
        }
        let request = serde_json::from_value::<UrlRequest>(payload);
        Payload {
            caller: Caller::Url,
            events: request.map_err(|_| Unusable::NoEvents).and_then(posted),
        }
    }
}

impl Unusable {
    /// The status for a function URL.
    pub(crate) fn status(self) -> u16 {
        match self {
            Unusable::Method => 405,
            Unusable::NoEvents | Unusable::NoBody | Unusable::Encoding | Unusable::NotJson => 400,
        }
    }
}

fn posted(request: UrlRequest) -> Result<Vec<Value>, Unusable> {
    if request.request_context.http.method != "POST" {
        return Err(Unusable::Method);
    }
    let body = request
        .body
        .filter(|body| !body.is_empty())
        .ok_or(Unusable::NoBody)?;
    let body = if request.is_base64_encoded {
        let bytes = STANDARD.decode(body).map_err(|_| Unusable::Encoding)?;
        String::from_utf8(bytes).map_err(|_| Unusable::Encoding)?
    } else {
        body
    };
    serde_json::from_str(&body)
        .map_err(|_| Unusable::NotJson)
        .and_then(events)
}

fn events(payload: Value) -> Result<Vec<Value>, Unusable> {
    match payload {
        Value::Array(events) => Ok(events),
        Value::Object(_) => Ok(vec![payload]),
        _ => Err(Unusable::NoEvents),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn url(method: &str, body: &Value, is_base64_encoded: bool) -> Value {
        json!({
            "version": "2.0", "rawPath": "/", "headers": { "content-type": "application/json" },
            "requestContext": { "http": { "method": method, "path": "/" } },
            "body": body, "isBase64Encoded": is_base64_encoded,
        })
    }

    #[test]
    fn an_object_is_one_event_and_a_list_is_many() {
        let one = Payload::read(json!({ "event_id": 1 }));
        assert_eq!((one.caller, one.events.unwrap().len()), (Caller::Invoke, 1));
        let many = Payload::read(json!([{}, {}, 3]));
        assert_eq!((many.caller, many.events.unwrap().len()), (Caller::Invoke, 3));
    }

    #[test]
    fn a_function_url_brings_the_same_in_its_body() {
        for payload in [
            url("POST", &json!(r#"[{"event_id":1}]"#), false),
            url("POST", &json!("W3siZXZlbnRfaWQiOjF9XQ=="), true),
        ] {
            let read = Payload::read(payload);
            assert_eq!(read.caller, Caller::Url);
            assert_eq!(read.events.unwrap(), [json!({ "event_id": 1 })]);
        }
    }

    #[test]
    fn what_has_no_events_says_why() {
        for (payload, why) in [
            (json!("text"), Unusable::NoEvents),
            (json!({ "requestContext": 1 }), Unusable::NoEvents),
            (url("GET", &json!(null), false), Unusable::Method),
            (url("POST", &json!(null), false), Unusable::NoBody),
            (url("POST", &json!(""), false), Unusable::NoBody),
            (url("POST", &json!("{"), false), Unusable::NotJson),
            (url("POST", &json!("%"), true), Unusable::Encoding),
            (url("POST", &json!("/w=="), true), Unusable::Encoding),
            (url("POST", &json!("1"), false), Unusable::NoEvents),
        ] {
            assert_eq!(
                Payload::read(payload.clone()).events.unwrap_err(),
                why,
                "{payload}"
            );
        }
    }
}
