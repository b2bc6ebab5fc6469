//! The engine's configuration: `config.xml` and `users.xml`, written anew at each start, mode 0600.

use super::Settings;
use super::credentials::{ADMIN, Credentials, DASHBOARD, LOADER, MIGRATOR, WRITER, write_private};
use super::grants::{DASHBOARD_GRANTS, LOADER_GRANTS, MIGRATOR_GRANTS};
use crate::Error;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A panel that takes longer is a bug, or an attack.
const DASHBOARD_SECONDS_MAX: u32 = 10;

/// The engine's own session, the one that opens the port, is always `default` without a password, and no
/// network rule tells it from a client. It may do what it needs and nothing else, and its two statements use
/// up its quota: whoever tries that name later can at most select constants.
const OWN_SESSION: &str = "
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>own_session</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
        <query>GRANT FILE ON *.*</query>
      </grants>
    </default>";

/// In seconds; the engine takes no greater one than about 68 years.
const OWN_SESSION_QUOTA: &str =
    "<own_session><interval><duration>1000000000</duration><queries>2</queries></interval></own_session>";

/// `keep_alive_timeout`: our clients keep idle sockets 2 s, so 3 is the least that never closes one under them.
const CONFIG: &str = "<clickhouse>
  <users_config>users.xml</users_config>
  <keep_alive_timeout>3</keep_alive_timeout>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <http_handlers>
    <rule><methods>GET</methods><url>/metrics</url><handler><type>prometheus</type><metrics>true</metrics><events>true</events><asynchronous_metrics>true</asynchronous_metrics></handler></rule>
    <defaults/>
  </http_handlers>
</clickhouse>
";

/// Writes both files and returns the path of `config.xml`.
pub(super) fn write(
    directory: &Path,
    credentials: &Credentials,
    settings: &Settings,
) -> Result<PathBuf, Error> {
    let config = directory.join("config.xml");
    let text = CONFIG.replace("{memory}", &settings.memory_bytes_max.to_string());
    write_private(&config, text.as_bytes())?;
    write_private(
        &directory.join("users.xml"),
        users(credentials, &settings.database).as_bytes(),
    )?;
    Ok(config)
}

fn users(credentials: &Credentials, database: &str) -> String {
    let admin = user(ADMIN, &credentials.admin, "default", &[]);
    let tables = format!(
        "GRANT SELECT, INSERT, ALTER TABLE, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE ON {database}.*"
    );
    let server = "GRANT KILL QUERY, CREATE TEMPORARY TABLE ON *.*";
    let engines = "GRANT TABLE ENGINE ON *";
    let system = "GRANT SELECT ON system.*";
    let writer = user(
        WRITER,
        &credentials.writer,
        "default",
        &[&tables, server, engines, system],
    );
    let least = |name, password, profile, grants: &[&str]| {
        let grants: Vec<String> = grants
            .iter()
            .map(|grant| grant.replace("{database}", database))
            .collect();
        let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
        user(name, password, profile, &grants)
    };
    let dashboard = least(DASHBOARD, &credentials.dashboard, "dashboard", DASHBOARD_GRANTS);
    let loader = least(LOADER, &credentials.writer, "default", LOADER_GRANTS);
    let migrator = least(MIGRATOR, &credentials.writer, "default", MIGRATOR_GRANTS);
    format!(
        "<clickhouse>
  <profiles>
    <default/>
    <dashboard>
      <readonly>2</readonly>
      <max_execution_time>{DASHBOARD_SECONDS_MAX}</max_execution_time>
      <constraints><max_execution_time><max>{DASHBOARD_SECONDS_MAX}</max></max_execution_time></constraints>
    </dashboard>
  </profiles>
  <quotas><default/>{OWN_SESSION_QUOTA}</quotas>
  <users>{OWN_SESSION}{admin}{writer}{dashboard}{loader}{migrator}
  </users>
</clickhouse>
"
    )
}

/// A user with grants of its own can't read files of the machine; the one without can, and is ours alone.
fn user(name: &str, password: &str, profile: &str, grants: &[&str]) -> String {
    let hash = hex(&Sha256::digest(password.as_bytes()));
    let mut list = String::new();
    for grant in grants {
        list += "<query>";
        list += grant;
        list += "</query>";
    }
    let grants = if list.is_empty() {
        list
    } else {
        format!("<grants>{list}</grants>")
    };
    format!(
        "
    <{name}>
      <password_sha256_hex>{hash}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>{profile}</profile>
      <quota>default</quota>
      {grants}
    </{name}>"
    )
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
