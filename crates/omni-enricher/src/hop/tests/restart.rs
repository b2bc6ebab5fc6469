//! Aborts, kills and restores: no event is lost as a double, and none counts twice.

use super::*;

fn figures(out: &[Outgoing]) -> (Value, Value) {
    let flat = flat(out);
    (
        flat["metrics_total_deals"].clone(),
        flat["metrics_average_deal_value"].clone(),
    )
}

#[test]
fn an_aborted_batch_comes_again_as_if_it_never_was() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100))]);
    let batch = [deal(32, 11, 5, json!(300))];
    let first = bench.work(&batch);
    bench.enricher.aborted();
    let again = bench.run(&batch);
    assert_eq!(figures(&first), (json!(2), json!(200)));
    assert_eq!(figures(&again), (json!(2), json!(200)));
    assert_eq!(of(&again, Topic::Filtered).len(), 0);
    // Nor does a batch that was worked and then forgotten in a rebalance.
    bench.work(&[deal(33, 12, 5, json!(500))]);
    bench.enricher.revoked(&[(Topic::Raw, PARTITION)]);
    assert_eq!(
        figures(&bench.run(&[deal(33, 12, 5, json!(500))])),
        (json!(3), json!(300))
    );
}

#[test]
fn a_kill_before_the_commit_loses_no_event_as_a_double() {
    for cold in [false, true] {
        let mut bench = Bench::new();
        bench.run(&[deal(31, 10, 5, json!(100))]);
        let batch = [deal(32, 11, 5, json!(300))];
        bench.work(&batch);
        let mut bench = bench.restart(cold);
        let out = bench.run(&batch);
        assert_eq!(figures(&out), (json!(2), json!(200)), "cold: {cold}");
    }
}

#[test]
fn a_kill_between_commit_and_store_write_counts_no_deal_twice() {
    for cold in [false, true] {
        let mut bench = Bench::new();
        bench.run(&surroundings());
        bench.run(&[deal(31, 10, 5, json!(100))]);
        // Committed in Kafka: one new, one changed, one deleted. The store never hears of it.
        bench.run(&[deal(30, 10, 5, json!(900))]);
        let batch = [
            deal(32, 11, 5, json!(300)),
            deal(31, 11, 5, json!(200)),
            deleted_deal(30, 11, 5),
        ];
        bench.transact(&batch);
        let mut bench = bench.restart(cold);
        // Pipedrive sends them again: doubles, all of them.
        let out = bench.run(&batch);
        assert_eq!(
            (of(&out, Topic::Filtered).len(), out.len()),
            (3, 3),
            "cold: {cold}"
        );
        let out = bench.run(&[deal(33, 12, 5, json!(400))]);
        assert_eq!(figures(&out), (json!(3), json!(300)), "cold: {cold}");
        assert_eq!(flat(&out)["contact_first_name"], json!("Runa"));
    }
}

#[test]
fn warm_cold_and_living_states_are_the_same() {
    let mut bench = Bench::new();
    bench.run(&surroundings());
    // Deals come, change their contact, and go.
    for at in 10..30 {
        let id = 31 + at as u64 % 4;
        bench.run(&[
            deal(id, at, 5 + at as u64 / 4 % 2, json!(at)),
            deal(40, at, 5, json!(1)),
        ]);
    }
    bench.run(&[deleted_deal(40, 99, 5), deleted_deal(31, 99, 5)]);
    let states = |bench: &Bench| {
        let store = bench.enricher.states.store();
        let keys: std::collections::BTreeSet<_> = bench.log.iter().map(|record| record.key.clone()).collect();
        let records: Vec<_> = keys
            .into_iter()
            .map(|key| {
                store
                    .record(&Key {
                        partition: PARTITION,
                        text: String::from_utf8(key).unwrap(),
                    })
                    .unwrap()
                    .unwrap()
            })
            .collect();
        let person = |person_id| crate::key::PersonKey {
            partition: PARTITION,
            company_id: COMPANY,
            person_id,
        };
        let deals: Vec<_> = (4..8).map(|id| store.deals_of(&person(id)).unwrap()).collect();
        (records, deals)
    };
    let living = states(&bench);
    assert!(living.1.iter().any(|deals| !deals.is_empty()));
    let bench = bench.restart(false);
    assert!(states(&bench) == living);
    let bench = bench.restart(true);
    assert!(states(&bench) == living);
}

#[test]
fn a_tombstone_takes_the_record_and_its_place() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100))]);
    let mut tombstone = bench
        .log
        .iter()
        .find(|record| record.key == b"7:deal:31")
        .unwrap()
        .clone();
    tombstone.payload = None;
    crate::restore::apply(bench.enricher.states.store(), vec![tombstone]).unwrap();
    bench.enricher.states.forget_cached();
    assert_eq!(
        figures(&bench.run(&[deal(32, 11, 5, json!(300))])),
        (json!(1), json!(300))
    );
}

#[test]
fn the_checkpoint_says_how_far_both_topics_are() {
    let mut bench = Bench::new();
    bench.run(&[deal(31, 10, 5, json!(100))]);
    let checkpoint = |bench: &Bench| {
        bench
            .enricher
            .states
            .store()
            .checkpoint(PARTITION)
            .unwrap()
            .unwrap()
    };
    let first = checkpoint(&bench);
    assert_eq!((first.raw, first.entities), (1, bench.log.len() as i64));
    // A batch that writes no entity moves the one and leaves the other.
    bench.run(&[raw(Kind::Heartbeat, Uuid::from_u128(5), b"{}".to_vec())]);
    let second = checkpoint(&bench);
    assert_eq!(
        (second.raw, second.entities, second.topic),
        (2, first.entities, Uuid::from_u128(1))
    );
}
