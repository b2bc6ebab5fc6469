//! Hands what waits in the spool to Kafka, lane by lane, each in its order.
//!
//! A lane that Kafka does not take holds back no other. While Kafka is away the client tries again by itself; the
//! pauses here are for what it refuses.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use stage::Shutdown;
use stage::backoff::{Backoff, Limits};
use tokio::task::JoinSet;

use crate::Error;
use crate::lane::{Lane, Next};
use crate::lanes::Lanes;
use crate::spool::{Entry, Spooled};

/// Records read at once, and their bytes, but for one record.
const READ_RECORDS: usize = 100;
const READ_BYTES: usize = 1024 * 1024;
const REFUSED: Limits = Limits {
    initial: Duration::from_millis(100),
    pause_max: Duration::from_secs(2),
    attempts_max: None,
};

/// Drains all lanes until a stop is requested; what is left stays on the disk.
pub(crate) async fn run(lanes: Arc<Lanes>, shutdown: Shutdown) -> Result<(), Error> {
    let mut drains = JoinSet::new();
    for lane in lanes.all() {
        drains.spawn(drain(Arc::clone(lane), shutdown.clone()));
    }
    while let Some(ended) = drains.join_next().await {
        ended.map_err(Error::Part)?;
    }
    Ok(())
}

async fn drain(lane: Arc<Lane>, shutdown: Shutdown) {
    let mut backoff = Backoff::new(REFUSED);
    while !shutdown.is_requested() {
        match lane.next(READ_RECORDS) {
            Next::Send(entries) => {
                if send(&lane, entries).await {
                    backoff.reset();
                } else if !backoff.pause(&shutdown).await {
                    return;
                }
            }
            Next::Pause => {
                if backoff.attempts() == 0 {
                    tracing::warn!("kafka does not take records of the spool, trying again");
                }
                if !backoff.pause(&shutdown).await {
                    return;
                }
                lane.paused();
            }
            Next::Wait => tokio::select! {
                () = lane.changed.notified() => {}
                () = shutdown.requested() => return,
            },
        }
    }
}

/// Sends some of a lane; `false` when the first of them did not go.
async fn send(lane: &Arc<Lane>, entries: Vec<(u64, Entry)>) -> bool {
    let reading = Arc::clone(lane);
    let read = tokio::task::spawn_blocking(move || read(&reading, entries)).await;
    let mut went = false;
    for (number, spooled) in read.unwrap_or_default() {
        match spooled {
            Ok(Some(spooled)) if lane.send(number, &spooled.record) => went = true,
            Ok(Some(_)) => return went,
            Ok(None) => {
                lane.ways.metrics.spool_corrupt.inc();
                lane.skip(number);
                went = true;
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot read the spool, trying again"
                );
                return went;
            }
        }
    }
    went
}

type Read = (u64, io::Result<Option<Spooled>>);

fn read(lane: &Lane, entries: Vec<(u64, Entry)>) -> Vec<Read> {
    let mut bytes = 0;
    let mut read = Vec::with_capacity(entries.len());
    for (number, entry) in entries {
        let spooled = lane.ways.spool.read(entry.place);
        bytes += spooled
            .as_ref()
            .map_or(0, |it| it.as_ref().map_or(0, |it| it.record.bytes()));
        read.push((number, spooled));
        if bytes > READ_BYTES {
            break;
        }
    }
    read
}
