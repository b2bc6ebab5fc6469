//! What an answer of `/events/flat` means: taken, never to be taken, or to be sent again.

use serde::Deserialize;
use serde_json::{Map, Value};
use stage::outbound::{Answer, header};

use crate::answer::Refused;
use crate::batch::Batch;
use crate::failure::Failure;

const RETRY_AFTER_CHARS_MAX: usize = 40;

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) taken: usize,
    pub(crate) refused: Vec<Refused>,
}

/// What Omni lists.
#[derive(Deserialize)]
struct Listed {
    refused: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// Place in the post, from 0.
    index: usize,
    #[serde(flatten)]
    why: Map<String, Value>,
}

/// Judges an answer to a batch. Only what Omni lists is about an event: another 4xx is about the request, and loses none.
pub(super) fn judge(answer: &Answer, batch: &Batch) -> Result<Verdict, Failure> {
    let status = answer.status;
    match (status.as_u16(), batch.indexes.as_slice()) {
        (200..=299, indexes) => Ok(listed(answer, batch).unwrap_or(Verdict {
            taken: indexes.len(),
            refused: vec![],
        })),
        (401 | 403, _) => Err(Failure::Token { status }),
        (413, [index]) => Ok(Verdict {
            taken: 0,
            refused: vec![Refused::because(*index, "the event is larger than omni takes")],
        }),
        (413, indexes) => Err(Failure::TooLarge {
            bytes: batch.body.len(),
            events: indexes.len(),
        }),
        (408 | 425 | 429 | 500.., _) => Err(Failure::TryAgain {
            status,
            retry_after: retry_after(answer),
        }),
        _ => listed(answer, batch).ok_or(Failure::NoIntake { status }),
    }
}

/// The events that Omni names as refused; the others are taken.
fn listed(answer: &Answer, batch: &Batch) -> Option<Verdict> {
    let listed: Listed = serde_json::from_slice(&answer.body).ok()?;
    let refused: Option<Vec<Refused>> = listed
        .refused
        .into_iter()
        .map(|entry| {
            let index = *batch.indexes.get(entry.index)?;
            Some(Refused {
                index,
                why: entry.why,
            })
        })
        .collect();
    let refused = refused?;
    Some(Verdict {
        taken: batch.indexes.len().checked_sub(refused.len())?,
        refused,
    })
}

fn retry_after(answer: &Answer) -> Option<String> {
    let pause = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    (pause.len() <= RETRY_AFTER_CHARS_MAX).then(|| pause.to_owned())
}

#[cfg(test)]
mod tests;
