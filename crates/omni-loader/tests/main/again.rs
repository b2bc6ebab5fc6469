//! What comes again on purpose has its row once; what ClickHouse refuses is found and set aside alone.
use event::Kind;
use event::outcome::Rejected;
use kafka::{Outgoing, Topic};

use crate::records::{deal, deal_with, webhook};
use crate::world::World;

const V2: &str = "pipedrive-deals/2.0";

fn with_header(mut record: Outgoing, name: &str, value: &str) -> Outgoing {
    record.headers.set(name, value.as_bytes());
    record
}

fn replayed(n: u64) -> Outgoing {
    with_header(deal(n), "replay", "r1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_what_is_loaded_adds_no_row() {
    let world = World::new(&[V2]).await.without_merges().await;
    let loading = world.load();
    world.send((1..=50).map(deal)).await;
    world.count("deal_events", 50).await;
    let backfilled = |n| with_header(deal(n), "kind", Kind::Backfill.as_str());
    world.send((1..=60).map(replayed)).await;
    world
        .send((1..=60).map(replayed).chain((55..=70).map(backfilled)))
        .await;
    world.count("deal_events", 70).await;
    // A later revision is another row; the first one again is not.
    let completed = |flat: &mut event::Map| {
        flat.insert("event_revision".into(), 1.into());
        let change = crate::records::change(&webhook(7));
        flat.insert("event_ver".into(), (change.ver.0 | 1).to_string().into());
    };
    world
        .send([
            with_header(deal_with(7, completed), "replay", "r2"),
            replayed(7),
            deal(71),
        ])
        .await;
    world.count("deal_events", 72).await;
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_clickhouse_refuses_is_found_and_set_aside_alone() {
    let world = World::new(&[V2]).await.without_merges().await;
    let constraint = "ALTER TABLE deal_events ADD CONSTRAINT not_these CHECK deal_id NOT IN (13, 14, 77)";
    world.warehouse.execute(constraint).await.unwrap();
    world.send((1..=100).map(deal)).await;
    let loading = world.load();
    world.count("deal_events", 97).await;
    world
        .expect(
            "SELECT code, stage FROM rejected_events",
            &vec![("warehouse".to_owned(), "loader".to_owned()); 3],
        )
        .await;
    world.send((101..=120).map(deal)).await;
    world.count("deal_events", 117).await;
    world
        .expect("SELECT count() FROM deals FINAL", &[(117_u64,)])
        .await;
    loading.stop().await;
    let refused = world.records(Topic::Rejected).await;
    let mut deals: Vec<String> = refused
        .iter()
        .map(|record| {
            let rejected = Rejected::from_json(record.value()).unwrap();
            let flat: event::Map = serde_json::from_slice(&rejected.refused_bytes().unwrap()).unwrap();
            flat["event_id"].to_string()
        })
        .collect();
    deals.sort();
    assert_eq!(deals, ["13", "14", "77"]);
}
