//! Nothing is lost and nothing is doubled: not by a stop, not by a ClickHouse that goes and comes back.
use local::clickhouse;
use local::testing::{ClickHouseAddress, cache, omni};

use crate::records::deal;
use crate::relay::Relay;
use crate::world::World;

const V2: &str = "pipedrive-deals/2.0";

/// Rows, distinct events, latest deals: all without FINAL where a double would show.
async fn expect_once(world: &World, count: u64) {
    let sql = "SELECT count(), uniqExact(event_company_id, event_uuid, event_revision), \
               (SELECT count() FROM deals FINAL) FROM deal_events";
    world.expect(sql, &[(count, count, count)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_stopped() {
    let world = World::new(&[V2]).await.without_merges().await;
    for round in 0..3 {
        let loading = world.load();
        world.send((round * 200 + 1..=round * 200 + 200).map(deal)).await;
        world.count("deal_events", round * 200 + 200).await;
        loading.stop().await;
    }
    world.send((601..=700).map(deal)).await;
    let loading = world.load();
    expect_once(&world, 700).await;
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clickhouse_is_down_nothing_is_lost_and_nothing_doubled() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = clickhouse::Settings {
        omni: omni(),
        library: clickhouse::fetch(&cache()).unwrap(),
        directory: directory.path().join("clickhouse"),
        log: directory.path().join("clickhouse.log"),
        port: 0,
        database: "*".to_owned(),
        memory_bytes_max: clickhouse::MEMORY_BYTES_MAX,
        remove: None,
    };
    let mut server = clickhouse::start(&settings).unwrap();
    settings.port = server.port;
    let world = World::with(&ClickHouseAddress::of(&server), &[V2])
        .await
        .without_merges()
        .await;
    let loading = world.load();
    world.send((1..=100).map(deal)).await;
    world.count("deal_events", 100).await;

    for round in 1..=3 {
        // Whatever was on its way when it went has an unknown end.
        world.send((round * 100 + 1..=round * 100 + 50).map(deal)).await;
        drop(server);
        world.send((round * 100 + 51..=round * 100 + 100).map(deal)).await;
        server = clickhouse::start(&settings).unwrap();
    }
    expect_once(&world, 400).await;
    world.send((401..=500).map(deal)).await;
    expect_once(&world, 500).await;
    loading.stop().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_whose_answer_is_lost_is_repeated_and_stored_once() {
    let server = local::testing::clickhouse();
    let relay = Relay::to(&server.url).await;
    let through = ClickHouseAddress {
        url: relay.url.clone(),
        ..server.clone()
    };
    let world = World::with(&through, &[V2]).await.without_merges().await;
    let loading = world.load();
    relay.lose(8);
    world.send((1..=100).map(deal)).await;
    expect_once(&world, 100).await;
    world.send((101..=200).map(deal)).await;
    expect_once(&world, 200).await;
    assert_eq!(relay.lost(), 8, "no answer was lost: this says nothing");
    loading.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_takes_over_without_loss_or_double() {
    let mut world = World::new(&[V2]).await.without_merges().await;
    let first = world.load();
    world.send((1..=200).map(deal)).await;
    world.config.stage.instance = "1".to_owned();
    let second = world.load();
    for round in 1..=5 {
        world.send((round * 200 + 1..=round * 200 + 200).map(deal)).await;
    }
    first.stop().await;
    world.send((1201..=1400).map(deal)).await;
    expect_once(&world, 1400).await;
    second.stop().await;
}
