//! What the ledger says.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use event::{Kind, moment};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::Question;
use crate::book::{Book, Place, minute};

/// Seconds.
const HOUR: i64 = 3_600;
/// What is missing may be so young without being a gap: clocks differ.
pub(crate) const YOUNG_MICRO: i64 = 60_000_000;

/// How events came: their history is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    /// Kinds `webhook` and `flat`.
    Live,
    /// Kind `backfill`.
    Backfill,
}

impl Sent {
    pub(crate) fn kinds(self) -> Vec<String> {
        let kinds: &[Kind] = match self {
            Self::Live => &[Kind::Webhook, Kind::Flat],
            Self::Backfill => &[Kind::Backfill],
        };
        kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
    }
}

/// Events of one source and hour. The first is the sum of the next five.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub accepted: u64,
    pub loaded: u64,
    pub rejected: u64,
    pub filtered: u64,
    pub in_flight: u64,
    pub missing: u64,
    /// Rows too many.
    pub doubled: u64,
}

/// Events of one company, source and minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub place: Place,
    pub cell: Cell,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub sent: Sent,
    pub source: String,
    /// Its start, seconds since 1970.
    #[serde(serialize_with = "rfc3339_of_seconds")]
    pub hour: i64,
    #[serde(flatten)]
    pub cell: Cell,
}

/// An accepted event that is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub sent: Sent,
    pub source: String,
    pub company_id: u64,
    pub event_uuid: Uuid,
    #[serde(rename = "received_at", serialize_with = "rfc3339")]
    pub received_at_micro: i64,
}

/// A (company, `event_uuid`, revision) with more than one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Double {
    pub template: String,
    pub source: String,
    pub company_id: u64,
    pub event_uuid: Uuid,
    pub revision: u8,
    #[serde(rename = "received_at", serialize_with = "rfc3339")]
    pub received_at_micro: i64,
    pub rows: u64,
}

/// Accepted by a collector's own count, and in no archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hole {
    pub source: String,
    /// Its start, seconds since 1970.
    #[serde(serialize_with = "rfc3339_of_seconds")]
    pub minute: i64,
    pub instance: String,
    pub boot: String,
    pub events: u64,
    /// Numbers of this collector's life that lack thereabouts, first and last.
    pub numbers: Vec<(u64, u64)>,
}

/// One life of one collector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collector {
    pub instance: String,
    pub boot: String,
    #[serde(rename = "heartbeat_at", serialize_with = "rfc3339")]
    pub heartbeat_at_micro: i64,
    /// By its own count, in the minutes that can be held against the archives.
    pub accepted: u64,
    /// Numbers of those minutes in the archives, or on their way there.
    pub archived: u64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    #[serde(rename = "since", serialize_with = "rfc3339")]
    pub since_micro: i64,
    #[serde(rename = "at", serialize_with = "rfc3339")]
    pub at_micro: i64,
    /// First arrival of the event that has been in flight for the longest time.
    #[serde(
        rename = "oldest_in_flight",
        serialize_with = "rfc3339_if",
        skip_serializing_if = "Option::is_none"
    )]
    pub oldest_in_flight_micro: Option<i64>,
    pub rows: Vec<Row>,
    /// The same by company and minute.
    #[serde(skip)]
    pub counted: Vec<Counted>,
    /// Not all of them when there are very many; the rows count all.
    pub missing: Vec<Missing>,
    pub doubled: Vec<Double>,
    pub collectors: Vec<Collector>,
    pub holes: Vec<Hole>,
}

impl Report {
    /// All rows of one kind together.
    pub fn total(&self, sent: Sent) -> Cell {
        let mut total = Cell::default();
        for Row { cell, .. } in self.rows.iter().filter(|row| row.sent == sent) {
            total += *cell;
        }
        total
    }

    /// Nothing is missing for longer than a minute, nothing is there twice, and every collector's count agrees.
    pub fn is_balanced(&self) -> bool {
        self.missing.iter().all(|missing| self.is_young(missing))
            && self.doubled.is_empty()
            && self.holes.is_empty()
    }

    /// Whether what is missing came so lately that it may still be on its way: clocks differ.
    pub fn is_young(&self, missing: &Missing) -> bool {
        self.at_micro - missing.received_at_micro < YOUNG_MICRO
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.loaded += other.loaded;
        self.rejected += other.rejected;
        self.filtered += other.filtered;
        self.in_flight += other.in_flight;
        self.missing += other.missing;
        self.doubled += other.doubled;
    }
}

pub(crate) fn counted(book: Book) -> Vec<Counted> {
    let cells = book.cells.into_iter();
    cells.map(|(place, cell)| Counted { place, cell }).collect()
}

/// Of all companies together.
fn by_hour(counted: &[Counted]) -> Vec<Row> {
    let mut hours: BTreeMap<(Sent, &str, i64), Cell> = BTreeMap::new();
    for Counted { place, cell } in counted {
        let hour = place.minute - place.minute.rem_euclid(HOUR);
        *hours.entry((place.sent, &place.source, hour)).or_default() += *cell;
    }
    let rows = hours.into_iter();
    rows.map(|((sent, source, hour), cell)| Row {
        sent,
        source: source.to_owned(),
        hour,
        cell,
    })
    .collect()
}

pub(crate) fn write(
    question: &Question,
    book: Book,
    doubled: Vec<Double>,
    collectors: Vec<Collector>,
    holes: Vec<Hole>,
) -> Report {
    let mut book = book;
    for double in &doubled {
        let place = Place {
            sent: Sent::Live,
            company_id: double.company_id,
            source: double.source.clone(),
            minute: minute(double.received_at_micro),
        };
        book.cells.entry(place).or_default().doubled += double.rows - 1;
    }
    let oldest_in_flight_micro = book.oldest_in_flight_micro;
    let mut missing = std::mem::take(&mut book.missing);
    let counted = counted(book);
    missing.sort_by_key(|missing| (missing.received_at_micro, missing.company_id, missing.event_uuid));
    Report {
        since_micro: question.since_micro,
        at_micro: question.now_micro,
        oldest_in_flight_micro,
        rows: by_hour(&counted),
        counted,
        missing,
        doubled,
        collectors,
        holes,
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn rfc3339<S: Serializer>(micro: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment::to_rfc3339(*micro))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn rfc3339_of_seconds<S: Serializer>(second: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    rfc3339(&(second * 1_000_000), serializer)
}

#[expect(clippy::ref_option, reason = "serde hands the field as it is")]
fn rfc3339_if<S: Serializer>(micro: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    rfc3339(&micro.unwrap_or_default(), serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            since_micro: 0,
            until_micro: i64::MAX,
            now_micro: 100 * YOUNG_MICRO,
            source: None,
        }
    }

    fn missing_since(age_micro: i64) -> Report {
        let mut book = Book::default();
        book.missing.push(Missing {
            sent: Sent::Live,
            source: "crm".to_owned(),
            company_id: 7,
            event_uuid: Uuid::from_u128(1),
            received_at_micro: question().now_micro - age_micro,
        });
        write(&question(), book, Vec::new(), Vec::new(), Vec::new())
    }

    #[test]
    fn a_gap_is_what_is_missing_for_longer_than_a_minute() {
        assert!(missing_since(YOUNG_MICRO - 1).is_balanced());
        assert!(!missing_since(YOUNG_MICRO).is_balanced());
    }

    #[test]
    fn a_double_counts_its_rows_too_many_under_its_source_and_hour() {
        let double = Double {
            template: "t/1".to_owned(),
            source: "crm".to_owned(),
            company_id: 7,
            event_uuid: Uuid::from_u128(1),
            revision: 0,
            received_at_micro: 3_600_000_001,
            rows: 3,
        };
        let report = write(&question(), Book::default(), vec![double], Vec::new(), Vec::new());
        assert!(!report.is_balanced());
        assert_eq!(report.total(Sent::Live).doubled, 2);
        assert_eq!(report.rows.first().map(|row| row.hour), Some(3_600));
    }
}
