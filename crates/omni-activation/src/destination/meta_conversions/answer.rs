//! What Meta's answers mean, by the codes of the Graph API
//! (<https://developers.facebook.com/docs/graph-api/guides/error-handling>, `…/overview/rate-limiting`, and the Marketing API's
//! `error-reference`). The status says little: a wrong token, a limit and a wrong event may all be 400.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use stage::outbound::header::HeaderMap;

use crate::destination::answered::retry_after;
use crate::destination::conversion::{alike, judge_wordless};
use crate::destination::{Judged, Response, Told, Verdict, Whose};

/// When the business is let in again, by its accounts.
const USAGE_HEADER: &str = "x-business-use-case-usage";
/// The object is not there, or not for this token.
const NOT_THERE: i64 = 33;
const MINUTE_SECONDS: u64 = 60;

#[derive(Default, Deserialize)]
struct Answer {
    events_received: Option<usize>,
    error: Option<Fault>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    code: i64,
    error_subcode: Option<i64>,
    message: String,
    error_user_title: String,
    error_user_msg: String,
    is_transient: bool,
    fbtrace_id: String,
}

#[derive(Deserialize)]
struct Usage {
    /// Minutes.
    #[serde(default)]
    estimated_time_to_regain_access: u64,
}

/// The same for all: Meta takes all events of a request, or none.
pub(super) fn judge(events: usize, response: &Response<'_>) -> Judged {
    let answer: Answer = serde_json::from_slice(response.body).unwrap_or_default();
    if let Some(fault) = answer.error {
        let told = Told {
            verdict: fault.verdict(response),
            answer: fault.words(),
        };
        return alike(events, told);
    }
    if response.status.is_success() && answer.events_received == Some(events) {
        return Verdict::Delivered.into();
    }
    judge_wordless(response).into()
}

impl Fault {
    fn verdict(&self, response: &Response<'_>) -> Verdict {
        let retry = |reason, whose| Verdict::Retry {
            reason,
            after: retry_after(response.headers).or_else(|| regained(response.headers)),
            whose,
        };
        match self.code {
            102 | 104 | 190 => Verdict::Misconfigured {
                reason: "unauthorized",
            },
            3 | 10 | 200..=299 => Verdict::Misconfigured { reason: "forbidden" },
            100 if self.error_subcode == Some(NOT_THERE) => Verdict::Misconfigured { reason: "not_there" },
            803 | 2_500 => Verdict::Misconfigured { reason: "not_there" },
            4 | 17 | 32 | 341 | 368 | 613 | 80_000..=80_014 => retry("busy", Whose::Destination),
            2 => retry("unavailable", Whose::Destination),
            // Meta's own fault, or it does not know: it may be the event that it fails by.
            1 => retry("server_error", Whose::Event),
            code if code < 0 || self.is_transient => retry("server_error", Whose::Event),
            100 => Verdict::GiveUp { reason: "refused" },
            _ => judge_wordless(response),
        }
    }

    /// What a person wants to read first.
    fn words(&self) -> String {
        let subcode = self.error_subcode.map(|subcode| format!("/{subcode}"));
        let parts = [
            format!("{} ({}{})", self.message, self.code, subcode.unwrap_or_default()),
            self.error_user_title.clone(),
            self.error_user_msg.clone(),
            self.fbtrace_id.clone(),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(": ")
    }
}

/// The longest time until it takes calls again, as the answer's headers tell.
fn regained(headers: &HeaderMap) -> Option<Duration> {
    let told = headers.get(USAGE_HEADER)?.to_str().ok()?;
    let usage: BTreeMap<String, Vec<Usage>> = serde_json::from_str(told).ok()?;
    let minutes = usage.into_values().flatten();
    let minutes = minutes.map(|usage| usage.estimated_time_to_regain_access).max()?;
    (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(MINUTE_SECONDS)))
}
