//! Random histories, and every history up to a depth.
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::server::DEADLINE;
use super::worker::Luck;
use super::world::{Event, Record, World};

fn any_event() -> impl Strategy<Value = Event> {
    let luck = prop_oneof![
        12 => Just(Luck::Good),
        1 => Just(Luck::Unanswered),
        1 => Just(Luck::Half),
        2 => Just(Luck::Stuck),
    ];
    prop_oneof![
        30 => (0_usize..2, luck).prop_map(|(worker, luck)| Event::Step(worker, luck)),
        2 => (0_usize..2).prop_map(Event::Crash),
        2 => (0_u8..8).prop_map(Event::Rebalance),
        3 => prop_oneof![Just(1), Just(DEADLINE), Just(5 * DEADLINE)].prop_map(Event::Wait),
        3 => Just(Event::Arrive),
        1 => Just(Event::Schema),
        1 => (0_usize..3).prop_map(Event::Forget),
    ]
}

fn any_world() -> impl Strategy<Value = World> {
    let record = (prop::bool::weighted(0.8), prop::bool::weighted(0.8)).prop_map(|(first, second)| Record {
        passes: [first, second],
    });
    let partition = prop::collection::vec(record, 0..8);
    let poison = prop::collection::btree_set((0_i32..3, 0_i64..8), 0..2);
    (prop::collection::vec(partition, 3), poison, 1_usize..7)
        .prop_map(|(records, poison, records_max)| World::new(records, poison, records_max))
}

/// What is wrong with the history, and what was done until then.
fn fault_of(mut world: World, events: &[Event]) -> Option<String> {
    for event in events {
        world.happen(*event);
        if world.doubled().is_some() {
            break;
        }
    }
    if world.doubled().is_none() {
        world.end();
    }
    world.fault().map(|fault| format!("{fault}\n{}", world.told()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn whatever_happens_each_record_ends_once(world in any_world(), events in prop::collection::vec(any_event(), 0..150)) {
        let fault = fault_of(world, &events);
        prop_assert_eq!(fault, None);
    }
}

/// Whether a world made worse in this way is found out.
fn is_found_out(worsen: impl Fn(&mut World)) -> bool {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (any_world(), prop::collection::vec(any_event(), 0..150));
    (0..3_000).any(|_| {
        let (mut world, events) = strategy.new_tree(&mut runner).unwrap().current();
        worsen(&mut world);
        fault_of(world, &events).is_some()
    })
}

#[test]
fn a_server_that_forgets_tokens_is_found_out() {
    assert!(is_found_out(|world| world.server.remembers = false));
}

#[test]
fn a_server_that_takes_late_inserts_is_found_out() {
    assert!(is_found_out(|world| world.server.checks_deadlines = false));
}

#[test]
fn a_broker_that_takes_plans_of_strangers_is_found_out() {
    assert!(is_found_out(|world| world.broker.fences = false));
}

const FAULTS_MAX: usize = 2;
const DEPTH_MAX: usize = 13;

/// What a step may do in the search; everything but good steps of the first worker counts as a fault.
const EVENTS: [Event; 12] = [
    Event::Step(0, Luck::Good),
    Event::Step(1, Luck::Good),
    Event::Step(0, Luck::Unanswered),
    Event::Step(0, Luck::Half),
    Event::Step(0, Luck::Stuck),
    Event::Crash(0),
    Event::Rebalance(0b11),
    Event::Rebalance(0b10),
    Event::Rebalance(0b00),
    Event::Wait(DEADLINE),
    Event::Wait(5 * DEADLINE),
    Event::Arrive,
];

/// The same for worlds that cannot be told apart from now on.
fn key(world: &World, faults: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    (
        format!("{:?}", (&world.broker, &world.server, &world.workers)),
        faults,
    )
        .hash(&mut hasher);
    hasher.finish()
}

fn search(world: &World, faults: usize, depth: usize, seen: &mut BTreeSet<u64>, ends: &mut usize) {
    if !seen.insert(key(world, faults)) {
        return;
    }
    assert_eq!(world.doubled(), None);
    if depth == DEPTH_MAX || seen.len().is_multiple_of(3) {
        let mut ended = world.clone();
        ended.end();
        assert_eq!(ended.fault(), None, "{world:?}");
        *ends += 1;
    }
    if depth == DEPTH_MAX {
        return;
    }
    for event in EVENTS {
        let is_fault = !matches!(event, Event::Step(_, Luck::Good));
        if is_fault && faults == FAULTS_MAX {
            continue;
        }
        let mut next = world.clone();
        next.happen(event);
        search(&next, faults + usize::from(is_fault), depth + 1, seen, ends);
    }
}

#[test]
fn every_history_of_two_faults_in_the_first_steps_ends_well() {
    let good = Record { passes: [true, true] };
    let bad = Record {
        passes: [false, false],
    };
    let world = World::new(vec![vec![good, bad], vec![good]], BTreeSet::new(), 3);
    let (mut seen, mut ends) = (BTreeSet::new(), 0);
    search(&world, 0, 0, &mut seen, &mut ends);
    assert!(
        seen.len() > 5_000 && ends > 1_000,
        "{} states, {ends} ends",
        seen.len()
    );
}
