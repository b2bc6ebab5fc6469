//! More addresses than can be asked about at once.

use stage::Shutdown;

use super::*;
use crate::email::{self, provider};

/// More than there is room for.
const PERSONS: u64 = 1_100;
const BATCH: u64 = 275;

fn person(id: u64) -> Record {
    let emails = json!([{"value": format!("ada.{id}@example.com"), "primary": true}]);
    webhook(
        "create",
        "person",
        id,
        0,
        json!({"id": id, "first_name": "Ada", "emails": emails}),
        json!(null),
    )
}

#[test]
fn an_address_that_found_no_room_is_asked_about_later() {
    let mut bench = Bench::new();
    let (trigger, shutdown) = Shutdown::pair();
    let (validator, worker) = bench.runtime.block_on(async {
        let (at, stand_in) = provider::tests::stand_in().await;
        *stand_in.answer.lock().unwrap() = (200, provider::tests::valid().to_string());
        let settings = crate::config::Email {
            requests_per_second_max: 100_000,
            requests_per_minute_max: 1_000_000,
            ..provider::tests::hunter(&at)
        };
        email::open(&settings, &Metrics::new("enricher").unwrap())
            .unwrap()
            .unwrap()
    });
    bench.enricher.validation = Validation::new(bench.runtime.handle().clone(), Some(validator));
    for from in (0..PERSONS).step_by(BATCH as usize) {
        let batch: Vec<_> = (from..from + BATCH).map(|id| person(id + 1)).collect();
        bench.run(&batch);
    }
    assert_eq!(bench.enricher.completions.len() as u64, PERSONS);
    // Only now does anybody answer.
    bench.runtime.spawn(worker.run(shutdown));
    let mut complete = std::collections::BTreeSet::new();
    while bench.enricher.completions.len() > 0 {
        let out = bench.errand().expect("the last events are not completed");
        for event in of(&out, Topic::Enriched) {
            let request = &value(event)["request"];
            assert!(request["meta"].get("missing").is_none(), "{request}");
            complete.insert(request["meta"]["id"].to_string());
        }
    }
    assert_eq!(complete.len() as u64, PERSONS);
    drop(trigger);
}
