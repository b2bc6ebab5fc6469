//! What the sender of flat events is told: how many were taken, and of each other one which it was and what is wrong.
//!
//! 200: all were taken. 207: some were. 422: none was; 400: the body is no JSON. In none of these cases is there anything to
//! gain by sending the same again: what was refused is in quarantine.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use event::outcome::Fault;
use serde::Serialize;
use uuid::Uuid;

use crate::accept::Accepted;

/// What is wrong with an event, as far as it is told; all of it stands in quarantine.
const ERRORS_TOLD_MAX: usize = 10;
const NOT_JSON: &str = "not_json";

/// What became of the events of a request that was taken.
#[derive(Debug, Serialize)]
pub(crate) struct Taken {
    accepted: usize,
    refused: Vec<RefusedEvent>,
}

/// An event that was not accepted.
#[derive(Debug, Serialize)]
struct RefusedEvent {
    /// Its place in the list, from 0.
    index: usize,
    code: &'static str,
    /// As `omni rejected show` finds it.
    quarantined_as: Uuid,
    errors: Vec<Told>,
    #[serde(skip_serializing_if = "is_zero")]
    more_errors: usize,
}

#[derive(Debug, Serialize)]
struct Told {
    path: String,
    rule: String,
    message: String,
}

// The signature serde asks for.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Taken {
    /// Of all events of a request, in their order.
    pub(crate) fn of(events: Vec<Accepted>) -> Taken {
        let count = events.len();
        let refused = events.into_iter().enumerate().filter_map(|(index, event)| {
            let why = event.quarantined?;
            let more_errors = why.faults.len().saturating_sub(ERRORS_TOLD_MAX);
            let told = why.faults.into_iter().take(ERRORS_TOLD_MAX).map(Told::from);
            Some(RefusedEvent {
                index,
                code: why.code,
                quarantined_as: event.event_uuid,
                errors: told.collect(),
                more_errors,
            })
        });
        let refused: Vec<_> = refused.collect();
        Taken {
            accepted: count - refused.len(),
            refused,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match (self.accepted, self.refused.first()) {
            (_, None) => StatusCode::OK,
            (0, Some(event)) if event.code == NOT_JSON => StatusCode::BAD_REQUEST,
            (0, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, Some(_)) => StatusCode::MULTI_STATUS,
        }
    }

    /// Why the first of those that were refused was, where none was taken.
    pub(crate) fn why_none(&self) -> Option<&'static str> {
        let first = self.refused.first().filter(|_| self.accepted == 0);
        first.map(|event| event.code)
    }
}

impl From<Fault> for Told {
    fn from(fault: Fault) -> Told {
        Told {
            path: fault.path,
            rule: fault.rule,
            message: fault.message,
        }
    }
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        (self.status(), Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::accept::Quarantined;

    fn event(code: Option<&'static str>, faults: usize) -> Accepted {
        let fault = |number| Fault {
            path: format!("$.key_{number}"),
            rule: "type".to_owned(),
            schema_version: Some("flat".to_owned()),
            message: "is no text".to_owned(),
        };
        Accepted {
            event_uuid: Uuid::from_u128(5),
            quarantined: code.map(|code| Quarantined {
                code,
                faults: (0..faults).map(fault).collect(),
            }),
        }
    }

    fn told(taken: &Taken) -> Value {
        serde_json::to_value(taken).unwrap()
    }

    #[test]
    fn the_status_says_whether_all_some_or_none_were_taken() {
        let status = |events: Vec<Accepted>| Taken::of(events).status().as_u16();
        assert_eq!(status(vec![]), 200);
        assert_eq!(status(vec![event(None, 0), event(None, 0)]), 200);
        assert_eq!(status(vec![event(None, 0), event(Some("not_flat"), 1)]), 207);
        assert_eq!(status(vec![event(Some("not_flat"), 1)]), 422);
        assert_eq!(status(vec![event(Some("company_not_allowed"), 1)]), 422);
        assert_eq!(status(vec![event(Some(NOT_JSON), 1)]), 400);
    }

    #[test]
    fn each_refused_event_is_told_by_its_place_with_what_is_wrong() {
        let taken = Taken::of(vec![event(None, 0), event(Some("not_flat"), 1)]);
        let errors = json!([{"path": "$.key_0", "rule": "type", "message": "is no text"}]);
        let refused =
            json!([{"index": 1, "code": "not_flat", "quarantined_as": Uuid::from_u128(5), "errors": errors}]);
        assert_eq!(told(&taken), json!({"accepted": 1, "refused": refused}));
        assert_eq!(taken.why_none(), None);
    }

    #[test]
    fn of_many_errors_some_are_told_and_the_rest_counted() {
        let taken = Taken::of(vec![event(Some("not_flat"), ERRORS_TOLD_MAX + 3)]);
        let told = told(&taken);
        let refused = told.pointer("/refused/0").unwrap();
        assert_eq!(
            refused.get("errors").unwrap().as_array().unwrap().len(),
            ERRORS_TOLD_MAX
        );
        assert_eq!(refused.get("more_errors"), Some(&json!(3)));
        assert_eq!(taken.why_none(), Some("not_flat"));
    }
}
