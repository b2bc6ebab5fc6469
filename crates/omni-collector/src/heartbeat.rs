//! The heartbeat: on every partition of `omni.raw`, at an interval, what this collector has accepted.
//!
//! It passes every stage to the warehouse, so silence can be told from failure and the collector's own count
//! can be held against what arrived (DESIGN 3). What the spool took counts as accepted: it was answered 2xx.
//! What one could not tell the next tells again, so none is spooled; but the newest of a start that Kafka did not
//! hear is kept beside the spool, and told by the next start: so the events it spooled are counted as well.
//! A minute is told once none of its events waits in the spool any more: a count that comes before them would look
//! like a loss.

mod kept;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use event::{Headers, Kind, identity};
use futures::future::join_all;
use kafka::{Outgoing, Placement, Topic};
use serde::Serialize;
use stage::{Shutdown, clock};

use crate::Error;
use crate::accept::Acceptor;
use crate::count::{Count, Statement};
use kept::Kept;

/// What stands in the header `source`: a heartbeat is of no configured source (their names hold no dot).
const SOURCE: &str = "omni.collector";

/// Between two heartbeats, at most, while there is more to tell: a spool may soon be empty.
const DRAINING: Duration = Duration::from_secs(1);

/// When and where.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) interval: Duration,
    pub(crate) partitions: i32,
    /// Where the newest that was not heard is kept.
    pub(crate) folder: PathBuf,
}

/// A heartbeat's value.
#[derive(Debug, Serialize)]
struct Beat<'a> {
    instance: &'a str,
    boot: &'a str,
    /// RFC 3339.
    at: String,
    interval_ms: u128,
    /// The last number given by this boot.
    last: u64,
    counts: Vec<BeatCount<'a>>,
    /// Numbers for which no 2xx was sent: ranges, first and last.
    unanswered: &'a [(u64, u64)],
}

#[derive(Debug, Serialize)]
struct BeatCount<'a> {
    source: &'a str,
    /// Start of the minute, RFC 3339.
    minute: String,
    accepted: u64,
    rejected: u64,
}

/// Beats until a stop is requested, and once more then: the last count must not be lost.
pub(crate) async fn run(
    acceptor: Arc<Acceptor>,
    count: Arc<Count>,
    settings: Settings,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let (mut number, mut earlier) = (0, kept::of_earlier(&settings.folder, count.boot()).await);
    let started_micro = clock::now_micro();
    loop {
        let last = shutdown.is_requested();
        number += 1;
        let (_, oldest) = acceptor.lanes.spooled();
        if acceptor.is_open() && oldest.is_none_or(|oldest| oldest >= started_micro) {
            tell_earlier(&acceptor, &settings, &mut earlier).await;
        }
        let is_told = beat(&acceptor, &count, &settings, number).await;
        if last {
            return Ok(());
        }
        let pause = if is_told && earlier.is_empty() {
            settings.interval
        } else {
            settings.interval.min(DRAINING)
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = acceptor.opened(), if !acceptor.is_open() => {}
            () = shutdown.requested() => {}
        }
    }
}

/// Tells what is accepted and on its way, and keeps what is left of it where the next start finds it. Whether nothing is left.
async fn beat(acceptor: &Acceptor, count: &Count, settings: &Settings, number: u64) -> bool {
    let at_micro = clock::now_micro();
    let beat_of = |statement: &Statement| Kept {
        instance: count.instance().to_owned(),
        boot: count.boot().to_owned(),
        number,
        at_micro,
        value: value(count, statement, at_micro, settings.interval),
    };
    let (_, oldest) = acceptor.lanes.spooled();
    let told = count.statement(at_micro, oldest);
    let is_told = acceptor.is_open() && send(acceptor, settings, &beat_of(&told)).await;
    if is_told {
        count.delivered(told.version);
    }
    let is_whole = is_told && !told.holds_back;
    if is_whole {
        kept::forget(&settings.folder, count.boot()).await;
    } else {
        kept::keep(&settings.folder, beat_of(&count.statement(at_micro, None))).await;
    }
    is_whole
}

/// Tells what earlier starts could not; what is heard is told no more.
async fn tell_earlier(acceptor: &Acceptor, settings: &Settings, earlier: &mut Vec<Kept>) {
    while let Some(beat) = earlier.first() {
        if !send(acceptor, settings, beat).await {
            return;
        }
        kept::forget(&settings.folder, &beat.boot).await;
        earlier.remove(0);
    }
}

/// Sends a heartbeat to every partition; whether all took it.
async fn send(acceptor: &Acceptor, settings: &Settings, beat: &Kept) -> bool {
    let records = (0..settings.partitions).map(|partition| (partition, record(beat, partition)));
    let sent = join_all(records.map(|(partition, record)| acceptor.beat(partition, record))).await;
    let taken = sent.iter().filter(|taken| **taken).count();
    acceptor.count_heartbeats(taken, sent.len() - taken);
    taken == sent.len()
}

fn value(count: &Count, statement: &Statement, at_micro: i64, interval: Duration) -> String {
    let counts = statement.minutes.iter().map(|minute| BeatCount {
        source: &minute.source,
        minute: clock::rfc3339_micro(minute.minute_micro),
        accepted: minute.accepted,
        rejected: minute.rejected,
    });
    let beat = Beat {
        instance: count.instance(),
        boot: count.boot(),
        at: clock::rfc3339_micro(at_micro),
        interval_ms: interval.as_millis(),
        last: statement.last,
        counts: counts.collect(),
        unanswered: &statement.unanswered,
    };
    // Texts and numbers only: this cannot fail.
    serde_json::to_string(&beat).unwrap_or_default()
}

fn record(beat: &Kept, partition: i32) -> Outgoing {
    let uuid = identity::uuid_of_heartbeat(&beat.instance, &beat.boot, partition, beat.number);
    let headers = Headers::new(uuid, Kind::Heartbeat, SOURCE, beat.at_micro);
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::Partition(partition),
        key: format!("heartbeat:{}:{partition}", beat.instance).into_bytes(),
        payload: Some(beat.value.clone().into_bytes()),
        headers: headers.to_pairs().into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::count::MinuteCount;

    /// What travels on a topic has a schema and examples; this one is written here.
    #[test]
    fn a_heartbeat_is_as_its_example_says() {
        let minute = |minute_micro, accepted, rejected| MinuteCount {
            source: "crm".to_owned(),
            minute_micro,
            accepted,
            rejected,
        };
        let at_micro = 1_770_114_045_000_250;
        let statement = Statement {
            last: 41,
            minutes: vec![
                minute(1_770_113_940_000_000, 30, 2),
                minute(1_770_114_000_000_000, 0, 0),
            ],
            unanswered: vec![(3, 9), (12, 12)],
            version: 0,
            holds_back: false,
        };
        let count = Count::new("0", std::iter::empty());
        let written = value(&count, &statement, at_micro, Duration::from_secs(15));
        let mut written: serde_json::Value = serde_json::from_str(&written).unwrap();
        written["boot"] = "1770113845000000".into();
        let example = include_str!("../../../schemas/examples/heartbeat/two-minutes.json");
        let example: serde_json::Value = serde_json::from_str(example).unwrap();
        assert_eq!(written, example);
    }
}
