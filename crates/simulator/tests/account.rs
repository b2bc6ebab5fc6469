//! The account's life: repeatable, consistent, and told completely by its webhooks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};
use simulator::account::{Account, Founding};
use simulator::change::{Action, Change, Version};
use simulator::entity::Entity;
use simulator::entity::deal::Status;
use simulator::moment::Moment;

const START: Moment = Moment::from_micros(1_788_264_000_000_000);
const STEP: Duration = Duration::from_secs(400);

fn account(seed: u64) -> Account {
    Account::new(Founding {
        seed,
        company: 7_654_321,
        contacts: 40,
        everything: false,
        several_currencies: seed.is_multiple_of(2),
        at: START,
    })
}

fn live(seed: u64, steps: u32) -> (Account, Vec<Change>) {
    let mut account = account(seed);
    let changes = (1..=steps)
        .map(|step| account.step(START.plus(STEP * step)))
        .collect();
    (account, changes)
}

fn bodies(seed: u64, version: Version) -> Vec<Vec<u8>> {
    let mut account = account(seed);
    (1..=800)
        .map(|step| account.next_event(version, START.plus(STEP * step)).body(1))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for version in [Version::V1, Version::V2] {
        assert_eq!(bodies(11, version), bodies(11, version));
        assert_ne!(bodies(11, version), bodies(12, version));
    }
}

#[test]
fn a_deal_is_always_in_order() {
    for seed in 0..6 {
        let mut account = account(seed);
        for step in 1..=4_000 {
            account.step(START.plus(STEP * step));
            if step % 50 == 0 {
                account
                    .book()
                    .deals
                    .values()
                    .for_each(|deal| check(&account, deal));
            }
        }
    }
}

fn check(account: &Account, deal: &simulator::entity::deal::Deal) {
    let book = account.book();
    let stage = &book.stages[&deal.stage];
    assert_eq!((stage.pipeline, stage.order), (deal.pipeline, deal.stage_order));
    assert!(book.pipelines.contains_key(&deal.pipeline) && book.users.contains_key(&deal.owner));
    assert!(
        !deal.value.is_sign_negative() && deal.value.scale() <= if deal.currency == "JPY" { 0 } else { 2 }
    );
    let times = (deal.won.is_some(), deal.lost.is_some(), deal.closed.is_some());
    match deal.status {
        Status::Open => assert_eq!(times, (false, false, false)),
        Status::Won => {
            assert_eq!(times, (true, false, true));
            assert!(deal.first_won <= deal.won && deal.first_won.is_some());
        }
        Status::Lost => assert_eq!(times, (false, true, true)),
    }
    assert!(deal.lost_reason.is_none() || deal.status == Status::Lost);
    assert!(deal.activities_done <= deal.activities);
    if !deal.deleted {
        assert!(
            deal.person.is_none_or(|id| !book.persons[&id].deleted),
            "deal {} has a deleted contact",
            deal.id
        );
        assert!(
            deal.organization
                .is_none_or(|id| !book.organizations[&id].deleted)
        );
    }
}

#[test]
fn all_that_happens_to_a_deal_happens() {
    let (_, changes) = live(3, 6_000);
    let deals: Vec<&Change> = changes
        .iter()
        .filter(|change| change.object() == "deal")
        .collect();
    for action in [Action::Added, Action::Updated, Action::Deleted, Action::Merged] {
        assert!(deals.iter().any(|change| change.action == action), "{action:?}");
    }
    let states: Vec<Map<String, Value>> = deals
        .iter()
        .filter_map(|change| change.after.as_ref())
        .map(|shot| shot.entity.v2())
        .collect();
    let some = |holds: &dyn Fn(&Map<String, Value>) -> bool| states.iter().any(holds);
    assert!(some(&|deal| deal["status"] == "won"));
    assert!(some(
        &|deal| deal["status"] == "lost" && deal["lost_reason"].is_string()
    ));
    assert!(
        some(&|deal| deal["status"] == "open" && deal["first_won_time"].is_string()),
        "none was reopened"
    );
    assert!(
        some(&|deal| deal["value"].to_string().contains('.')),
        "no value has decimals"
    );
    assert!(some(&|deal| deal["person_id"].is_null()));
    let objects: BTreeSet<&str> = changes.iter().map(Change::object).collect();
    assert_eq!(
        objects,
        BTreeSet::from([
            "activity",
            "deal",
            "lead",
            "organization",
            "person",
            "stage",
            "user"
        ])
    );
}

#[test]
fn a_merge_is_told_twice() {
    let (_, changes) = live(5, 20_000);
    let merges: Vec<usize> = (0..changes.len())
        .filter(|at| changes[*at].action == Action::Merged)
        .collect();
    assert!(merges.len() > 20);
    for at in merges {
        let (survivor, loser) = (&changes[at], &changes[at + 1]);
        assert_eq!(
            (loser.action, loser.object()),
            (Action::Deleted, survivor.object())
        );
        assert_eq!(survivor.merged_from, Some(loser.id()));
        assert_eq!(loser.merged_into, Some(survivor.id()));
        assert_eq!(survivor.correlation, loser.correlation);
    }
}

#[test]
fn two_changes_of_one_entity_are_never_in_one_millisecond() {
    let mut account = account(9);
    let mut last = BTreeMap::new();
    for step in 0..20_000_u32 {
        // Far faster than any account: the clock must not catch up with itself.
        let change = account.step(START.plus(Duration::from_micros(200) * step));
        let before = last.insert((change.object(), change.id()), change.at.millis());
        assert!(before.is_none_or(|before| before < change.at.millis()));
    }
}

/// What a reader knows who heard every webhook v2 from the first on.
#[test]
fn webhooks_tell_the_whole_state() {
    let (mut account, mut changes) = live(4, 3_000);
    while !account.is_settled() {
        changes.push(account.step(START.plus(STEP * 3_001)));
    }
    let mut known: BTreeMap<(String, String), Map<String, Value>> = BTreeMap::new();
    let subscriber = account.first_subscriber();
    for change in &changes {
        let body: Value = serde_json::from_slice(&change.body(Version::V2, subscriber, 1).unwrap()).unwrap();
        let key = (change.object().to_owned(), change.id());
        match (body["data"].as_object(), body["meta"]["action"].as_str()) {
            (Some(data), Some("create")) => assert!(known.insert(key, data.clone()).is_none()),
            (Some(data), Some("change")) => {
                if let Some(before) = known.insert(key, data.clone()) {
                    assert_eq!(undone(data, &body["previous"]), without_times(before));
                }
            }
            (None, Some("delete")) => {
                if let Some(before) = known.remove(&key) {
                    assert_eq!(
                        without_times(body["previous"].as_object().unwrap().clone()),
                        without_times(before)
                    );
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let book = account.book();
    for ((object, id), state) in known {
        let held = match object.as_str() {
            "deal" => book.deals[&id.parse().unwrap()].v2(),
            "person" => book.persons[&id.parse().unwrap()].v2(),
            "organization" => book.organizations[&id.parse().unwrap()].v2(),
            "activity" => book.activities[&id.parse().unwrap()].v2(),
            "lead" => book.leads[&id.parse().unwrap()].v2(),
            "stage" => book.stages[&id.parse().unwrap()].v2(),
            _ => continue,
        };
        assert_eq!(state, held);
    }
}

/// The state before, from the state after and what `previous` says of it.
fn undone(data: &Map<String, Value>, previous: &Value) -> Map<String, Value> {
    let mut state = data.clone();
    for (key, old) in previous.as_object().unwrap() {
        match (old, state.get_mut(key)) {
            (Value::Object(old), Some(Value::Object(now))) if key == "custom_fields" => {
                now.extend(old.clone());
            }
            _ => {
                state.insert(key.clone(), old.clone());
            }
        }
    }
    without_times(state)
}

fn without_times(mut state: Map<String, Value>) -> Map<String, Value> {
    state.remove("update_time");
    state.remove("stage_change_time");
    state
}

#[test]
fn an_account_does_not_grow_without_end() {
    let (account, _) = live(1, 60_000);
    let book = account.book();
    assert!(book.activities.len() <= 5_000 && book.leads.len() <= 1_200);
    let open = book
        .deals
        .values()
        .filter(|deal| deal.status == Status::Open && !deal.deleted)
        .count();
    assert!((20..=200).contains(&open), "{open} open deals");
}
