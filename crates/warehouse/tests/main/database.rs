//! A database of a test's own.
use template::Column;
use template::column::ColumnType;
use warehouse::{Config, Table, Warehouse};

/// A pool to a new database that does not exist yet.
pub(crate) fn fresh() -> Warehouse {
    let server = local::testing::clickhouse();
    let config = Config {
        url: server.url.clone(),
        user: server.user.clone(),
        password: Some(server.password.clone().into()),
        database: format!("test_{}", uuid::Uuid::new_v4().simple()),
        ..Config::default()
    };
    Warehouse::connect(&config).unwrap()
}

/// The same, created.
pub(crate) async fn created() -> Warehouse {
    let warehouse = fresh();
    warehouse::migrate::apply(&warehouse, &[]).await.unwrap();
    warehouse
}

pub(crate) fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let columns = columns
        .iter()
        .map(|(name, kind)| Column::plain(name, ColumnType::parse(kind).unwrap()))
        .collect();
    Table::new(name, columns).unwrap()
}
