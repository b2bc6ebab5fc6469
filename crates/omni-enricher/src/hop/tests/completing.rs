//! What went on incomplete follows completed, once, whatever happened in between.

use event::note::{PENDING, Pending};
use stage::Shutdown;

use super::api::{self, Account, quick};
use super::*;

/// Events as they become rows: (deal, revision, version, contact's name, missing).
fn rows(out: &[Outgoing]) -> Vec<(Value, Value, u64, Value, Value)> {
    let row = |outgoing: &&Outgoing| {
        let flat = event::flatten::flatten(&value(outgoing)).unwrap();
        let of = |key: &str| flat.get(key).cloned().unwrap_or_default();
        let ver = of("event_ver").as_str().unwrap().parse().unwrap();
        (
            of("deal_id"),
            of("event_revision"),
            ver,
            of("contact_first_name"),
            of("event_missing"),
        )
    };
    of(out, Topic::Enriched).iter().map(row).collect()
}

/// The notes in the topic of states, as whoever restores sees them.
fn notes(bench: &Bench) -> Vec<Pending> {
    let mut newest = BTreeMap::new();
    for record in &bench.log {
        if event::note::word(&record.key_text()) == Some(PENDING) {
            newest.insert(record.key.clone(), record.payload.clone());
        }
    }
    let kept = newest.into_values().flatten();
    kept.map(|value| Pending::read(&value).unwrap()).collect()
}

fn everything_but_the_pipeline() -> Value {
    json!(["pipeline"])
}

#[test]
fn an_event_follows_complete_when_its_answers_come() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = api::bench(&account, quick());
    let first = rows(&bench.run(&[deal(31, 10, 5, json!(1))]));
    let missing = json!(["contact", "organization", "owner", "stage", "pipeline"]);
    assert_eq!(
        (&first[0].1, &first[0].3, &first[0].4),
        (&json!(0), &json!(null), &missing)
    );
    assert_eq!(notes(&bench)[0].missing.len(), 5);

    *account.silent.lock().unwrap() = false;
    let mut sent = Vec::new();
    while sent.is_empty() {
        sent = rows(&bench.errand().unwrap());
    }
    let (deal, revision, ver, name, missing) = sent.remove(0);
    assert_eq!((deal, revision, name), (json!(31), json!(1), json!("Runa")));
    // The pipeline is not there at all: nothing more is waited for.
    assert_eq!(missing, everything_but_the_pipeline());
    assert_eq!(ver, first[0].2 + 1);
    assert!(sent.is_empty() && notes(&bench).is_empty());
    assert_eq!(bench.enricher.completions.len(), 0);
}

#[test]
fn an_event_of_its_own_completes_what_waits_for_an_entity() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = api::bench(&account, quick());
    bench.run(&[deal(31, 10, 5, json!(1)), deal(32, 11, 5, json!(1))]);
    let completed = rows(&bench.run(&surroundings()))
        .into_iter()
        .filter(|(_, revision, ..)| *revision == json!(1));
    let completed: Vec<_> = completed
        .map(|(deal, _, _, name, missing)| (deal, name, missing))
        .collect();
    assert_eq!(
        completed,
        [
            (json!(31), json!("Runa"), json!(null)),
            (json!(32), json!("Runa"), json!(null))
        ]
    );
    // The contact's own event came before its organization's, in the same batch.
    let out = bench.errand().unwrap();
    assert_eq!((rows(&out).len(), &rows(&out)[0].1), (1, &json!(1)));
    assert!(notes(&bench).is_empty());
}

#[test]
fn who_waits_is_known_after_a_restart() {
    for cold in [false, true] {
        let account = Account::default();
        *account.silent.lock().unwrap() = true;
        let (mut bench, trigger) = api::bench(&account, quick());
        bench.run(&[deal(31, 10, 5, json!(1))]);
        drop(trigger);
        *account.silent.lock().unwrap() = false;
        let (_trigger, shutdown) = Shutdown::pair();
        let mut bench = bench.restart_with(cold, |runtime, metrics| {
            api::serve(&account, runtime, metrics, shutdown)
        });
        let mut sent = Vec::new();
        while sent.is_empty() {
            sent = rows(&bench.errand().unwrap());
        }
        assert_eq!(
            (&sent[0].1, &sent[0].3),
            (&json!(1), &json!("Runa")),
            "cold: {cold}"
        );
        assert_eq!(sent.len(), 1);
    }
}

#[test]
fn an_aborted_completion_comes_again_with_the_same_revision() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = api::bench(&account, quick());
    bench.run(&[deal(31, 10, 5, json!(1))]);
    let (out, ..) = bench.transact(&surroundings());
    assert!(rows(&out).iter().any(|row| row.1 == json!(1)));
    bench.enricher.aborted();
    bench.next_raw -= surroundings().len() as i64;
    let again = rows(&bench.run(&surroundings()));
    assert_eq!(again.iter().filter(|row| row.1 == json!(1)).count(), 1);
}

#[test]
fn what_does_not_exist_is_not_waited_for() {
    let account = Account::default();
    let (mut bench, _trigger) = api::bench(&account, Settings::default());
    let sent = rows(&bench.run(&[deal(31, 10, 5, json!(1))]));
    assert_eq!(sent[0].4, everything_but_the_pipeline());
    assert!(notes(&bench).is_empty());
}

#[test]
fn beyond_the_bound_events_stay_as_they_went_on() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let settings = Settings {
        pending_max: 1,
        ..quick()
    };
    let (mut bench, _trigger) = api::bench(&account, settings);
    bench.run(&[deal(31, 10, 5, json!(1)), deal(32, 11, 5, json!(1))]);
    assert_eq!(notes(&bench).len(), 1);
}

#[test]
fn after_the_longest_wait_an_event_is_given_up() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let settings = Settings {
        pending_seconds_max: 0,
        ..quick()
    };
    let (mut bench, _trigger) = api::bench(&account, settings);
    bench.run(&[deal(31, 10, 5, json!(1))]);
    assert_eq!(notes(&bench).len(), 1);
    let out = bench.errand().unwrap();
    assert!(rows(&out).is_empty() && notes(&bench).is_empty());
}

#[test]
fn batches_in_between_keep_nobody_waiting() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, _trigger) = api::bench(&account, quick());
    // More than are looked at in one transaction.
    let many: Vec<_> = (0..450)
        .map(|id| deal(1_000 + id, id as i64, 5, json!(1)))
        .collect();
    bench.run(&many);
    assert_eq!(notes(&bench).len(), 450);
    let mut completed = 0;
    for at in 0..4 {
        let batch = if at == 0 {
            surroundings()
        } else {
            vec![deal(1, 1_000 + at, 5, json!(1))]
        };
        completed += rows(&bench.run(&batch))
            .iter()
            .filter(|(deal, revision, ..)| deal.as_u64() >= Some(1_000) && *revision == json!(1))
            .count();
    }
    assert_eq!(completed, 450);
}

#[test]
fn what_came_while_nobody_looked_completes_after_a_restart() {
    let account = Account::default();
    *account.silent.lock().unwrap() = true;
    let (mut bench, trigger) = api::bench(&account, quick());
    bench.run(&[deal(31, 10, 5, json!(1))]);
    // Told, committed, and killed before anybody looked.
    bench.transact(&surroundings());
    bench.log.retain(|record| record.payload.is_some());
    drop(trigger);
    let (_trigger, shutdown) = Shutdown::pair();
    let mut bench = bench.restart_with(true, |runtime, metrics| {
        api::serve(&account, runtime, metrics, shutdown)
    });
    let sent = rows(&bench.errand().unwrap());
    assert!(
        sent.iter().any(|row| (&row.0, &row.1) == (&json!(31), &json!(1))),
        "{sent:?}"
    );
}
