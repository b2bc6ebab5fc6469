//! Every way a record may take through a lane.
#![allow(clippy::unwrap_used)]

use kafka::{Placement, Topic};
use tokio::sync::oneshot::Receiver;

use super::*;
use crate::spool::Place;

fn entry(offset: u32) -> Entry {
    Entry {
        place: Place::at(1, offset),
        at_micro: i64::from(offset),
    }
}

fn record() -> Arc<Outgoing> {
    Arc::new(Outgoing {
        topic: Topic::Raw,
        placement: Placement::By("7".to_owned()),
        key: Vec::new(),
        payload: None,
        headers: kafka::RecordHeaders::new(),
    })
}

/// An open lane that is asked for records.
struct Asked {
    state: State,
}

impl Asked {
    fn new() -> Asked {
        let state = State {
            is_open: true,
            ..State::default()
        };
        Asked { state }
    }

    fn number(&mut self) -> (u64, Receiver<Told>) {
        let number = self.state.number();
        let (tell, told) = oneshot::channel();
        self.state.waiting.insert(number, tell);
        (number, told)
    }

    /// Goes directly.
    fn directly(&mut self) -> (u64, Receiver<Told>) {
        let (number, told) = self.number();
        self.state.sent(number, Kept::InMemory(record()));
        (number, told)
    }

    /// Is asked to be written, on its way or not.
    fn spooling(&mut self, number: u64) {
        self.state.writing.insert(number, record());
        if let Some(kept) = self.state.in_flight.get_mut(&number) {
            *kept = Kept::BeingWritten;
        }
    }

    fn waits(&self) -> Vec<u64> {
        match self.state.next(100, 100) {
            Next::Send(entries) => entries.into_iter().map(|(number, _)| number).collect(),
            Next::Pause | Next::Wait => Vec::new(),
        }
    }
}

#[test]
fn nothing_is_sent_before_the_topics_were_looked_at() {
    let mut state = State::default();
    assert!(!state.is_direct());
    state.wait_in_spool(1, entry(1));
    assert_eq!(state.next(10, 10), Next::Wait);
    state.is_open = true;
    assert_eq!(state.next(10, 10), Next::Send(vec![(1, entry(1))]));
}

#[test]
fn a_new_record_goes_behind_what_waits_in_the_spool() {
    let mut lane = Asked::new();
    assert!(lane.state.is_direct());
    let (first, mut told) = lane.number();
    lane.spooling(first);
    assert_eq!(lane.state.only_being_written().len(), 1, "or goes before it");
    assert_eq!(lane.state.written(first, entry(1)), None);
    assert_eq!(told.try_recv(), Ok(Told::Spooled));
    assert!(!lane.state.is_direct());
    lane.state.sent(first, Kept::InSpool(entry(1)));
    assert!(lane.state.is_direct(), "it is on its way before the new one");
    assert_eq!(lane.state.delivered(first), Some(entry(1)));
}

#[test]
fn a_late_record_is_spooled_once_and_sent_once() {
    let mut lane = Asked::new();
    let (number, mut told) = lane.directly();
    assert_eq!(lane.state.only_in_memory().len(), 1);
    lane.spooling(number);
    assert!(lane.state.only_in_memory().is_empty());
    assert_eq!(lane.state.written(number, entry(1)), None);
    assert_eq!(told.try_recv(), Ok(Told::Spooled));
    assert!(lane.waits().is_empty(), "it is on its way already");
    assert_eq!(lane.state.spooled(), (1, Some(1)));
    assert_eq!(lane.state.delivered(number), Some(entry(1)));
    assert_eq!(lane.state.spooled(), (0, None));
}

#[test]
fn a_record_that_arrives_while_it_is_being_written_is_done_when_it_was() {
    let mut lane = Asked::new();
    let (number, mut told) = lane.directly();
    lane.spooling(number);
    assert_eq!(lane.state.delivered(number), None);
    assert_eq!(told.try_recv(), Ok(Told::Delivered));
    assert!(lane.state.only_being_written().is_empty(), "it is not sent again");
    assert_eq!(lane.state.written(number, entry(1)), Some(entry(1)));
    assert!(lane.waits().is_empty());
}

#[test]
fn where_the_spool_fails_a_record_on_its_way_may_still_arrive() {
    let mut lane = Asked::new();
    let (number, mut told) = lane.directly();
    lane.spooling(number);
    lane.state.not_written(number);
    assert!(told.try_recv().is_err(), "nobody knows yet");
    assert_eq!(lane.state.only_in_memory().len(), 1);
    lane.state.delivered(number);
    assert_eq!(told.try_recv(), Ok(Told::Delivered));

    let (number, mut told) = lane.number();
    lane.spooling(number);
    lane.state.not_written(number);
    assert_eq!(told.try_recv(), Ok(Told::NotKept));
}

#[test]
fn what_kafka_refuses_is_sent_again_in_its_place_once_all_is_known() {
    let mut lane = Asked::new();
    let numbers: Vec<u64> = (1..=4).map(|_| lane.number().0).collect();
    for number in &numbers {
        lane.spooling(*number);
        lane.state.written(*number, entry(*number as u32));
    }
    for number in [1, 2, 3] {
        lane.state.sent(number, Kept::InSpool(entry(number as u32)));
    }
    assert!(lane.state.refused(1).is_none());
    assert!(lane.state.refused(2).is_none());
    assert_eq!(lane.state.next(10, 10), Next::Wait, "3 is on its way");
    assert!(lane.state.refused(3).is_none());
    assert_eq!(lane.state.next(10, 10), Next::Pause);
    lane.state.is_refused = false;
    assert_eq!(lane.waits(), numbers);
}

#[test]
fn a_sender_that_is_gone_is_not_spooled_for() {
    let mut lane = Asked::new();
    let (_, told) = lane.directly();
    drop(told);
    assert!(lane.state.only_in_memory().is_empty());
}

#[test]
fn no_more_are_on_their_way_than_the_window() {
    let mut lane = Asked::new();
    for number in 1..=5 {
        lane.state.wait_in_spool(number, entry(1));
    }
    assert_eq!(
        lane.state.next(10, 3),
        Next::Send((1..=3).map(|n| (n, entry(1))).collect())
    );
    for number in 1..=3 {
        lane.state.sent(number, Kept::InSpool(entry(1)));
    }
    assert_eq!(lane.state.next(10, 3), Next::Wait);
    lane.state.delivered(1);
    assert_eq!(lane.state.next(10, 3), Next::Send(vec![(4, entry(1))]));
}
