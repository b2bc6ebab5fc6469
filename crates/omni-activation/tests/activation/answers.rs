//! What answers mean, as files: `tests/cases/<kind>/answers.json`.

use std::time::Duration;

use omni_activation::destination::{Judged, Response, Said, Verdict, Whose};
use serde::Deserialize;
use stage::outbound::StatusCode;
use stage::outbound::header::{HeaderMap, HeaderName, HeaderValue};

use crate::requests::{cases, destination, folders, said};

#[derive(Deserialize)]
struct Case {
    /// The case folder whose settings are in force.
    settings: String,
    status: u16,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// Of all events of the case, or of each.
    verdict: Expected,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Expected {
    All(String),
    Each(Vec<String>),
}

impl From<Judged> for Expected {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::All(verdict) => Self::All(word(verdict)),
            Judged::Each(told) => Self::Each(
                told.into_iter()
                    .map(|told| {
                        format!("{} {}", word(told.verdict), told.answer)
                            .trim()
                            .to_owned()
                    })
                    .collect(),
            ),
        }
    }
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
    for kind in folders(&cases()) {
        let answers: Vec<Case> =
            serde_json::from_slice(&std::fs::read(kind.join("answers.json")).unwrap()).unwrap();
        assert!(answers.len() > 6, "{} has few answers", kind.display());
        for case in answers {
            let folder = kind.join(&case.settings);
            let destination = destination(&folder);
            let mut headers = HeaderMap::new();
            for (name, value) in &case.headers {
                headers.insert(
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
            let response = Response {
                status: StatusCode::from_u16(case.status).unwrap(),
                headers: &headers,
                body: case.body.as_bytes(),
            };
            let said = said(&destination, &folder).unwrap();
            let judged = destination
                .protocol()
                .judge(&said.iter().collect::<Vec<&Said>>(), &response);
            let (judged, place) = (Expected::from(judged), kind.display());
            assert_eq!(judged, case.verdict, "{place} {} {}", case.status, case.body);
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
