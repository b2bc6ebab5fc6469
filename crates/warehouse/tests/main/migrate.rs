//! Twice is once; what was changed is refused.
use template::{Migration, Registry};
use warehouse::config::Durability;
use warehouse::migrate::{SHARED_SCOPE, Scope, apply, shared};
use warehouse::{Error, Table, Warehouse};

use crate::database;

#[tokio::test]
async fn the_shipped_tables_are_created_once_and_fit_their_templates() {
    let warehouse = database::fresh();
    let shared = shared().unwrap();
    let registry = Registry::builtin().unwrap();
    let mut scopes = vec![Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    scopes.extend(registry.iter().map(|t| Scope {
        name: t.key(),
        migrations: t.migrations(),
    }));

    let first = apply(&warehouse, &scopes).await.unwrap();
    assert_eq!(first.unchanged, 0);
    assert!(
        first
            .applied
            .contains(&"pipedrive-deals/2.0 0001_deal_events".to_owned()),
        "{first:?}"
    );
    let second = apply(&warehouse, &scopes).await.unwrap();
    assert_eq!((second.applied.len(), second.unchanged), (0, first.applied.len()));

    for template in registry.iter() {
        let table = Table::new(template.base_table(), template.columns().to_vec()).unwrap();
        warehouse.check(&table).await.unwrap();
    }
    assert_eq!(rewritten_for_a_few_rows(&warehouse).await, Vec::<String>::new());
}

/// Tables set for small inserts whose large parts would be merged with each few small ones (docs/decisions/0021-merges.md).
async fn rewritten_for_a_few_rows(warehouse: &Warehouse) -> Vec<String> {
    let sql = "SELECT name FROM system.tables WHERE database = {database:String} \
               AND create_table_query LIKE '%min_parts_to_merge_at_once%' \
               AND NOT (create_table_query LIKE '%merge_selector_base%' \
                   AND create_table_query LIKE '%remove_small_parts_at_right = 0%') ORDER BY name";
    let parameters = [("database", warehouse.database().into())];
    let found: Vec<(String,)> = warehouse.select(sql, &parameters).await.unwrap();
    found.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn two_that_migrate_at_once_agree() {
    let warehouse = database::fresh();
    let shared = shared().unwrap();
    let scopes = [Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    let (left, right) = tokio::join!(apply(&warehouse, &scopes), apply(&warehouse, &scopes));
    left.unwrap();
    right.unwrap();
    assert_eq!(apply(&warehouse, &scopes).await.unwrap().unchanged, shared.len());
}

fn migration(number: u32, sql: &str) -> Migration {
    Migration {
        number,
        name: format!("{number:04}_x"),
        sql: sql.to_owned(),
    }
}

#[tokio::test]
async fn a_changed_or_late_migration_is_refused_and_nothing_is_done() {
    let warehouse = database::fresh();
    let create = |table: &str| {
        format!("CREATE TABLE IF NOT EXISTS {table} (id UInt64) ENGINE = ${{family}}MergeTree ORDER BY id")
    };
    let applied = [migration(2, &create("second"))];
    apply(
        &warehouse,
        &[Scope {
            name: "x",
            migrations: &applied,
        }],
    )
    .await
    .unwrap();

    let changed = [migration(2, &create("other")), migration(3, &create("third"))];
    let refused = apply(
        &warehouse,
        &[Scope {
            name: "x",
            migrations: &changed,
        }],
    )
    .await
    .unwrap_err();
    assert!(matches!(refused, Error::Changed { .. }), "{refused}");

    let late = [migration(1, &create("first")), migration(2, &create("second"))];
    let refused = apply(
        &warehouse,
        &[Scope {
            name: "x",
            migrations: &late,
        }],
    )
    .await
    .unwrap_err();
    assert!(matches!(refused, Error::Late { .. }), "{refused}");

    let tables: Vec<(String,)> = warehouse
        .select(
            "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        tables,
        [("schema_migrations".to_owned(),), ("second".to_owned(),)]
    );
}

#[tokio::test]
async fn tables_wait_for_the_disk_when_told_to_and_no_longer_when_not() {
    let warehouse = database::fresh();
    let shared = shared().unwrap();
    let scope = [Scope {
        name: SHARED_SCOPE,
        migrations: &shared,
    }];
    apply(&warehouse, &scope).await.unwrap();
    let table = database::table("loader_probe", &[("probe", "String")]);
    let synced = database::with_durability(&warehouse, Durability::Fsync);
    let refused = synced.check(&table).await.unwrap_err().to_string();
    assert!(
        refused.contains("fsync_after_insert") && refused.contains("omni migrate"),
        "{refused}"
    );
    apply(&synced, &scope).await.unwrap();
    synced.check(&table).await.unwrap();
    synced.probe("synced").await.unwrap();
    let fsynced = "SELECT toUInt64(countIf(create_table_query LIKE '%fsync_after_insert = 1%')) FROM system.tables \
                   WHERE database = currentDatabase() AND engine LIKE '%MergeTree'";
    let count =
        |warehouse: Warehouse| async move { warehouse.select::<(u64,)>(fsynced, &[]).await.unwrap()[0].0 };
    assert!(count(synced.clone()).await > 5);
    apply(&warehouse, &scope).await.unwrap();
    assert_eq!(count(warehouse).await, 0);
}
