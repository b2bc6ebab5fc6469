//! What an invocation is answered: how many events Omni has, and which it will never have.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::failure::{Failure, chain};
use crate::payload::Unusable;

/// Who invoked the function, and so what an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The Invoke API: the answer is the function's result.
    Invoke,
    /// A function URL: the answer is an HTTP response.
    Url,
}

/// What became of an invocation's events.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    /// How many Omni took.
    pub(crate) taken: usize,
    /// Those it will never take.
    pub(crate) refused: Vec<Refused>,
    /// Keys that are none of the flat event and were left out; a few of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<String>,
}

/// An event that is not wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Refused {
    /// Its place in the payload, from 0.
    pub(crate) index: usize,
    /// Why: Omni's own words where it said any.
    #[serde(flatten)]
    pub(crate) why: Map<String, Value>,
}

impl Refused {
    /// Refused with a sentence.
    pub(crate) fn because(index: usize, reason: &str) -> Self {
        let why = Map::from_iter([("reason".to_owned(), Value::from(reason))]);
        Refused { index, why }
    }
}

impl Answer {
    /// For a payload of which nothing can be made.
    pub(crate) fn unusable(why: Unusable) -> Answer {
        Answer {
            refused: vec![Refused::because(0, &why.to_string())],
            ..Answer::default()
        }
    }

    /// 200 where Omni took something or nothing was wrong; 422 where everything is refused.
    pub(crate) fn status(&self) -> u16 {
        if self.taken == 0 && !self.refused.is_empty() {
            422
        } else {
            200
        }
    }

    /// As the caller expects it; `status` is for a function URL.
    pub(crate) fn told_to(&self, caller: Caller, status: u16) -> Value {
        let told = json!(self);
        match caller {
            Caller::Invoke => told,
            Caller::Url => response(status, &told, None),
        }
    }
}

/// A failure for a function URL, where nothing can be thrown: it would be a 502 without a word.
pub(crate) fn failed(failure: &Failure) -> Value {
    let told = json!({ "error": failure.kind(), "message": chain(failure) });
    response(failure.status(), &told, failure.retry_after())
}

/// An HTTP response in payload format 2.0.
fn response(status: u16, told: &Value, retry_after: Option<&str>) -> Value {
    let mut headers = json!({ "content-type": "application/json" });
    if let (Some(pause), Some(headers)) = (retry_after, headers.as_object_mut()) {
        headers.insert("retry-after".to_owned(), Value::from(pause));
    }
    json!({ "statusCode": status, "headers": headers, "body": told.to_string() })
}
