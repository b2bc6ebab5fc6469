//! The loader killed, stopped and woken at any moment: each event has its row once, also without FINAL, and what views feed
//! agrees with a recount.
use std::time::Duration;

use local::testing::ClickHouseAddress;

use crate::process::Process;
use crate::records::deal;
use crate::relay::Relay;
use crate::world::{World, eventually};

const V2: &str = "pipedrive-deals/2.0";
const KILLS: u64 = 20;
const BURST: u64 = 40;

/// Rows and distinct events without FINAL, latest deals, and a recount of what the views feed.
async fn expect_once(world: &World, count: u64) {
    let once = "SELECT count(), uniqExact(event_company_id, event_uuid, event_revision), \
                (SELECT count() FROM deals FINAL), (SELECT count() FROM deal_facts FINAL) FROM deal_events";
    world.expect(once, &[(count, count, count, count)]).await;
    let recount = "SELECT count() FROM (SELECT deal_id, max(event_ver) AS ver FROM deal_events GROUP BY deal_id) AS counted \
                   FULL JOIN (SELECT deal_id, event_ver AS ver FROM deals FINAL) AS kept USING (deal_id, ver) \
                   WHERE counted.ver = 0 OR kept.ver = 0";
    world.expect(recount, &[(0_u64,)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_loads_each_event_once() {
    let mut world = World::new(&[V2]).await.without_merges().await;
    world.config.warehouse.insert_deadline_ms = 5_000;
    let mut process = Process::start(&world.config, "0");
    let mut sent = 0;
    for kill in 0..KILLS {
        let before = world.rows("deal_events").await;
        world.send((sent + 1..=sent + BURST).map(deal)).await;
        sent += BURST;
        // In mid-stream: a batch is planned, inserted and committed within some hundredths of a second.
        assert!(eventually(|| async { world.rows("deal_events").await > before }).await);
        world.send((sent + 1..=sent + BURST).map(deal)).await;
        sent += BURST;
        tokio::time::sleep(Duration::from_millis(10 * kill)).await;
        process.kill();
        process = Process::start(&world.config, "0");
    }
    expect_once(&world, sent).await;
    // Whatever might still come: nothing may.
    world.send([deal(sent + 1)]).await;
    expect_once(&world, sent + 1).await;
    process.kill();
}

/// An instance is stopped with an insert on its way, another takes over, the insert arrives, the first one wakes.
async fn zombie(insert_deadline_ms: u64) {
    let server = local::testing::clickhouse();
    let relay = Relay::to(&server.url).await;
    let mut world = World::new(&[V2]).await.without_merges().await;
    world.config.warehouse.insert_deadline_ms = insert_deadline_ms;
    let mut through = world.config.clone();
    through.warehouse.url = ClickHouseAddress {
        url: relay.url.clone(),
        ..server.clone()
    }
    .url;
    let first = Process::start(&through, "0");
    world.send((1..=100).map(deal)).await;
    world.count("deal_events", 100).await;

    relay.hold();
    world.send((101..=200).map(deal)).await;
    assert!(
        eventually(|| async { relay.holds() }).await,
        "no insert was on its way"
    );
    first.freeze();
    let second = Process::start(&world.config, "1");
    world.send((201..=300).map(deal)).await;
    expect_once(&world, 300).await;

    relay.release();
    first.thaw();
    world.send((301..=400).map(deal)).await;
    expect_once(&world, 400).await;
    second.kill();
    // The first one, awake, works on.
    world.send((401..=500).map(deal)).await;
    expect_once(&world, 500).await;
    drop(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_whose_insert_comes_late_inserts_nothing() {
    zombie(2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_whose_insert_comes_in_time_repeats_what_was_repeated() {
    zombie(60_000).await;
}
