//! What an acknowledged insert means: the server has it, or the disk has it.
//!
//! ClickHouse ties the sync to the table, not to the insert, so the tables are set by a migration and held to it at each start.
use crate::config::Durability;
use crate::{Error, Table, Warehouse};

/// An insert is answered once its files, and the folder that names them, are on the disk; a merge does not undo it.
const FSYNC: [&str; 3] = [
    "fsync_after_insert",
    "fsync_part_directory",
    "min_rows_to_fsync_after_merge",
];

impl Warehouse {
    /// Sets all tables of the database as the configuration says.
    pub(crate) async fn set_durability(&self) -> Result<(), Error> {
        let cluster = &self.config.cluster;
        let on_cluster = if cluster.is_empty() {
            String::new()
        } else {
            format!(" ON CLUSTER {cluster}")
        };
        for (table, is_synced) in self.synced_tables().await? {
            let change = match (self.config.durability, is_synced) {
                (Durability::Fsync, false) => format!(
                    "MODIFY SETTING {}",
                    FSYNC.map(|name| format!("{name} = 1")).join(", ")
                ),
                (Durability::Server, true) => format!("RESET SETTING {}", FSYNC.join(", ")),
                (Durability::Fsync, true) | (Durability::Server, false) => continue,
            };
            self.execute(&format!("ALTER TABLE {table}{on_cluster} {change}"))
                .await?;
        }
        Ok(())
    }

    /// What is wrong with the table, when it must sync and does not.
    pub(crate) async fn durability_fault(&self, table: &Table) -> Result<Option<String>, Error> {
        if self.config.durability == Durability::Server {
            return Ok(None);
        }
        let tables = self.synced_tables().await?;
        let is_synced = tables
            .iter()
            .any(|(name, is_synced)| name == table.name() && *is_synced);
        Ok((!is_synced).then(|| format!("setting {} is missing", FSYNC.join(", "))))
    }

    /// All tables that keep rows, and whether an insert into them waits for the disk.
    async fn synced_tables(&self) -> Result<Vec<(String, bool)>, Error> {
        let sql = "SELECT name, create_table_query LIKE '%fsync_after_insert = 1%' FROM system.tables \
                   WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name";
        let found: Vec<(String, u8)> = self.select(sql, &[("database", self.database().into())]).await?;
        Ok(found
            .into_iter()
            .map(|(name, is_synced)| (name, is_synced == 1))
            .collect())
    }
}
