//! Counts by company, source and minute.

use std::collections::BTreeMap;

use crate::asked::End;
use crate::report::{Cell, Missing, Sent};
use crate::{Arrival, Event};

const MINUTE: i64 = 60;

/// Missing events that are listed by their ids; more are only counted.
const MISSING_LISTED_MAX: usize = 10_000;

/// Where and when events came in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub sent: Sent,
    pub company_id: u64,
    pub source: String,
    /// Its start, seconds since 1970.
    pub minute: i64,
}

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) cells: BTreeMap<Place, Cell>,
    pub(crate) missing: Vec<Missing>,
    /// First arrival of the event that has been in flight for the longest time.
    pub(crate) oldest_in_flight_micro: Option<i64>,
}

impl Book {
    pub(crate) fn add(&mut self, place: Place, end: End, events: u64) {
        let cell = self.cells.entry(place).or_default();
        cell.accepted += events;
        *match end {
            End::Loaded => &mut cell.loaded,
            End::Rejected => &mut cell.rejected,
            End::Filtered => &mut cell.filtered,
            End::InFlight => &mut cell.in_flight,
            End::Missing => &mut cell.missing,
        } += events;
    }

    pub(crate) fn count(&mut self, sent: Sent, event: Event, arrival: &Arrival, end: End) {
        if end == End::InFlight {
            let oldest = self.oldest_in_flight_micro.unwrap_or(i64::MAX);
            self.oldest_in_flight_micro = Some(oldest.min(arrival.received_at_micro));
        }
        let place = Place {
            sent,
            company_id: event.company_id,
            source: arrival.source.clone(),
            minute: minute(arrival.received_at_micro),
        };
        self.add(place, end, 1);
    }

    /// As [`Book::count`]; a missing one is listed.
    pub(crate) fn settle(&mut self, sent: Sent, event: Event, arrival: &Arrival, end: End) {
        self.count(sent, event, arrival, end);
        if end == End::Missing && self.missing.len() < MISSING_LISTED_MAX {
            self.missing.push(Missing {
                sent,
                source: arrival.source.clone(),
                company_id: event.company_id,
                event_uuid: event.uuid,
                received_at_micro: arrival.received_at_micro,
            });
        }
    }
}

/// The start of the minute, seconds since 1970.
pub(crate) fn minute(micro: i64) -> i64 {
    let second = micro.div_euclid(1_000_000);
    second - second.rem_euclid(MINUTE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_accepted_event_has_exactly_one_end() {
        let mut book = Book::default();
        let arrival = Arrival {
            source: "crm".to_owned(),
            received_at_micro: 7_200_000_001,
        };
        let event = Event {
            company_id: 7,
            uuid: Uuid::from_u128(1),
        };
        let place = Place {
            sent: Sent::Live,
            company_id: 7,
            source: "crm".to_owned(),
            minute: 7_200,
        };
        book.add(place.clone(), End::Loaded, 40);
        for end in [End::Rejected, End::Filtered, End::InFlight, End::Missing] {
            book.settle(Sent::Live, event, &arrival, end);
        }
        let cell = book.cells.get(&place).unwrap();
        assert_eq!(cell.accepted, 44);
        assert_eq!(
            cell.accepted,
            cell.loaded + cell.rejected + cell.filtered + cell.in_flight + cell.missing
        );
        assert_eq!(book.missing.len(), 1);
        assert_eq!(book.oldest_in_flight_micro, Some(arrival.received_at_micro));
    }
}
