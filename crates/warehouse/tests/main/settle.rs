//! After a crash: what is there, what the views lack, and that nothing more can come.
use warehouse::migrate::{SHARED_SCOPE, Scope, apply, shared};
use warehouse::{Place, Table, Warehouse};

use crate::database;

const PLACE: Place<'static> = Place {
    topic_id: "t",
    partition: 3,
};

async fn with_views(warehouse: &Warehouse) -> Table {
    for sql in [
        "CREATE TABLE events (event_company_id UInt64, event_uuid UUID, event_revision UInt8, word String, \
         kafka_topic_id LowCardinality(String), kafka_partition UInt32, kafka_offset UInt64, \
         kafka_batch_first_offset UInt64) ENGINE = ReplacingMergeTree ORDER BY (kafka_partition, kafka_offset) \
         SETTINGS non_replicated_deduplication_window = 100",
        "INSERT INTO events SELECT 7, toUUID('00000000-0000-4000-8000-0000000000' || leftPad(toString(number), 2, '0')), \
         number % 2, if(number % 2 = 0, 'even', 'odd'), if(number = 9, 'other', 't'), if(number = 8, 4, 3), number, \
         intDiv(number, 4) * 4 FROM numbers(10)",
        // Made after the rows: as if the server had died between table and views.
        "CREATE TABLE latest (word String, kafka_offset UInt64) ENGINE = ReplacingMergeTree(kafka_offset) ORDER BY word \
         SETTINGS non_replicated_deduplication_window = 100",
        "CREATE MATERIALIZED VIEW latest_view TO latest AS SELECT word, kafka_offset FROM events",
        "CREATE TABLE seen (word String, last SimpleAggregateFunction(max, UInt64)) ENGINE = AggregatingMergeTree \
         ORDER BY word SETTINGS non_replicated_deduplication_window = 100",
        "CREATE MATERIALIZED VIEW seen_view TO seen AS SELECT max(kafka_offset) AS last, word FROM events GROUP BY word",
    ] {
        warehouse.execute(sql).await.unwrap();
    }
    database::table("events", &[("kafka_offset", "UInt64")])
}

#[tokio::test]
async fn the_table_tells_its_offsets_and_its_newest_batch() {
    let warehouse = database::created().await;
    let table = with_views(&warehouse).await;
    let offsets = |from| warehouse.offsets_from(&table, PLACE, from);
    assert_eq!(offsets(5).await.unwrap(), [5, 6, 7]);
    assert_eq!(offsets(8).await.unwrap(), [] as [u64; 0]);
    assert_eq!(warehouse.newest_batch(&table, PLACE).await.unwrap(), Some(4));
    let empty = Place {
        topic_id: "another",
        ..PLACE
    };
    assert_eq!(warehouse.newest_batch(&table, empty).await.unwrap(), None);
}

#[tokio::test]
async fn views_are_fed_again_with_just_those_rows() {
    let warehouse = database::created().await;
    let table = with_views(&warehouse).await;
    for _ in 0..2 {
        assert_eq!(warehouse.feed_views(&table, PLACE, 4).await.unwrap(), 2);
    }
    let latest: Vec<(String, u64)> = warehouse
        .select("SELECT word, kafka_offset FROM latest FINAL ORDER BY word", &[])
        .await
        .unwrap();
    assert_eq!(latest, [("even".to_owned(), 6), ("odd".to_owned(), 7)]);
    let seen: Vec<(String, u64)> = warehouse
        .select(
            "SELECT word, max(last) FROM seen GROUP BY word ORDER BY word",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(seen, [("even".to_owned(), 6), ("odd".to_owned(), 7)]);
}

#[tokio::test]
async fn loaded_events_are_known_with_their_newest_revision() {
    let warehouse = database::created().await;
    let table = with_views(&warehouse).await;
    let uuid = |n: u32| format!("00000000-0000-4000-8000-0000000000{n:02}");
    let asked = [(7, uuid(3)), (7, uuid(4)), (8, uuid(5)), (7, uuid(77))];
    let mut loaded = warehouse.loaded(&table, &asked).await.unwrap();
    loaded.sort_by_key(|event| event.uuid.clone());
    let found: Vec<_> = loaded
        .iter()
        .map(|event| (event.company_id, event.uuid.clone(), event.revision))
        .collect();
    assert_eq!(found, [(7, uuid(3), 1), (7, uuid(4), 0)]);
}

#[tokio::test]
async fn inserts_are_ended_by_the_beginning_of_their_token() {
    let warehouse = database::created().await;
    // None is under way, also with a name that would end the text.
    for name in ["c/t/events/0/1-2/", "o'clock\\"] {
        warehouse.end_inserts(name).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_as_it_must_be_passes_the_probe() {
    let warehouse = database::fresh();
    let scope = Scope {
        name: SHARED_SCOPE,
        migrations: &shared().unwrap(),
    };
    apply(&warehouse, &[scope]).await.unwrap();
    warehouse.probe("first").await.unwrap();
    warehouse.probe("second").await.unwrap();
    // One that forgets tokens does not.
    warehouse
        .execute("ALTER TABLE loader_probe MODIFY SETTING non_replicated_deduplication_window = 0")
        .await
        .unwrap();
    let refused = warehouse.probe("third").await.unwrap_err().to_string();
    assert!(refused.contains("stored again"), "{refused}");
}
