//! The `omni.toml` that all stages of `omni dev` read: made at each start, mode 0600, your own settings over it.

use super::folder::{Folder, Secrets, write_private};
use super::ports::Ports;
use super::servers::DATABASE;
use super::stages::{NAMES, STOP_MS_MAX};
use super::{destinations, spend};
use crate::command::layers::{lay_over, stay_beside};
use anyhow::Context;
use local::clickhouse::{Credentials, DASHBOARD, WRITER};
use simulator::fields;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const HEADING: &str = "# Made by `omni dev` at each start; changes made here are lost. \
                       Put yours into a file and start with --config FILE.\n\n";
/// More than one, so that what holds for many is seen on one machine too; each costs requests and inserts of its own.
const PARTITIONS: i64 = 4;
/// The source that every pipeline of `omni dev` has.
pub(super) const SOURCE: &str = "pipedrive";

/// What the demo fills and shows.
const DEMO_BOARDS: [&str; 4] = [
    "pipedrive-deals/2.0",
    "pipedrive-leads/1.0",
    "pipedrive-activities/1.0",
    spend::TEMPLATE,
];

/// What the configuration is made of.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) ports: &'a Ports,
    pub(super) secrets: &'a Secrets,
    pub(super) credentials: &'a Credentials,
    /// The folder the dashboard is served from.
    pub(super) page: &'a Path,
    /// Where the simulated account answers, with `--demo`.
    pub(super) account: Option<String>,
}

/// Writes it and returns its path.
pub(super) fn write(folder: &Folder, parts: &Parts<'_>, own: Option<&Path>) -> anyhow::Result<PathBuf> {
    let mut tables = tables(folder, parts);
    if let Some(account) = &parts.account {
        lay_over(&mut tables, demo(account, parts));
        lay_over(
            &mut tables,
            Table::from_iter([("import".to_owned(), Value::Table(spend::import(folder)?))]),
        );
    }
    if let Some(own) = own {
        let text =
            std::fs::read_to_string(own).with_context(|| format!("could not read {}", own.display()))?;
        let mut own_tables = text
            .parse::<Table>()
            .with_context(|| format!("{}", own.display()))?;
        stay_beside(own, &mut own_tables);
        lay_over(&mut tables, own_tables);
    }
    spend::leave_out_where_not_loaded(&mut tables);
    let path = folder.path("omni.toml");
    write_private(&path, format!("{HEADING}{tables}").as_bytes())?;
    Ok(path)
}

fn tables(folder: &Folder, made: &Parts<'_>) -> Table {
    let ports = made.ports;
    let mut tables = Table::new();
    let mut set = |table: &str, key: &str, value: Value| {
        let entry = tables.entry(table).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(entry) = entry {
            entry.insert(key.to_owned(), value);
        }
    };
    set("stage", "stop_ms_max", Value::Integer(STOP_MS_MAX as i64));
    set("kafka", "bootstrap", local_address(ports.kafka).into());
    set("kafka", "partitions", Value::Integer(PARTITIONS));
    set(
        "warehouse",
        "url",
        format!("http://{}", local_address(ports.clickhouse)).into(),
    );
    set("warehouse", "database", DATABASE.into());
    set("warehouse", "user", WRITER.into());
    set("warehouse", "password", made.credentials.writer.as_str().into());
    for (name, port) in NAMES.iter().zip(ports.admin) {
        set(name, "admin_listen", local_address(port).into());
    }
    set("collector", "listen", local_address(ports.collector).into());
    set("reporting", "listen", local_address(ports.dashboard).into());
    set(
        "reporting",
        "web_dir",
        made.page.to_string_lossy().into_owned().into(),
    );
    set("reporting", "warehouse_user", DASHBOARD.into());
    set(
        "reporting",
        "warehouse_password",
        made.credentials.dashboard.as_str().into(),
    );
    set(
        "access",
        "keys_file",
        folder
            .path("access/keys.toml")
            .to_string_lossy()
            .into_owned()
            .into(),
    );
    set(
        "collector",
        "spool_dir",
        folder.path("spool").to_string_lossy().into_owned().into(),
    );
    set(
        "enricher",
        "state_dir",
        folder.path("enricher").to_string_lossy().into_owned().into(),
    );
    let secrets = made.secrets;
    let source = [
        ("user", secrets.source_user.as_str()),
        ("password", secrets.source_password.as_str()),
    ];
    set("source", SOURCE, table(source));
    // An empty board tells these, and can send a test event.
    let collector = format!("http://{}", local_address(ports.collector));
    let setup = [
        ("collector_url", collector.as_str()),
        ("source", SOURCE),
        ("user", secrets.source_user.as_str()),
        ("password", secrets.source_password.as_str()),
    ];
    set("reporting", "setup", table(setup));
    tables
}

/// What only `--demo` has: the account's API, its fields, the stand-in of a tag container, and a board of each kind.
fn demo(account: &str, parts: &Parts<'_>) -> Table {
    let secrets = parts.secrets;
    let mut tables = Table::new();
    let boards: Vec<Value> = DEMO_BOARDS.into_iter().map(Value::from).collect();
    for (stage, key) in [("loader", "templates"), ("reporting", "boards")] {
        tables.insert(stage.to_owned(), table([(key, boards.clone())]));
    }
    let mut source = Table::from_iter([
        ("api_url".to_owned(), account.into()),
        ("api_token".to_owned(), secrets.api_token.as_str().into()),
        // It bans as Pipedrive does: a demo whose collector was restarted goes on all the same.
        ("manage_webhooks".to_owned(), true.into()),
        ("reconcile_seconds".to_owned(), Value::Integer(600)),
    ]);
    let collector = local_address(parts.ports.collector);
    let url = format!("http://{collector}/webhooks/pipedrive/{SOURCE}");
    let webhooks = [
        ("url".to_owned(), url.into()),
        ("check_seconds".to_owned(), Value::Integer(60)),
    ];
    source.insert("webhooks".to_owned(), Value::Table(Table::from_iter(webhooks)));
    tables.insert("source".to_owned(), table([(SOURCE, Value::Table(source))]));
    let marketing = table([
        ("source_field", fields::MARKETING_SOURCE.key),
        ("campaign_field", fields::MARKETING_CAMPAIGN.key),
    ]);
    let contact = table([("position_field", fields::POSITION.key)]);
    let mut email = Table::new();
    email.insert("provider".to_owned(), "hunter".into());
    email.insert(
        "api_url".to_owned(),
        format!("{account}/v2/email-verifier").into(),
    );
    email.insert("api_key".to_owned(), secrets.api_token.as_str().into());
    email.insert("allow_private_addresses".to_owned(), true.into());
    tables.insert(
        "enricher".to_owned(),
        table([
            ("marketing", marketing),
            ("contact", contact),
            ("email", Value::Table(email)),
        ]),
    );
    tables.insert(
        "destination".to_owned(),
        Value::Table(destinations::of_demo(account)),
    );
    tables
}

fn table<V: Into<Value>>(entries: impl IntoIterator<Item = (&'static str, V)>) -> Value {
    Value::Table(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect(),
    )
}

pub(super) fn local_address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}
