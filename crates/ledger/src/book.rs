//! Counts by source and hour.

use std::collections::BTreeMap;

use crate::asked::End;
use crate::report::{Cell, Missing, Sent};
use crate::{Arrival, Event};

const HOUR: i64 = 3_600;

/// Missing events that are listed by their ids; more are only counted.
const MISSING_LISTED_MAX: usize = 10_000;

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// By source and start of the hour, seconds since 1970.
    pub(crate) cells: BTreeMap<(Sent, String, i64), Cell>,
    pub(crate) missing: Vec<Missing>,
    /// First arrival of the event that has been in flight for the longest time.
    pub(crate) oldest_in_flight_micro: Option<i64>,
}

impl Book {
    pub(crate) fn add(&mut self, sent: Sent, source: &str, hour: i64, end: End, events: u64) {
        let cell = self.cells.entry((sent, source.to_owned(), hour)).or_default();
        cell.accepted += events;
        *match end {
            End::Loaded => &mut cell.loaded,
            End::Rejected => &mut cell.rejected,
            End::Filtered => &mut cell.filtered,
            End::InFlight => &mut cell.in_flight,
            End::Missing => &mut cell.missing,
        } += events;
    }

    pub(crate) fn count(&mut self, sent: Sent, arrival: &Arrival, end: End) {
        if end == End::InFlight {
            let oldest = self.oldest_in_flight_micro.unwrap_or(i64::MAX);
            self.oldest_in_flight_micro = Some(oldest.min(arrival.received_at_micro));
        }
        self.add(sent, &arrival.source, hour(arrival), end, 1);
    }

    /// As [`Book::count`]; a missing one is listed.
    pub(crate) fn settle(&mut self, sent: Sent, event: Event, arrival: &Arrival, end: End) {
        self.count(sent, arrival, end);
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

fn hour(arrival: &Arrival) -> i64 {
    let second = arrival.received_at_micro.div_euclid(1_000_000);
    second - second.rem_euclid(HOUR)
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
        book.add(Sent::Live, "crm", 7_200, End::Loaded, 40);
        for end in [End::Rejected, End::Filtered, End::InFlight, End::Missing] {
            book.settle(Sent::Live, event, &arrival, end);
        }
        let cell = book.cells.get(&(Sent::Live, "crm".to_owned(), 7_200)).unwrap();
        assert_eq!(cell.accepted, 44);
        assert_eq!(
            cell.accepted,
            cell.loaded + cell.rejected + cell.filtered + cell.in_flight + cell.missing
        );
        assert_eq!(book.missing.len(), 1);
        assert_eq!(book.oldest_in_flight_micro, Some(arrival.received_at_micro));
    }
}
