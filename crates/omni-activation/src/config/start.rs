//! Where a new destination begins.

use event::moment;
use kafka::admin::Beginning;
use serde::{Deserialize, Serialize};

const MICROS_PER_MILLI: i64 = 1_000;

/// A place in the stream of flat events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Start {
    /// The first event that Kafka holds.
    #[default]
    Beginning,
    /// The next that comes.
    End,
    /// The first of this time or later, in microseconds since 1970.
    At(i64),
}

impl Start {
    /// Where Kafka places the group; none: who was never placed begins at the beginning.
    pub(crate) fn place(self) -> Option<Beginning> {
        match self {
            Self::Beginning => None,
            Self::End => Some(Beginning::End),
            Self::At(at_micro) => Some(Beginning::At {
                timestamp_ms: at_micro / MICROS_PER_MILLI,
            }),
        }
    }
}

/// What is no place.
#[derive(Debug, thiserror::Error)]
#[error("is neither `beginning`, `end` nor a time such as 2026-02-03T10:20:30Z")]
pub struct NoPlace;

impl TryFrom<String> for Start {
    type Error = NoPlace;

    fn try_from(text: String) -> Result<Self, NoPlace> {
        match text.as_str() {
            "beginning" => Ok(Self::Beginning),
            "end" => Ok(Self::End),
            time => moment::parse(time).map(Self::At).ok_or(NoPlace),
        }
    }
}

impl From<Start> for String {
    fn from(start: Start) -> Self {
        match start {
            Start::Beginning => "beginning".to_owned(),
            Start::End => "end".to_owned(),
            Start::At(at_micro) => moment::to_rfc3339(at_micro),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_start_is_a_word_or_a_time() {
        for (text, place) in [
            ("beginning", None),
            ("end", Some(Beginning::End)),
            (
                "1970-01-01T00:00:07Z",
                Some(Beginning::At { timestamp_ms: 7_000 }),
            ),
        ] {
            let start = Start::try_from(text.to_owned()).unwrap();
            assert_eq!(start.place(), place);
            assert_eq!(Start::try_from(String::from(start)).unwrap(), start);
        }
        assert!(Start::try_from("yesterday".to_owned()).is_err());
    }
}
