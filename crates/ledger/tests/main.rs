//! The ledger on real Kafka and ClickHouse, with nobody between them: each test puts there what a stage would have.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use event::outcome::Filtered;
use event::{AcceptSeq, Headers, Kind};
use kafka::{
    Assigned, Committed, Listener, Offsets, Outgoing, Placement, PlainConsumer, PlainSettings, Producer,
    ProducerSettings, Restore, Topic,
};
use ledger::{Cell, Counted, Ledger, Loaded, Place, Question, Report, Sent, Watch};
use template::Registry;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::migrate::{SHARED_SCOPE, Scope, apply, shared};

const COMPANY: u64 = 7;
const PATIENCE: Duration = Duration::from_mins(1);
/// 2026-01-31T09:00:00Z, and all is asked ten minutes later.
const RECEIVED: i64 = 1_769_850_000_000_000;
const NOW: i64 = RECEIVED + 600_000_000;

struct World {
    kafka: kafka::Config,
    warehouse: Warehouse,
    producer: Producer,
    ledger: Ledger,
}

struct Nobody;

impl Listener for Nobody {
    fn assigned(&mut self, _: &[Assigned], _: &Restore) -> Result<(), kafka::Error> {
        Ok(())
    }

    fn revoked(&mut self, _: &[(Topic, i32)]) {}
}

impl World {
    async fn new() -> Self {
        let name = Uuid::new_v4().simple().to_string();
        let name = &name[..12];
        let server = local::testing::clickhouse();
        let warehouse = warehouse::Config {
            url: server.url.clone(),
            user: server.user.clone(),
            password: Some(server.password.clone().into()),
            database: format!("b{name}"),
            ..warehouse::Config::default()
        };
        let warehouse = Warehouse::connect(&warehouse).unwrap();
        let registry = Registry::builtin().unwrap();
        let template = registry.get("pipedrive-deals/2.0").unwrap();
        let shared = shared().unwrap();
        let scopes = [
            (SHARED_SCOPE, shared.as_slice()),
            (template.key(), template.migrations()),
        ];
        let scopes = scopes.map(|(name, migrations)| Scope { name, migrations });
        apply(&warehouse, &scopes).await.unwrap();
        let kafka = kafka::Config {
            bootstrap: local::testing::kafka().to_owned(),
            topic_prefix: format!("b{name}."),
            group_prefix: format!("b{name}-"),
            partitions: 2,
            ..kafka::Config::default()
        };
        let made = kafka.clone();
        let producer = tokio::task::spawn_blocking(move || {
            kafka::admin::create_topics(&made).unwrap();
            Producer::new(&made, ProducerSettings::default()).unwrap()
        });
        let producer = producer.await.unwrap();
        let loaded = vec![Loaded {
            template: template.key().to_owned(),
            table: template.base_table().to_owned(),
        }];
        let ledger = Ledger::new(kafka.clone(), warehouse.clone(), loaded);
        Self {
            kafka,
            warehouse,
            producer,
            ledger,
        }
    }

    async fn send(&self, topic: Topic, uuid: u128, payload: Vec<u8>) {
        let seq = AcceptSeq {
            instance: "0".to_owned(),
            boot: "b".to_owned(),
            number: uuid as u64,
        };
        let headers = Headers {
            accept_seq: Some(seq),
            ..Headers::new(Uuid::from_u128(uuid), Kind::Webhook, "crm", RECEIVED)
        };
        let record = Outgoing {
            topic,
            placement: Placement::By(COMPANY.to_string()),
            key: format!("{COMPANY}:deal:1").into_bytes(),
            payload: Some(payload),
            headers: headers.to_pairs().into(),
        };
        self.producer.send(record).await.unwrap();
    }

    /// The group has done all there is on this topic.
    async fn done(&self, group: &str, topic: Topic) {
        let (config, group) = (self.kafka.clone(), group.to_owned());
        let commit = move || {
            let settings = PlainSettings::new(&group, "0", &[topic]);
            let mut consumer = PlainConsumer::join(&config, settings, Box::new(Nobody)).unwrap();
            let until = Instant::now() + PATIENCE;
            while consumer.assignment().len() < 2 {
                consumer.poll(1, Duration::from_millis(50)).unwrap();
                assert!(Instant::now() < until, "the group gets nothing");
            }
            let mut next = Offsets::new();
            for partition in 0..2 {
                let (_, high) = kafka::admin::watermarks(&config, topic, partition).unwrap();
                let committed = Committed {
                    offset: high,
                    metadata: None,
                };
                next.set(topic, partition, committed);
            }
            consumer.commit(&next).unwrap();
        };
        tokio::task::spawn_blocking(commit).await.unwrap();
    }

    /// What an archive would have written.
    async fn row(&self, table: &str, uuid: u128, more: &[(&str, &str)]) {
        self.row_of(COMPANY, table, uuid, more).await;
    }

    async fn row_of(&self, company: u64, table: &str, uuid: u128, more: &[(&str, &str)]) {
        let list = |parts: Vec<&str>| parts.iter().fold(String::new(), |list, part| list + ", " + part);
        let names = list(more.iter().map(|(name, _)| *name).collect());
        let values = list(more.iter().map(|(_, value)| *value).collect());
        let sql = format!(
            "INSERT INTO {table} (event_company_id, event_uuid, event_kind, event_received_at{names}) \
             SELECT {company}, '{}', 'webhook', fromUnixTimestamp64Micro({RECEIVED}, 'UTC'){values}",
            Uuid::from_u128(uuid)
        );
        self.warehouse.execute(&sql).await.unwrap();
    }

    async fn raw(&self, uuid: u128) {
        let number = uuid.to_string();
        let seq = [
            ("event_source", "'crm'"),
            // Of an earlier topic: how far its archive was says nothing any more.
            ("kafka_topic_id", "'gone'"),
            ("accept_instance", "'0'"),
            ("accept_boot", "'b'"),
            ("accept_number", number.as_str()),
        ];
        self.row("raw_events", uuid, &seq).await;
    }

    async fn accepted(&self, count: u64) {
        let sql = format!(
            "INSERT INTO accepted_counts (instance, boot, source, minute, accepted, last_number, heartbeat_at) \
             SELECT '0', 'b', 'crm', toDateTime({}, 'UTC'), {count}, {count}, now64(6)",
            RECEIVED / 1_000_000
        );
        self.warehouse.execute(&sql).await.unwrap();
    }

    async fn look(&self) -> Report {
        let question = Question {
            since_micro: RECEIVED - 60_000_000,
            until_micro: i64::MAX,
            now_micro: NOW,
            source: None,
        };
        self.ledger.look(&question).await.unwrap()
    }
}

fn cell(accepted: u64) -> Cell {
    Cell {
        accepted,
        ..Cell::default()
    }
}

fn missing(report: &Report) -> Vec<u128> {
    report
        .missing
        .iter()
        .map(|missing| missing.event_uuid.as_u128())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_in_flight_while_a_group_has_it_before_it_and_missing_when_none_has() {
    let world = World::new().await;
    for uuid in [1, 2, 3] {
        world.send(Topic::Raw, uuid, b"{}".to_vec()).await;
    }
    let report = world.look().await;
    let in_flight = Cell {
        in_flight: 3,
        ..cell(3)
    };
    assert_eq!(report.total(Sent::Live), in_flight);
    assert!(report.is_balanced());

    // The enricher says it is done with them, and nothing came of them; the archive is behind.
    world.done("enricher", Topic::Raw).await;
    let report = world.look().await;
    assert_eq!(report.total(Sent::Live).missing, 3);
    assert!(!report.is_balanced());

    // The same once the archive has them.
    for uuid in [1, 2, 3] {
        world.raw(uuid).await;
    }
    world.done("loader-archive-raw", Topic::Raw).await;
    let report = world.look().await;
    assert_eq!(
        report.total(Sent::Live),
        Cell {
            missing: 3,
            ..cell(3)
        }
    );
    assert_eq!(missing(&report), [1, 2, 3]);

    // On its way to the archive of what was filtered.
    let filtered = Filtered {
        event_uuid: Uuid::from_u128(1),
        stage: "enricher".to_owned(),
        rule: "x".to_owned(),
        company_id: Some(COMPANY),
        object: None,
        id: None,
        source: None,
        received_at: None,
    };
    world.send(Topic::Filtered, 1, filtered.to_json()).await;
    assert_eq!(missing(&world.look().await), [2, 3]);
    // Gone from there, and not arrived.
    world.done("loader-archive-filtered", Topic::Filtered).await;
    assert_eq!(missing(&world.look().await), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_counts_for_its_own_company_only_and_a_double_ends_nothing() {
    let world = World::new().await;
    for uuid in [1, 2, 3, 4] {
        world.raw(uuid).await;
    }
    world.row("filtered_events", 1, &[("rule", "'duplicate'")]).await;
    world
        .row_of(COMPANY + 1, "filtered_events", 2, &[("rule", "'no_template'")])
        .await;
    assert_eq!(missing(&world.look().await), [1, 2, 3, 4]);

    world
        .row("filtered_events", 2, &[("rule", "'no_template'")])
        .await;
    world.row("rejected_events", 3, &[("stage", "'loader'")]).await;
    // Loaded later than refused: a replay.
    world.row("rejected_events", 4, &[("stage", "'loader'")]).await;
    world.row("deal_events", 4, &[("deal_id", "1")]).await;
    let report = world.look().await;
    let expected = Cell {
        loaded: 1,
        rejected: 1,
        filtered: 1,
        missing: 1,
        ..cell(4)
    };
    assert_eq!(report.total(Sent::Live), expected);
    assert_eq!(missing(&report), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_counts_once_also_when_a_later_slice_has_only_the_double() {
    let world = World::new().await;
    world.raw(1).await;
    world.row("deal_events", 1, &[("deal_id", "1")]).await;
    let again = "INSERT INTO raw_events (event_company_id, event_uuid, event_kind, event_source, event_received_at, kafka_topic_id) \
                 SELECT event_company_id, event_uuid, 'webhook', 'crm', event_received_at + INTERVAL 150 SECOND, 'gone' FROM raw_events";
    world.warehouse.execute(again).await.unwrap();
    // So many that the two arrivals lie in slices of their own.
    let crowd = format!(
        "INSERT INTO raw_events (event_company_id, event_uuid, event_kind, event_source, event_received_at) \
         SELECT 9, generateUUIDv4(), 'heartbeat', 'crm', fromUnixTimestamp64Micro({RECEIVED}, 'UTC') + INTERVAL 70 SECOND FROM numbers(250001)"
    );
    world.warehouse.execute(&crowd).await.unwrap();
    let report = world.look().await;
    assert_eq!(report.total(Sent::Live), Cell { loaded: 1, ..cell(1) });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_is_too_high_is_a_hole_until_the_event_arrives() {
    let world = World::new().await;
    for uuid in [1, 2, 4] {
        world.raw(uuid).await;
        world
            .row("filtered_events", uuid, &[("rule", "'no_template'")])
            .await;
    }
    world.accepted(4).await;
    let mut watch = Watch::new(world.ledger.clone(), None);
    let found = watch.look(NOW).await.unwrap().get("crm").copied().unwrap();
    assert_eq!((found.unarchived, found.missing), (1, 0));
    let report = world.look().await;
    let hole = report.holes.first().unwrap();
    assert_eq!(
        (hole.source.as_str(), hole.minute, hole.events),
        ("crm", RECEIVED / 1_000_000, 1)
    );
    assert_eq!(hole.numbers, [(3, 3)]);
    assert!(!report.is_balanced());

    // It waited in a spool, and is seen on its way first.
    world.send(Topic::Raw, 3, b"{}".to_vec()).await;
    assert!(world.look().await.holes.is_empty());
    // An hour later, long out of the time a watch looks back, it asks about that minute again.
    world.raw(3).await;
    world
        .row("filtered_events", 3, &[("rule", "'no_template'")])
        .await;
    world.done("loader-archive-raw", Topic::Raw).await;
    world.done("enricher", Topic::Raw).await;
    let found = watch.look(NOW + 3_600_000_000).await.unwrap();
    assert_eq!(found.get("crm").copied().unwrap(), ledger::Found::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_keeps_what_is_missing_in_view_until_it_has_its_end() {
    let world = World::new().await;
    world.raw(1).await;
    let mut watch = Watch::new(world.ledger.clone(), None);
    for later in [0, 3_600_000_000, 7_200_000_000] {
        let found = watch.look(NOW + later).await.unwrap();
        assert_eq!(found.get("crm").unwrap().missing, 1, "after {later}");
    }
    world.row("deal_events", 1, &[("deal_id", "1")]).await;
    let found = watch.look(NOW + 10_800_000_000).await.unwrap();
    assert_eq!(found.get("crm").unwrap().missing, 0);
    // Its minute is counted anew, hours after it was looked at.
    let place = Place {
        sent: Sent::Live,
        company_id: COMPANY,
        source: "crm".to_owned(),
        minute: RECEIVED / 1_000_000,
    };
    let loaded = Cell { loaded: 1, ..cell(1) };
    assert_eq!(watch.counted(), [Counted { place, cell: loaded }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_on_where_somebody_has_looked() {
    let world = World::new().await;
    world.raw(1).await;
    // Nobody looked for hours, and it lies before the hour that is looked back otherwise.
    let hours_later = NOW + 3 * 3_600_000_000;
    let mut blind = Watch::new(world.ledger.clone(), None);
    assert!(blind.look(hours_later).await.unwrap().is_empty());
    let mut watch = Watch::new(world.ledger.clone(), Some(RECEIVED));
    let found = watch.look(hours_later).await.unwrap();
    assert_eq!(found.get("crm").unwrap().missing, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_archive_has_beyond_its_offset_is_counted_once() {
    let world = World::new().await;
    let config = world.kafka.clone();
    let identity = move || {
        kafka::admin::topic_identity(&config, Topic::Raw)
            .unwrap()
            .to_string()
    };
    let topic_id = tokio::task::spawn_blocking(identity).await.unwrap();
    // Both are in Kafka and in the archive, whose group has not said so yet; the third was answered and lost.
    for uuid in [1, 2] {
        world.send(Topic::Raw, uuid, b"{}".to_vec()).await;
        let (id, number, offset) = (format!("'{topic_id}'"), uuid.to_string(), (uuid - 1).to_string());
        let columns = [
            ("event_source", "'crm'"),
            ("kafka_topic_id", id.as_str()),
            ("kafka_offset", offset.as_str()),
            ("accept_instance", "'0'"),
            ("accept_boot", "'b'"),
            ("accept_number", number.as_str()),
        ];
        world.row("raw_events", uuid, &columns).await;
    }
    world.accepted(3).await;
    let report = world.look().await;
    let in_flight = Cell {
        in_flight: 2,
        ..cell(2)
    };
    assert_eq!(report.total(Sent::Live), in_flight);
    assert_eq!(report.holes.first().map(|hole| hole.events), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_finds_what_was_lost_after_hours_in_flight() {
    let world = World::new().await;
    world.send(Topic::Raw, 1, b"{}".to_vec()).await;
    let mut watch = Watch::new(world.ledger.clone(), None);
    for later in [0, 3_600_000_000, 7_200_000_000] {
        let found = watch.look(NOW + later).await.unwrap();
        assert_eq!(found.get("crm").unwrap().missing, 0, "after {later}");
    }
    world.done("enricher", Topic::Raw).await;
    let found = watch.look(NOW + 10_800_000_000).await.unwrap();
    assert_eq!(found.get("crm").unwrap().missing, 1);
}
