//! What a new installation is told, and its test event: for people on the page itself, never for an embed or a key.
//! Only a request that another site cannot make sends one.
use axum::Json;
use axum::extract::State;

use super::{Refused, Service};
use crate::api::{Setup, SetupSource, TestSent};
use crate::setup::{NotSent, TestEvent};

/// What is to be done with the test deal. A body of JSON is what a form of another site cannot post.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    event: TestEvent,
}

pub(super) async fn told(State(service): State<Service>) -> Json<Setup> {
    let source = service.setup.address().map(|(url, name, user)| SetupSource {
        name: name.to_owned(),
        url,
        user: user.to_owned(),
    });
    Json(Setup {
        sources: source.into_iter().collect(),
        test_company: service.setup.test_company().map(|company| company.to_string()),
    })
}

pub(super) async fn test_event(
    State(service): State<Service>,
    Json(asked): Json<Asked>,
) -> Result<Json<TestSent>, Refused> {
    let sent = service.setup.send(asked.event).await;
    let event_uuid = sent.map_err(|error| match error {
        NotSent::NotConfigured => Refused::not_found(&error.to_string()),
        NotSent::Busy | NotSent::Unreachable(_) | NotSent::Refused(_) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a test event could not be sent"
            );
            Refused::busy(&error.to_string())
        }
    })?;
    Ok(Json(TestSent {
        event_uuid: event_uuid.to_string(),
    }))
}
