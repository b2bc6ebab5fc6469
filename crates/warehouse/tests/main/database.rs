//! A database of a test's own.
use template::Column;
use template::column::ColumnType;
use warehouse::config::Durability;
use warehouse::{Config, Table, Warehouse};

/// A pool to a new database that does not exist yet.
pub(crate) fn fresh() -> Warehouse {
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    Warehouse::connect(&config(name)).unwrap()
}

/// A pool to the same database with another durability.
pub(crate) fn with_durability(warehouse: &Warehouse, durability: Durability) -> Warehouse {
    let config = Config {
        durability,
        ..config(warehouse.database().to_owned())
    };
    Warehouse::connect(&config).unwrap()
}

fn config(database: String) -> Config {
    let server = local::testing::clickhouse();
    Config {
        url: server.url.clone(),
        user: server.user.clone(),
        password: Some(server.password.clone().into()),
        database,
        ..Config::default()
    }
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
