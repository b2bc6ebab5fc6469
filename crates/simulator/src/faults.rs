//! Troubles that a test can switch on: `PUT /simulator/faults`.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::edge;

/// What is wrong with a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    #[default]
    None,
    /// 429 of the rolling two seconds.
    Burst,
    /// 429 of the day.
    Daily,
    /// The edge's 403, an HTML page.
    Banned,
    /// 503.
    Down,
    /// 200 with half a body.
    Malformed,
    /// A right answer, `slow_ms` late.
    Slow,
}

/// The troubles of each service; what is left out is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    pub api: Trouble,
    pub gtm: Trouble,
    pub verifier: Trouble,
    pub slow_ms: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            api: Trouble::None,
            gtm: Trouble::None,
            verifier: Trouble::None,
            slow_ms: 2_000,
        }
    }
}

impl Trouble {
    /// Waits where the trouble is slowness; gives the answer that takes the place of the right one.
    pub(crate) async fn answer(self, slow: Duration) -> Option<Response> {
        let limited = |name: &'static str, left: &'static str| {
            let body = r#"{"success":false,"error":"Rate limit exceeded","errorCode":429}"#;
            let headers = [
                (CONTENT_TYPE.as_str(), "application/json"),
                (name, left),
                ("x-ratelimit-reset", "2"),
            ];
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        };
        match self {
            Self::None => None,
            Self::Slow => {
                tokio::time::sleep(slow).await;
                None
            }
            Self::Burst => Some(limited("x-ratelimit-remaining", "0")),
            Self::Daily => Some(limited("x-daily-ratelimit-token-remaining", "0")),
            Self::Banned => Some(edge::blocked()),
            Self::Down => Some((StatusCode::SERVICE_UNAVAILABLE, "").into_response()),
            Self::Malformed => {
                let json = [(CONTENT_TYPE, "application/json")];
                Some((StatusCode::OK, json, r#"{"success":true,"data":{"id":"#).into_response())
            }
        }
    }
}
