//! Random histories: after every batch the figures of each contact equal a recount from the log of what came.

use std::collections::{BTreeSet, HashSet};

use event::EntityId;
use proptest::prelude::*;

use super::*;

const DEALS: u64 = 5;
const CONTACTS: u64 = 3;

/// Something that Pipedrive tells, now, late, or twice.
#[derive(Clone, Debug)]
enum Told {
    /// Added, changed, restored, given to another contact: its whole state.
    State {
        deal: u64,
        at: i64,
        contact: Option<u64>,
        cents: Option<i64>,
        status: &'static str,
        currency: &'static str,
    },
    Deleted {
        deal: u64,
        at: i64,
    },
    MergedInto {
        loser: u64,
        winner: u64,
        at: i64,
    },
    /// An event of before, word for word.
    Again(prop::sample::Index),
}

/// What happens to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Committed,
    /// Its transaction is aborted first, and it comes again.
    Aborted,
    /// Killed after the commit, before the store heard of it.
    Killed,
    /// Committed, and the states are restored from the beginning.
    Restored,
}

fn told() -> impl Strategy<Value = Told> {
    let deal = 1..=DEALS;
    let at = 0..400_i64;
    let state = (
        deal.clone(),
        at.clone(),
        prop::option::weighted(0.85, 1..=CONTACTS),
        prop::option::weighted(0.9, 0..100_000_i64),
        prop::sample::select(vec!["open", "won", "lost", "deleted"]),
        prop::sample::select(vec!["EUR", "EUR", "USD"]),
    );
    prop_oneof![
        6 => state.prop_map(|(deal, at, contact, cents, status, currency)| Told::State {
            deal, at, contact, cents, status, currency
        }),
        1 => (deal.clone(), at.clone()).prop_map(|(deal, at)| Told::Deleted { deal, at }),
        1 => (deal.clone(), deal, at).prop_map(|(loser, winner, at)| Told::MergedInto { loser, winner, at }),
        1 => any::<prop::sample::Index>().prop_map(Told::Again),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Committed),
        2 => Just(Fate::Aborted),
        1 => Just(Fate::Killed),
        1 => Just(Fate::Restored),
    ]
}

/// The record of what is told; `None` when nothing came before that could come again.
fn record_of(told: &Told, before: &[Record]) -> Option<Record> {
    match told {
        Told::State {
            deal,
            at,
            contact,
            cents,
            status,
            currency,
        } => {
            let value = cents.map(|cents| cents as f64 / 100.0);
            let data = json!({"id": deal, "value": value, "currency": currency, "status": status, "person_id": contact});
            Some(webhook("change", "deal", *deal, *at, data, json!(null)))
        }
        Told::Deleted { deal, at } => Some(deleted_deal(*deal, *at, 1)),
        Told::MergedInto { loser, winner, at } => {
            let mut record = deleted_deal(*loser, *at, 1);
            let mut body: Value = serde_json::from_slice(record.value()).unwrap();
            body["meta"]["merged_to_id"] = json!(winner.to_string());
            let value = serde_json::to_vec(&body).unwrap();
            let uuid = Change::from_webhook(&value).unwrap().uuid;
            record = raw(Kind::Webhook, uuid, value);
            Some(record)
        }
        Told::Again(index) => (!before.is_empty()).then(|| index.get(before).clone()),
    }
}

/// Counts and cents, by hand: of each deal the event of the greatest version, in the order they came.
#[derive(Debug, Default, PartialEq)]
struct Recount {
    total: u64,
    open: u64,
    won: u64,
    lost: u64,
    elsewhere: u64,
    won_cents: i64,
    cents: i64,
    counted: i64,
}

fn recount(log: &[Record], contact: u64, currency: Option<&str>) -> Recount {
    let mut seen = HashSet::new();
    let mut newest: BTreeMap<EntityId, Change> = BTreeMap::new();
    for record in log {
        let change = Change::from_webhook(record.value()).unwrap();
        if !seen.insert(change.uuid) {
            continue;
        }
        let overtaken = newest.get(&change.id).is_some_and(|known| known.ver > change.ver);
        if !overtaken {
            newest.insert(change.id.clone(), change);
        }
    }
    let mut recount = Recount::default();
    for change in newest.into_values() {
        let Some(state) = change.current.map(|state| state.to_map()) else {
            continue;
        };
        if state["person_id"].as_u64() != Some(contact) || state["status"] == json!("deleted") {
            continue;
        }
        recount.total += 1;
        match state["status"].as_str().unwrap() {
            "open" => recount.open += 1,
            "won" => recount.won += 1,
            _ => recount.lost += 1,
        }
        if state["currency"].as_str() != currency {
            recount.elsewhere += 1;
            continue;
        }
        let cents = state["value"]
            .as_f64()
            .map_or(0, |value| (value * 100.0).round() as i64);
        recount.counted += 1;
        recount.cents += cents;
        if state["status"] == json!("won") {
            recount.won_cents += cents;
        }
    }
    recount
}

fn assert_true(figures: &Value, log: &[Record], contact: u64) {
    let recount = recount(log, contact, figures["currency"].as_str());
    let whole = |key: &str| figures[key].as_u64().unwrap();
    let told = [
        whole("total_deals"),
        whole("open_deals"),
        whole("won_deals"),
        whole("lost_deals"),
        whole("deals_in_other_currencies"),
    ];
    let true_ones = [
        recount.total,
        recount.open,
        recount.won,
        recount.lost,
        recount.elsewhere,
    ];
    assert_eq!(told, true_ones, "contact {contact}: {figures}");
    let won = figures["won_value"].as_f64().unwrap();
    assert_eq!(
        (won * 100.0).round() as i64,
        recount.won_cents,
        "contact {contact}"
    );
    match figures.get("average_deal_value").and_then(Value::as_f64) {
        None => assert_eq!(recount.counted, 0, "contact {contact}"),
        Some(average) => {
            let off = average * 100.0 * recount.counted as f64 - recount.cents as f64;
            // Four digits after the point.
            assert!(
                off.abs() <= 0.0051 * recount.counted as f64,
                "contact {contact}: off by {off}"
            );
        }
    }
}

/// Every contact that ever had a deal.
fn contacts(log: &[Record]) -> BTreeSet<u64> {
    let of = |record: &Record| {
        let change = Change::from_webhook(record.value()).unwrap();
        change.current?.get("person_id")?.as_u64()
    };
    log.iter().filter_map(of).collect()
}

/// How many of a batch are no doubles.
fn fresh(log: &[Record], batch: &[Record]) -> usize {
    let uuid = |record: &Record| record.header("event-uuid").unwrap().to_owned();
    let mut seen: HashSet<_> = log.iter().map(uuid).collect();
    batch.iter().filter(|record| seen.insert(uuid(record))).count()
}

fn check(history: Vec<(Vec<Told>, Fate)>) {
    let mut bench = Bench::new();
    let mut log: Vec<Record> = Vec::new();
    for (told, fate) in history {
        let mut batch = Vec::new();
        for told in &told {
            let before: Vec<_> = log.iter().chain(&batch).cloned().collect();
            batch.extend(record_of(told, &before));
        }
        if batch.is_empty() {
            continue;
        }
        if fate == Fate::Aborted {
            let states = bench.log.len();
            bench.transact(&batch);
            bench.enricher.aborted();
            bench.next_raw -= batch.len() as i64;
            bench.log.truncate(states);
        }
        let out = if fate == Fate::Killed {
            let (out, ..) = bench.transact(&batch);
            bench = bench.restart(false);
            out
        } else {
            bench.run(&batch)
        };
        let fresh = fresh(&log, &batch);
        let told = (of(&out, Topic::Enriched).len(), of(&out, Topic::Filtered).len());
        assert_eq!(
            told,
            (fresh, batch.len() - fresh),
            "{fate:?}: lost as a double, or a double sent"
        );
        log.extend(batch);
        if fate == Fate::Restored {
            bench = bench.restart(true);
        }
        for contact in contacts(&log) {
            // A contact whose deals came and went while nobody looked has no record to be wrong in.
            let key = format!("{COMPANY}:person:{contact}").into_bytes();
            if bench.log.iter().any(|record| record.key == key) {
                assert_true(&bench.figures(contact), &log, contact);
            } else {
                assert_eq!(
                    recount(&log, contact, None).total,
                    0,
                    "contact {contact} has no figures"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn figures_equal_a_recount_after_every_step(
        history in prop::collection::vec((prop::collection::vec(told(), 1..5), fate()), 1..14)
    ) {
        check(history);
    }
}
