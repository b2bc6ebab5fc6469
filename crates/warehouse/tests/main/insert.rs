//! Once under its token, never after its deadline, in the table and in what its view feeds.
use std::time::Duration;

use template::Value;
use warehouse::{Block, Class, Deadline, Error, Insert, Table, Warehouse};

use crate::database;

async fn with_view(warehouse: &Warehouse) -> Table {
    for sql in [
        "CREATE TABLE events (id UInt64, word LowCardinality(String), loaded_at DateTime64(6, 'UTC') DEFAULT now64(6), \
         insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3), CONSTRAINT in_time CHECK nowInBlock64(3) < insert_deadline) \
         ENGINE = ReplacingMergeTree ORDER BY id PARTITION BY id % 3 SETTINGS non_replicated_deduplication_window = 100",
        "CREATE TABLE counted (word String, seen UInt64) ENGINE = MergeTree ORDER BY word PARTITION BY cityHash64(word) % 2 \
         SETTINGS non_replicated_deduplication_window = 100",
        "CREATE MATERIALIZED VIEW counted_view TO counted AS SELECT word, count() AS seen FROM events GROUP BY word",
    ] {
        warehouse.execute(sql).await.unwrap();
    }
    database::table("events", &[("id", "UInt64"), ("word", "LowCardinality(String)")])
}

fn block(table: &Table, ids: std::ops::Range<u64>) -> Block {
    let mut block = Block::new(table.columns());
    for id in ids {
        let word = if id % 2 == 0 { "even" } else { "odd" };
        block
            .push(table.columns(), &[Value::UInt(id), Value::text(word)])
            .unwrap();
    }
    block
}

async fn counts(warehouse: &Warehouse) -> (u64, u64) {
    let sql = "SELECT (SELECT count() FROM events), (SELECT sum(seen) FROM counted)";
    warehouse.select::<(u64, u64)>(sql, &[]).await.unwrap()[0]
}

#[tokio::test]
async fn a_repeated_token_is_stored_once_in_table_and_view() {
    let warehouse = database::created().await;
    let table = with_view(&warehouse).await;
    warehouse.check(&table).await.unwrap();
    let block = block(&table, 0..100);
    for _ in 0..3 {
        let deadline = warehouse.insert_deadline().await.unwrap();
        warehouse
            .insert(&Insert {
                table: &table,
                block: &block,
                token: "a",
                deadline,
            })
            .await
            .unwrap();
    }
    assert_eq!(counts(&warehouse).await, (100, 100));
    let deadline = warehouse.insert_deadline().await.unwrap();
    warehouse
        .insert(&Insert {
            table: &table,
            block: &block,
            token: "b",
            deadline,
        })
        .await
        .unwrap();
    assert_eq!(
        counts(&warehouse).await,
        (200, 200),
        "another token is another insert, even of the same rows"
    );
}

#[tokio::test]
async fn after_its_deadline_an_insert_does_nothing_and_keeps_its_token() {
    let warehouse = database::created().await;
    let table = with_view(&warehouse).await;
    let block = block(&table, 0..10);
    let late = Deadline(warehouse.deadline(Duration::ZERO).await.unwrap().0 - 1_000);
    let refused = warehouse
        .insert(&Insert {
            table: &table,
            block: &block,
            token: "a",
            deadline: late,
        })
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Deadline { .. }), "{refused}");
    assert_eq!(refused.class(), Class::Retry);
    assert_eq!(counts(&warehouse).await, (0, 0));
    let deadline = warehouse.insert_deadline().await.unwrap();
    warehouse
        .insert(&Insert {
            table: &table,
            block: &block,
            token: "a",
            deadline,
        })
        .await
        .unwrap();
    assert_eq!(counts(&warehouse).await, (10, 10));
}

#[tokio::test]
async fn a_body_that_begins_in_time_and_ends_late_inserts_nothing() {
    let warehouse = database::created().await;
    with_view(&warehouse).await;
    let slow = "INSERT INTO events (id, word, insert_deadline) \
                SELECT number, 'x', now64(3) + INTERVAL 500 MILLISECOND FROM numbers(3) WHERE sleepEachRow(0.3) = 0";
    let refused = warehouse.execute(slow).await.unwrap_err();
    assert!(matches!(refused, Error::Deadline { .. }), "{refused}");
    assert_eq!(counts(&warehouse).await, (0, 0));
}

#[tokio::test]
async fn a_table_that_would_take_a_late_insert_is_refused() {
    let warehouse = database::created().await;
    let create = "CREATE TABLE t (id UInt64, insert_deadline DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY id";
    warehouse.execute(create).await.unwrap();
    let fault = warehouse
        .check(&database::table("t", &[("id", "UInt64")]))
        .await
        .unwrap_err();
    assert!(
        fault
            .to_string()
            .contains("constraint in_time on column insert_deadline is missing"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_token_is_remembered_for_a_block_of_the_largest_batch() {
    let warehouse = database::created().await;
    let table = with_view(&warehouse).await;
    let block = block(&table, 0..50_000);
    for _ in 0..2 {
        let deadline = warehouse.insert_deadline().await.unwrap();
        warehouse
            .insert(&Insert {
                table: &table,
                block: &block,
                token: "large",
                deadline,
            })
            .await
            .unwrap();
    }
    assert_eq!(counts(&warehouse).await, (50_000, 50_000));
}

#[tokio::test]
async fn a_table_that_differs_is_told_with_all_its_faults() {
    let warehouse = database::created().await;
    with_view(&warehouse).await;
    let table = database::table("events", &[("id", "String"), ("other", "UInt8")]);
    let fault = warehouse.check(&table).await.unwrap_err();
    let text = fault.to_string();
    for part in [
        "column id is UInt64, not String",
        "column other is missing",
        "column word is not filled",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(fault.class(), Class::Fatal);
    let missing = warehouse
        .check(&database::table("nothing", &[("id", "UInt64")]))
        .await
        .unwrap_err();
    assert!(missing.to_string().contains("does not exist"), "{missing}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_worth_another_try() {
    let config = warehouse::Config {
        url: "http://127.0.0.1:1".to_owned(),
        ..warehouse::Config::default()
    };
    let warehouse = Warehouse::connect(&config).unwrap();
    assert_eq!(warehouse.ping().await.unwrap_err().class(), Class::Retry);
}
