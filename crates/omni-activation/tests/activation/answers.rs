//! What answers mean, as files: `tests/cases/<kind>/answers.json`.

use std::time::Duration;

use omni_activation::destination::{Event, Response, Verdict, Whose};
use serde::Deserialize;
use stage::outbound::StatusCode;
use stage::outbound::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::requests::{cases, destination};

const EVENT: Uuid = Uuid::from_u128(0xfeed_0000_0000_4000_8000_0000_0000_0002);

#[derive(Deserialize)]
struct Case {
    /// The case folder whose settings are in force.
    settings: String,
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    verdict: String,
}

fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Delivered => "delivered".to_owned(),
        Verdict::Retry {
            reason, after: None, ..
        } => format!("retry {reason}"),
        Verdict::Retry {
            reason,
            after: Some(after),
            ..
        } => format!("retry {reason} after {}", after.as_secs()),
        Verdict::GiveUp { reason } => format!("give up {reason}"),
        Verdict::Misconfigured { reason } => format!("misconfigured {reason}"),
    }
}

#[test]
fn every_answer_means_what_its_file_says() {
    for kind in ["http", "gtm_server", "ga4"] {
        let file = cases().join(kind).join("answers.json");
        let answers: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert!(answers.len() > 6);
        for case in answers {
            let destination = destination(&cases().join(kind).join(&case.settings));
            let mut headers = HeaderMap::new();
            for (name, value) in &case.headers {
                headers.insert(
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
            let status = StatusCode::from_u16(case.status).unwrap();
            let response = Response {
                status,
                headers: &headers,
                body: case.body.as_bytes(),
            };
            let verdict = destination.judge(
                &Event {
                    uuid: EVENT,
                    flat: b"{}",
                },
                &response,
            );
            assert_eq!(
                word(verdict),
                case.verdict,
                "{kind} {} {}",
                case.status,
                case.body
            );
        }
    }
    assert_eq!(
        word(Verdict::Retry {
            reason: "busy",
            after: Some(Duration::from_secs(3)),
            whose: Whose::Destination,
        }),
        "retry busy after 3"
    );
}
