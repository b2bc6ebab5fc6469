//! What can be wrong with a destination: what every platform may meet, and what each says in words of its own.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::PERCENT_MAX;

/// How much a flood sends.
const FLOOD_BYTES: usize = 200 << 20;
const FLOOD_PIECE: &[u8] = &[b' '; 64 << 10];

/// What is wrong with a destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum DestinationTrouble {
    #[default]
    None,
    /// Too many requests, in the platform's words.
    Throttled,
    /// Something went wrong inside, in the platform's words: it may work in a moment.
    Error,
    /// The credentials are not taken, in the platform's words.
    Unauthorized,
    /// The credentials are known and may not do this, in the platform's words.
    Forbidden,
    /// Lambda: the function throws. Elsewhere as `error`.
    Function,
    /// The status that `status` names, and no body.
    Status,
    /// 503 and no body.
    Down,
    /// The connection ends in the middle of the answer; nothing was taken.
    Cut,
    /// Takes what was sent; the connection ends in the middle of the answer.
    Lost,
    /// 200 with half a body.
    Malformed,
    /// 200 with 200 MB of spaces.
    Flood,
    /// A right answer, `slow_ms` late.
    Slow,
}

/// A destination's trouble, and how many requests meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationFault {
    pub trouble: DestinationTrouble,
    /// The share of requests that meet it, evenly spread.
    pub percent: u8,
    /// What `status` answers.
    pub status: u16,
}

impl Default for DestinationFault {
    fn default() -> Self {
        Self {
            trouble: DestinationTrouble::None,
            percent: PERCENT_MAX,
            status: 418,
        }
    }
}

impl DestinationFault {
    pub(crate) fn refusal(self) -> Option<&'static str> {
        match self.trouble {
            _ if self.percent > PERCENT_MAX => Some("a percent is at most 100"),
            DestinationTrouble::Status if !(200..=599).contains(&self.status) => {
                Some("a status is from 200 to 599")
            }
            _ => None,
        }
    }
}

/// What one request meets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met {
    pub trouble: DestinationTrouble,
    pub status: u16,
    pub slow: Duration,
}

impl Met {
    /// Waits where the trouble is slowness; gives the answer that takes the place of the right one where every
    /// platform would give the same.
    pub(crate) async fn answer(self) -> Option<Response> {
        match self.trouble {
            DestinationTrouble::Slow => {
                tokio::time::sleep(self.slow).await;
                None
            }
            DestinationTrouble::Status => {
                let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::IM_A_TEAPOT);
                Some(status.into_response())
            }
            DestinationTrouble::Down => Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            DestinationTrouble::Cut => Some(super::cut()),
            DestinationTrouble::Malformed => Some(super::malformed()),
            DestinationTrouble::Flood => Some(flood()),
            DestinationTrouble::None
            | DestinationTrouble::Throttled
            | DestinationTrouble::Error
            | DestinationTrouble::Unauthorized
            | DestinationTrouble::Forbidden
            | DestinationTrouble::Function
            | DestinationTrouble::Lost => None,
        }
    }

    /// Ends the connection after everything else was done, where that is the trouble.
    pub(crate) fn after(self, answer: Response) -> Response {
        match self.trouble {
            DestinationTrouble::Lost => super::cut(),
            _ => answer,
        }
    }
}

fn flood() -> Response {
    let piece = || Ok::<_, std::io::Error>(Bytes::from_static(FLOOD_PIECE));
    let pieces = stream::repeat_with(piece).take(FLOOD_BYTES / FLOOD_PIECE.len());
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(pieces)).into_response()
}
