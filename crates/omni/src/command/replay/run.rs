//! One replay: page by page, leave out, send in order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use event::erasure::ERASED_BODY;
use event::moment;
use futures::{StreamExt as _, TryStreamExt as _};
use kafka::{Outgoing, Producer};
use ledger::{Event, Ledger};
use omni_collector::Source;
use stage::Shutdown;
use template::{Contract, Template};
use tokio::time::Instant;
use warehouse::Warehouse;

use super::candidates::{self, Accepted, Candidate, From};
use super::meter::Meter;
use super::outgoing;
use super::tally::{IsDry, LeftOut, Tally};
use crate::command::filter::Filter;
use crate::command::refused::{self, Period, Place};

/// Records on their way to Kafka at once.
const IN_FLIGHT_MAX: usize = 500;
/// Events of one replay: each is remembered, so that one that came twice is sent once.
const EVENTS_MAX: usize = 5_000_000;
/// Events that are made ready and sent together: their bodies are in memory.
const SENT_TOGETHER: usize = 100;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Stopped,
}

/// What a replay needs.
pub(super) struct Run {
    pub(super) from: From,
    pub(super) filter: Filter,
    pub(super) since_micro: i64,
    pub(super) warehouse: Warehouse,
    pub(super) ledger: Ledger,
    pub(super) templates: Vec<Arc<Template>>,
    pub(super) sources: BTreeMap<String, Source>,
    /// What a flat event must be.
    pub(super) contract: Contract,
    /// What stands in the header `replay`.
    pub(super) header: String,
    /// `None`: nothing is sent.
    pub(super) producer: Option<Producer>,
    pub(super) events_per_second: u64,
    pub(super) shutdown: Shutdown,
}

impl Run {
    /// Goes through all there was when it began.
    pub(super) async fn all(&self) -> anyhow::Result<(Tally, End)> {
        let is_dry = if self.producer.is_some() {
            IsDry::No
        } else {
            IsDry::Yes
        };
        let mut tally = Tally::dry(is_dry);
        let period = Period {
            since_micro: self.since_micro,
            until_micro: self.servers_time().await?,
        };
        // What was archived by then and is not at its end was on Kafka by then.
        let moving = self.ledger.moving().await?;
        let (mut seen, mut after, mut meter) = (HashSet::new(), Place::default(), Meter::new());
        loop {
            let (page, next) =
                candidates::page(&self.warehouse, self.from, &self.filter, period, after).await?;
            if page.is_empty() {
                return Ok((tally, End::Done));
            }
            after = next;
            let fresh: Vec<Candidate> = page
                .into_iter()
                .filter(|candidate| seen.insert(candidate.event))
                .collect();
            ensure!(
                seen.len() <= EVENTS_MAX,
                "more than {EVENTS_MAX} events: replay them in parts, with --since and --where"
            );
            let wanted = self.without_loaded(fresh, &mut tally).await?;
            for some in wanted.chunks(SENT_TOGETHER) {
                let begun = Instant::now();
                let records = self.records(some, &moving, &mut tally).await?;
                let events = records.len();
                self.send(records).await?;
                meter.show(
                    seen.len() as u64,
                    tally.sent_all(),
                    &moment::to_rfc3339(after.at_micro),
                );
                if !self.pace(events, begun).await {
                    return Ok((tally, End::Stopped));
                }
            }
        }
    }

    /// Rows say when they were archived in the server's time.
    async fn servers_time(&self) -> anyhow::Result<i64> {
        let now: Vec<(i64,)> = self
            .warehouse
            .select("SELECT toUnixTimestamp64Micro(now64(6))", &[])
            .await?;
        Ok(now.first().context("clickhouse does not tell the time")?.0)
    }

    /// What the collector refused has no id of its own yet, and is asked about later.
    async fn without_loaded(
        &self,
        candidates: Vec<Candidate>,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<Candidate>> {
        let known = candidates
            .iter()
            .filter(|candidate| candidate.unaccepted.is_none());
        let subjects: Vec<_> = known.map(Subject::of_candidate).collect();
        let loaded = self.loaded(&subjects).await?;
        let mut wanted = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            if candidate.unaccepted.is_none() && loaded.contains(&candidate.event) {
                tally.left_out(LeftOut::Loaded);
            } else {
                wanted.push(candidate);
            }
        }
        Ok(wanted)
    }

    /// Events that every template which is for them has; what no template is for is never loaded.
    async fn loaded(&self, subjects: &[Subject]) -> anyhow::Result<HashSet<Event>> {
        let mut lacking: HashSet<Event> = HashSet::new();
        let mut picked: HashSet<Event> = HashSet::new();
        for template in &self.templates {
            let own: Vec<Event> = subjects
                .iter()
                .filter(|subject| template.picks(&subject.object, &subject.action))
                .map(|subject| subject.event)
                .collect();
            let there = candidates::loaded(&self.warehouse, template.base_table(), &own).await?;
            lacking.extend(own.iter().filter(|event| !there.contains(event)));
            picked.extend(own);
        }
        picked.retain(|event| !lacking.contains(event));
        Ok(picked)
    }

    /// The records to send, in order.
    async fn records(
        &self,
        candidates: &[Candidate],
        moving: &HashSet<Event>,
        tally: &mut Tally,
    ) -> anyhow::Result<Vec<Outgoing>> {
        let (anew, again): (Vec<&Candidate>, Vec<&Candidate>) = candidates
            .iter()
            .partition(|candidate| candidate.unaccepted.is_some());
        let mut anew = self.anew(&anew, tally).await?;
        let mut again = candidates::accepted(&self.warehouse, &again).await?;
        let mut records = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let made = if candidate.unaccepted.is_some() {
                // Why not is counted already.
                let Some(made) = anew.remove(&candidate.event) else {
                    continue;
                };
                made
            } else if let Some(made) = again.remove(&candidate.event) {
                made
            } else {
                tally.left_out(LeftOut::NotArchived);
                continue;
            };
            if made.body == ERASED_BODY.as_bytes() {
                tally.left_out(LeftOut::Erased);
                continue;
            }
            if moving.contains(&event_of(&made)) {
                tally.left_out(LeftOut::InFlight);
                continue;
            }
            let headers = &made.headers;
            let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
            tally.sent(
                &headers.source,
                &format!("{} {}", word(&headers.object), word(&headers.action)),
            );
            records.push(outgoing::again(made, &self.header));
        }
        Ok(records)
    }

    /// What the collector refused and would take now, by the id it was refused under.
    async fn anew(
        &self,
        candidates: &[&Candidate],
        tally: &mut Tally,
    ) -> anyhow::Result<HashMap<Event, Accepted>> {
        let refusals: Vec<_> = candidates
            .iter()
            .filter_map(|candidate| candidate.unaccepted.as_ref())
            .collect();
        let wholes = refused::records(&self.warehouse, &refusals).await?;
        let mut made = HashMap::new();
        for ((candidate, refused), whole) in candidates.iter().zip(&refusals).zip(wholes) {
            let (Some(whole), Ok(kind)) = (whole, refused.kind.parse()) else {
                tally.left_out(LeftOut::NotArchived);
                continue;
            };
            let source = self.sources.get(&candidate.source);
            match outgoing::anew(&whole, kind, source, &self.contract, &self.header) {
                Some(accepted) => drop(made.insert(candidate.event, accepted)),
                None => tally.left_out(LeftOut::StillRefused),
            }
        }
        // By the id it really has: Pipedrive may have sent it again meanwhile.
        let subjects: Vec<Subject> = made.values().map(Subject::of_accepted).collect();
        let loaded = self.loaded(&subjects).await?;
        made.retain(|_, accepted| {
            let is_loaded = loaded.contains(&event_of(accepted));
            if is_loaded {
                tally.left_out(LeftOut::Loaded);
            }
            !is_loaded
        });
        Ok(made)
    }

    /// In the order they have: an entity's events must not overtake each other.
    async fn send(&self, records: Vec<Outgoing>) -> anyhow::Result<()> {
        let Some(producer) = &self.producer else {
            return Ok(());
        };
        futures::stream::iter(records)
            .map(|record| producer.send(record))
            .buffered(IN_FLIGHT_MAX)
            .try_for_each(|_| std::future::ready(Ok(())))
            .await
            .context("kafka did not take the events; the same command sends the rest")
    }

    /// Holds the rate; false when a stop was requested.
    async fn pace(&self, events: usize, begun: Instant) -> bool {
        let takes = if self.producer.is_some() {
            Duration::from_secs_f64(events as f64 / self.events_per_second as f64)
        } else {
            Duration::ZERO
        };
        tokio::select! {
            biased;
            () = self.shutdown.requested() => false,
            () = tokio::time::sleep_until(begun + takes) => true,
        }
    }
}

/// What a template is asked about.
#[derive(Debug)]
struct Subject {
    event: Event,
    object: String,
    action: String,
}

impl Subject {
    fn of_candidate(candidate: &Candidate) -> Self {
        Self {
            event: candidate.event,
            object: candidate.object.clone(),
            action: candidate.action.clone(),
        }
    }

    fn of_accepted(accepted: &Accepted) -> Self {
        Self {
            event: event_of(accepted),
            object: accepted.headers.object.clone().unwrap_or_default(),
            action: accepted.headers.action.clone().unwrap_or_default(),
        }
    }
}

fn event_of(accepted: &Accepted) -> Event {
    let company = accepted.key.split(':').next();
    Event {
        company_id: company.and_then(|company| company.parse().ok()).unwrap_or(0),
        uuid: accepted.headers.event_uuid,
    }
}
