//! Reads `omni.flat` from where the events may be, and puts those that are meant there again.

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use event::Headers;
use governor::{Quota, RateLimiter};
use kafka::admin::{self, Places};
use kafka::{Outgoing, Placement, Producer, Record, Topic};
use stage::Shutdown;
use tokio::sync::mpsc::{Sender, channel};

use super::candidates::{Candidate, Candidates};

/// Records read ahead of what is sent.
const READ_AHEAD_MAX: usize = 256;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Stopped,
}

/// What it came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) sent: u64,
    /// Of these, events that the destination has already.
    pub(super) again: u64,
    /// Given up, and by the settings in force not for it, or no more in Kafka.
    pub(super) gone: u64,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events to send", self.sent)?;
        if self.again > 0 {
            write!(f, ", {} of which the destination has already", self.again)?;
        }
        if self.gone > 0 {
            write!(
                f,
                "; {} more were given up that are not for it any more, or not in Kafka (`omni replay --raw --deliver` sends from the archive, to all)",
                self.gone
            )?;
        }
        Ok(())
    }
}

/// One going through the topic.
#[derive(Debug)]
pub(super) struct Resend {
    pub(super) kafka: kafka::Config,
    pub(super) candidates: Arc<Candidates>,
    /// None: nothing is sent.
    pub(super) producer: Option<Producer>,
    pub(super) header: String,
    pub(super) events_per_second: u32,
    pub(super) shutdown: Shutdown,
}

impl Resend {
    /// Goes through all there was when it began.
    pub(super) async fn all(&self) -> anyhow::Result<(Counted, End)> {
        let mut counted = Counted::default();
        let (sender, mut picked) = channel(READ_AHEAD_MAX);
        let (kafka, candidates) = (self.kafka.clone(), Arc::clone(&self.candidates));
        let reading = tokio::task::spawn_blocking(move || read(&kafka, &candidates, &sender));
        let pace =
            NonZeroU32::new(self.events_per_second).map(|most| RateLimiter::direct(Quota::per_second(most)));
        while let Some((candidate, record)) = picked.recv().await {
            if self.shutdown.is_requested() {
                return Ok((counted, End::Stopped));
            }
            if let Some(producer) = &self.producer {
                if let Some(pace) = &pace {
                    pace.until_ready().await;
                }
                producer.send(self.outgoing(&record)?).await?;
            }
            counted.sent += 1;
            counted.again += u64::from(candidate.is_there);
        }
        reading.await??;
        let wanted = self.candidates.wanted().unwrap_or_default() as u64;
        counted.gone = wanted.saturating_sub(counted.sent);
        Ok((counted, End::Done))
    }

    /// The same record, in the same partition: an entity's events keep their order.
    fn outgoing(&self, record: &Record) -> anyhow::Result<Outgoing> {
        let mut headers = Headers::from_pairs(&record.headers)?;
        headers.replay = Some(self.header.clone());
        // What happens now is no part of what happened then: whoever reads it begins a trace of its own.
        headers.traceparent = None;
        Ok(Outgoing {
            topic: Topic::Flat,
            placement: Placement::Partition(record.partition),
            key: record.key.clone(),
            payload: record.payload.clone(),
            headers: headers.to_pairs().into(),
        })
    }
}

/// Hands on what is picked, as long as anybody takes it. A record of a transaction that was given up is the same event as the
/// one that followed it.
fn read(
    kafka: &kafka::Config,
    candidates: &Candidates,
    picked: &Sender<(Candidate, Record)>,
) -> Result<(), kafka::Error> {
    let from = match candidates.since_ms() {
        Some(since_ms) => admin::since(kafka, Topic::Flat, since_ms)?,
        None => beginnings(kafka)?,
    };
    let stretch = admin::stretch(kafka, Topic::Flat, &from)?;
    let mut seen = HashSet::new();
    admin::read_stretch(kafka, &stretch, |record| {
        if let Some(candidate) = candidates.pick(&record, &mut seen) {
            // Who went away wants no more.
            let _ = picked.blocking_send((candidate, record));
        }
    })
}

fn beginnings(kafka: &kafka::Config) -> Result<Places, kafka::Error> {
    let places = admin::ends(kafka, Topic::Flat, None)?;
    Ok(places.into_keys().map(|partition| (partition, 0)).collect())
}
