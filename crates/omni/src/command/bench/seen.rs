//! What came out of the enricher, and when: read by a thread of the bench as any later stage would.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kafka::{Health, PlainConsumer, Record, Topic};
use serde::Deserialize;
use uuid::Uuid;

use super::figures::Latencies;

const POLL_WAIT: Duration = Duration::from_millis(20);
const RECORDS_MAX: usize = 10_000;

/// The events seen. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Events>>);

#[derive(Debug, Default)]
struct Events {
    acknowledged: HashMap<Uuid, Instant>,
    came: HashMap<Uuid, Came>,
    doubled: u64,
    /// What was missing at first, and in how many.
    missing: BTreeMap<String, u64>,
    deals: u64,
    /// Records of any revision.
    records: u64,
}

#[derive(Debug, Clone, Copy)]
struct Came {
    at: Instant,
    /// Whether it lacked something at first, and lacks something now.
    incomplete: bool,
    missing: bool,
}

/// What of an enriched event matters here.
#[derive(Debug, Deserialize)]
struct Enriched {
    request: Request,
}

#[derive(Debug, Deserialize)]
struct Request {
    meta: Meta,
}

#[derive(Debug, Deserialize)]
struct Meta {
    revision: u8,
    #[serde(default)]
    missing: Vec<String>,
}

impl Seen {
    /// Reads from now on; whether something is missing only where that is asked for, since it costs.
    pub(super) fn watch(config: &kafka::Config, in_depth: bool) -> Result<Self> {
        let mut consumer = PlainConsumer::from_end(config, &[Topic::Enriched], Health::new())
            .context("reading omni.enriched")?;
        let seen = Self::default();
        let watched = Arc::downgrade(&seen.0);
        std::thread::Builder::new()
            .name("seen".to_owned())
            .spawn(move || {
                while let Some(events) = watched.upgrade() {
                    match consumer.poll(RECORDS_MAX, POLL_WAIT) {
                        Ok(records) => note(&events, &records, in_depth),
                        Err(error) => return eprintln!("bench: omni.enriched cannot be read: {error}"),
                    }
                }
            })?;
        Ok(seen)
    }

    fn lock(&self) -> MutexGuard<'_, Events> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The broker has this event; it is measured from here.
    pub(super) fn acknowledged(&self, uuid: Uuid) {
        self.lock().acknowledged.insert(uuid, Instant::now());
    }

    /// Different events that came.
    pub(super) fn events(&self) -> u64 {
        self.lock().came.len() as u64
    }

    /// Events that came more than once as complete as before.
    pub(super) fn doubled(&self) -> u64 {
        self.lock().doubled
    }

    /// Different events of deals that came.
    pub(super) fn deals(&self) -> u64 {
        self.lock().deals
    }

    /// Grows with every record.
    pub(super) fn stand(&self) -> u64 {
        self.lock().records
    }

    /// What was missing at first, and in how many events.
    pub(super) fn missing_at_first(&self) -> BTreeMap<String, u64> {
        self.lock().missing.clone()
    }

    pub(super) fn incomplete(&self) -> usize {
        self.lock().came.values().filter(|came| came.incomplete).count()
    }

    pub(super) fn still_missing(&self) -> usize {
        self.lock().came.values().filter(|came| came.missing).count()
    }

    /// From the acknowledgement to the first sight: of events complete at once, and of the others.
    pub(super) fn latencies(&self) -> Result<(Latencies, Latencies)> {
        let (mut complete, mut incomplete) = (Latencies::new()?, Latencies::new()?);
        let events = self.lock();
        for (uuid, acknowledged) in &events.acknowledged {
            let Some(came) = events.came.get(uuid) else {
                continue;
            };
            let latencies = if came.incomplete {
                &mut incomplete
            } else {
                &mut complete
            };
            latencies.record(came.at.saturating_duration_since(*acknowledged));
        }
        Ok((complete, incomplete))
    }
}

fn note(events: &Mutex<Events>, records: &[Record], in_depth: bool) {
    let at = Instant::now();
    let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
    for record in records {
        let uuid = record.header("event-uuid").and_then(|uuid| uuid.parse().ok());
        let Some(uuid) = uuid.filter(|_| record.header("kind") == Some("webhook")) else {
            continue;
        };
        events.records += 1;
        let (revision, missing) = if in_depth {
            looked_into(record)
        } else {
            (0, Vec::new())
        };
        match events.came.get_mut(&uuid) {
            Some(came) if revision > 0 => came.missing = !missing.is_empty(),
            Some(_) => events.doubled += 1,
            None => {
                let came = Came {
                    at,
                    incomplete: !missing.is_empty(),
                    missing: !missing.is_empty(),
                };
                events.came.insert(uuid, came);
                events.deals += u64::from(record.header("object") == Some("deal"));
                for what in missing {
                    *events.missing.entry(what).or_default() += 1;
                }
            }
        }
    }
}

fn looked_into(record: &Record) -> (u8, Vec<String>) {
    let read = serde_json::from_slice::<Enriched>(record.value());
    read.map_or_else(
        |_| (0, Vec::new()),
        |event| (event.request.meta.revision, event.request.meta.missing),
    )
}
