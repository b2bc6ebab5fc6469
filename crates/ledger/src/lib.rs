//! The ledger: what was accepted, held against what became of it (DESIGN 7).
//!
//! Each distinct (company, `event_uuid`) of kind `webhook` or `flat` that was accepted is loaded, rejected, filtered or in
//! flight; what is none of these is *missing*. Nothing is computed as a remainder: in flight is what was seen beyond each
//! group's committed offset. The collector is checked against its own count as well, for an event that never reached Kafka
//! leaves no trace but a number.
//!
//! Promises: Kafka is read in the direction of the data and the warehouse last, so an event that moves meanwhile is seen at
//! least once; no answer and no set grows beyond a named maximum ([`Error::TooMuch`] instead). Refuses: to guess. It writes
//! nothing.

mod asked;
mod book;
mod collectors;
mod cut;
mod error;
mod report;
mod tail;
mod watch;
pub mod way;

use std::collections::HashSet;
use std::time::Duration;

use kafka::Class;
use uuid::Uuid;
use warehouse::Warehouse;

pub use asked::{End, Known};
pub use book::Place;
pub use error::Error;
pub use report::{Cell, Collector, Counted, Double, Hole, Missing, Report, Row, Sent};
pub use watch::{Found, Watch};

use asked::{Asked, OPEN_LOOKUPS_MAX};
use book::Book;
use report::counted;

/// Most records read of all topics together, unless told otherwise: about 100 bytes of memory each.
const IN_FLIGHT_MAX: u64 = 2_000_000;
/// Times Kafka is asked before it counts as silent.
const ATTEMPTS_MAX: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// An event is of one company: two companies may have one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Event {
    pub company_id: u64,
    pub uuid: Uuid,
}

/// Where and when an event came in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub source: String,
    pub received_at_micro: i64,
}

/// A template that is loaded: `id/version`, and its base table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub template: String,
    pub table: String,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Events that were received since then.
    pub since_micro: i64,
    /// And before then; `i64::MAX`: up to now.
    pub until_micro: i64,
    /// The present time, microseconds since 1970.
    pub now_micro: i64,
    /// Only of this source.
    pub source: Option<String>,
}

/// Holds the two doors against each other.
#[derive(Debug, Clone)]
pub struct Ledger {
    kafka: kafka::Config,
    warehouse: Warehouse,
    loaded: Vec<Loaded>,
    in_flight_max: u64,
}

impl Ledger {
    /// `loaded`: the templates that the loader fills.
    pub fn new(kafka: kafka::Config, warehouse: Warehouse, loaded: Vec<Loaded>) -> Self {
        Self {
            kafka,
            warehouse,
            loaded,
            in_flight_max: IN_FLIGHT_MAX,
        }
    }

    /// Gives up when more records are in flight: for who looks often, beside other work.
    #[must_use]
    pub fn within(self, in_flight_max: u64) -> Self {
        Self {
            in_flight_max,
            ..self
        }
    }

    /// Looks at a period.
    ///
    /// # Errors
    /// [`Error`]: then nothing can be told.
    pub async fn look(&self, question: &Question) -> Result<Report, Error> {
        // Kafka first: what leaves it meanwhile is in the warehouse when that is asked.
        let tail = self.tail().await?;
        let asked = Asked::new(&self.warehouse, &self.loaded, question, tail.archived.clone());
        let book = self.book(&asked, &tail).await?;
        let (collectors, holes) = collectors::check(&asked, &tail).await?;
        let doubled = asked.doubled().await?;
        Ok(report::write(question, book, doubled, collectors, holes))
    }

    /// Counts the events of a period, and looks at nothing else.
    ///
    /// # Errors
    /// [`Error`]: then nothing can be told.
    pub(crate) async fn count(&self, question: &Question) -> Result<Vec<Counted>, Error> {
        let tail = self.tail().await?;
        let asked = Asked::new(&self.warehouse, &self.loaded, question, tail.archived.clone());
        Ok(counted(self.book(&asked, &tail).await?))
    }

    async fn book(&self, asked: &Asked<'_>, tail: &tail::Tail) -> Result<Book, Error> {
        let mut book = Book::default();
        for sent in [Sent::Live, Sent::Backfill] {
            self.events(sent, asked, tail, &mut book).await?;
        }
        Ok(book)
    }

    /// The events that some group has still before it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn moving(&self) -> Result<HashSet<Event>, Error> {
        Ok(self.tail().await?.moving)
    }

    /// A broker that just started, or a group that just moved to another, does not answer at once.
    async fn tail(&self) -> Result<tail::Tail, Error> {
        let mut attempt = 1;
        loop {
            let (config, templates, most) = (self.kafka.clone(), self.loaded.clone(), self.in_flight_max);
            let reading = tokio::task::spawn_blocking(move || tail::read(&config, &templates, most));
            match reading.await.map_err(Error::Part)? {
                Err(Error::Kafka(error)) if error.class() == Class::Retry && attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                read => return read,
            }
        }
    }

    /// What is on record of these events by now, in the order of the answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn known(&self, events: &[Event], now_micro: i64) -> Result<Vec<Known>, Error> {
        let question = Question {
            since_micro: 0,
            until_micro: i64::MAX,
            now_micro,
            source: None,
        };
        let asked = Asked::new(
            &self.warehouse,
            &self.loaded,
            &question,
            tail::Archived::default(),
        );
        asked.ends(Sent::Live, events, 0).await
    }

    /// What collectors accepted in one minute (seconds since 1970) that is in no archive by now.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn holes_of(&self, minute: i64) -> Result<Vec<Hole>, Error> {
        let question = Question {
            since_micro: minute * 1_000_000,
            until_micro: i64::MAX,
            now_micro: (minute + 60) * 1_000_000 + report::YOUNG_MICRO,
            source: None,
        };
        let asked = Asked::new(
            &self.warehouse,
            &self.loaded,
            &question,
            tail::Archived::default(),
        );
        let (_, holes) = collectors::check(&asked, &tail::Tail::default()).await?;
        Ok(holes)
    }

    async fn events(
        &self,
        sent: Sent,
        asked: &Asked<'_>,
        tail: &tail::Tail,
        book: &mut Book,
    ) -> Result<(), Error> {
        let mut open = Vec::new();
        for slice in cut::slices(&asked.minutes().await?) {
            for (event, arrival) in asked.slice(sent, slice, book).await? {
                if tail.moving.contains(&event) {
                    book.count(sent, event, &arrival, End::InFlight);
                } else {
                    open.push((slice.0, event, arrival));
                }
            }
        }
        // Ends beside the slice: doubles that came later, flat events that tell another time.
        let (looked_up, rest) = open.split_at(open.len().min(OPEN_LOOKUPS_MAX));
        let ids: Vec<Event> = looked_up.iter().map(|(_, event, _)| *event).collect();
        let ended = asked.ended(sent, &ids, &tail.moving).await?;
        for (from, event, arrival) in looked_up {
            let known = ended.get(event);
            if known.is_some_and(|known| known.is_accepted && known.received_at_micro < *from) {
                // It came first in an earlier slice, and counts there.
                continue;
            }
            let end = known.and_then(|known| known.end).unwrap_or(End::Missing);
            book.settle(sent, *event, arrival, end);
        }
        for (_, event, arrival) in rest {
            book.settle(sent, *event, arrival, End::Missing);
        }
        self.not_archived(sent, asked, tail, book).await
    }

    /// What was accepted and no archive has yet.
    async fn not_archived(
        &self,
        sent: Sent,
        asked: &Asked<'_>,
        tail: &tail::Tail,
        book: &mut Book,
    ) -> Result<(), Error> {
        let arrived: Vec<_> = tail
            .accepted
            .iter()
            .filter(|(_, (of, arrival))| *of == sent && asked.concerns(arrival))
            .collect();
        if arrived.len() > OPEN_LOOKUPS_MAX {
            return Err(Error::TooMuch {
                what: "events that are not archived yet",
                count: arrived.len() as u64,
                most: OPEN_LOOKUPS_MAX as u64,
            });
        }
        let ids: Vec<Event> = arrived.iter().map(|(event, _)| **event).collect();
        let known = asked.ended(sent, &ids, &tail.moving).await?;
        for (event, (_, arrival)) in arrived {
            let known = known.get(event);
            if known.is_some_and(|known| known.is_accepted) {
                continue;
            }
            let end = match known.and_then(|known| known.end) {
                Some(end) => end,
                None if tail.moving.contains(event) => End::InFlight,
                None => End::Missing,
            };
            book.settle(sent, *event, arrival, end);
        }
        Ok(())
    }
}
