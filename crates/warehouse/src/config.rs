//! The `[warehouse]` table of `omni.toml`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};

/// How to reach ClickHouse, and what its tables are made of.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `http://host:8123` or `https://host:8443`.
    pub url: String,
    /// Certificates that sign the server's; the system's when absent.
    pub ca_file: Option<PathBuf>,
    /// All tables are in this database.
    pub database: String,
    /// ClickHouse user.
    pub user: String,
    /// Its password; never shown.
    #[serde(serialize_with = "masked")]
    pub password: Option<SecretString>,
    /// ClickHouse user who may make and change tables, for `omni migrate` and `omni erase`; empty: `user`.
    pub migrator_user: String,
    /// Its password; never shown.
    #[serde(serialize_with = "masked")]
    pub migrator_password: Option<SecretString>,
    /// How tables are kept on the server.
    pub engine: Engine,
    /// Name of the cluster that tables are created on; empty for none.
    pub cluster: String,
    /// Longest time one insert may take, by the server's clock; later it inserts nothing.
    pub insert_deadline_ms: u64,
    /// What an acknowledged insert means; `omni migrate` sets the tables to it.
    pub durability: Durability,
    /// ClickHouse settings sent with each statement, by their own names.
    pub settings: BTreeMap<String, String>,
}

/// The family of table engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// `MergeTree`: one server.
    #[default]
    MergeTree,
    /// `ReplicatedMergeTree`: needs a keeper.
    Replicated,
}

/// When an insert counts as done, and so when offsets are committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The server has it: it survives a kill -9 of the server, not a loss of power.
    #[default]
    Server,
    /// The disk has it.
    Fsync,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8123".to_owned(),
            ca_file: None,
            database: "omni".to_owned(),
            user: "default".to_owned(),
            password: None,
            migrator_user: String::new(),
            migrator_password: None,
            engine: Engine::default(),
            cluster: String::new(),
            insert_deadline_ms: 10_000,
            durability: Durability::default(),
            settings: BTreeMap::new(),
        }
    }
}

impl Config {
    /// The way in of who makes and changes tables.
    #[must_use]
    pub fn migrator(&self) -> Self {
        let mut migrator = self.clone();
        if !self.migrator_user.is_empty() {
            migrator.user.clone_from(&self.migrator_user);
            migrator.password.clone_from(&self.migrator_password);
        }
        migrator
    }
}

/// As a person may see it.
#[expect(clippy::ref_option, reason = "serde hands the field as it is")]
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.is_some() { "***" } else { "" })
}
