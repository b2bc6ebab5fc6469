//! ClickHouse's own Kafka engine on the topic that the loader reads: it fills the same table, keeps what it cannot read, and checks
//! what SQL checks well of the template's schema: enumerations and ranges.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;
use template::Template;
use template::column::{EnvelopeField, Source};
use warehouse::Limits;

use super::own::Stand;

/// Its usual settings, with the flush interval that a dashboard needs (7.5 s by default).
const SETTINGS: &str = "kafka_format = 'JSONEachRow', kafka_num_consumers = 1, kafka_flush_interval_ms = 250, \
     kafka_poll_timeout_ms = 100, kafka_max_block_size = 65536, kafka_handle_error_mode = 'stream', \
     date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1";

const REFUSED: &str =
    "CREATE TABLE bench_refused (message String, error String) ENGINE = MergeTree ORDER BY ()";
const REFUSED_FEED: &str = "CREATE MATERIALIZED VIEW bench_refused_feed TO bench_refused AS \
     SELECT _raw_message AS message, _error AS error FROM bench_queue WHERE length(_error) > 0";

#[derive(Debug, Deserialize)]
struct Typed {
    name: String,
    r#type: String,
}

/// Begins to fill the template's base table from omni.flat, whose events have these keys.
pub(super) async fn fill(stand: &Stand, template: &Template, keys: &BTreeSet<String>) -> Result<()> {
    let table = template.base_table();
    let types: BTreeMap<String, String> = stand
        .warehouse
        .select_within::<Typed>(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
            &[("table", table.into())],
            &Limits::default(),
        )
        .await?
        .into_iter()
        .map(|column| (column.name, column.r#type))
        .collect();
    let (mut queue, mut chosen) = (BTreeMap::new(), Vec::new());
    for column in template.columns() {
        let (name, Some(kind)) = (&column.name, types.get(&column.name)) else {
            continue;
        };
        match &column.source {
            Source::Field(key) if keys.contains(key) => {
                queue.insert(key.clone(), kind.clone());
                chosen.push(format!("`{key}` AS `{name}`"));
            }
            Source::Envelope(field) => chosen.extend(envelope(*field, name).map(|(key, expression)| {
                if key {
                    queue.insert(name.clone(), kind.clone());
                }
                format!("{expression} AS `{name}`")
            })),
            Source::Field(_) | Source::Gather(_) => {}
        }
    }
    let topic = kafka::Topic::Flat.name(&stand.corner.kafka);
    let mut sql = String::new();
    write!(
        sql,
        "CREATE TABLE bench_queue ({}) ENGINE = Kafka SETTINGS kafka_broker_list = '{}', kafka_topic_list = '{topic}', \
         kafka_group_name = '{topic}engine', {SETTINGS}",
        queue
            .iter()
            .map(|(key, kind)| format!("`{key}` {kind}"))
            .collect::<Vec<_>>()
            .join(", "),
        stand.corner.kafka.bootstrap
    )?;
    stand.warehouse.execute(&sql).await?;
    let mut checks = vec!["length(_error) = 0".to_owned()];
    checks.extend(checks_of(template, &queue)?);
    let view = format!(
        "CREATE MATERIALIZED VIEW bench_feed TO {table} AS SELECT {} FROM bench_queue WHERE {}",
        chosen.join(", "),
        checks.join(" AND ")
    );
    for statement in [REFUSED, REFUSED_FEED, &view] {
        stand.warehouse.execute(statement).await?;
    }
    Ok(())
}

/// Stops filling.
pub(super) async fn stop(stand: &Stand) -> Result<()> {
    for table in ["bench_feed", "bench_refused_feed", "bench_queue", "bench_refused"] {
        stand
            .warehouse
            .execute(&format!("DROP TABLE {table} SYNC"))
            .await?;
    }
    Ok(())
}

/// The schema's enumerations and ranges over the columns of the queue. A field that is absent has its column's default or NULL.
fn checks_of(template: &Template, columns: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut files = template.files();
    let file = files.find(|(path, _)| path.ends_with(".schema.json"));
    let (_, text) = file.context("the template has no schema")?;
    let schema: Value = serde_json::from_str(text)?;
    let mut checks = Vec::new();
    for (column, kind) in columns {
        let Some(field) = schema.pointer(&format!("/properties/{column}")) else {
            continue;
        };
        let named = field.get("$ref").and_then(Value::as_str);
        let shared = named.and_then(|name| schema.pointer(name.strip_prefix('#')?));
        checks.extend(check(column, kind, shared.unwrap_or(field)));
    }
    Ok(checks)
}

fn check(column: &str, kind: &str, rule: &Value) -> Option<String> {
    if let Some(words) = rule.get("enum").and_then(Value::as_array) {
        let known = words.iter().map(|word| match word {
            Value::String(word) => format!("'{word}'"),
            other => other.to_string(),
        });
        let absent = if kind.contains("String") { "''" } else { "0" };
        let list = known.chain([absent.to_owned()]).collect::<Vec<_>>().join(", ");
        return Some(format!("`{column}` IN ({list})"));
    }
    let bound = |name: &str| rule.get(name).filter(|bound| bound.is_number());
    let (least, most) = (bound("minimum")?, bound("maximum")?);
    if kind.contains("String") {
        return None;
    }
    let within = format!("(`{column}` >= {least} AND `{column}` <= {most})");
    Some(if kind.starts_with("Nullable") {
        format!("ifNull({within}, true)")
    } else {
        within
    })
}

/// Whether it stands in the event, and how it is told; `None` where the engine knows nothing of it.
fn envelope(field: EnvelopeField, name: &str) -> Option<(bool, String)> {
    Some(match field {
        EnvelopeField::Partition => (false, "_partition".to_owned()),
        EnvelopeField::Offset => (false, "_offset".to_owned()),
        EnvelopeField::Kind | EnvelopeField::TopicId | EnvelopeField::BatchFirstOffset => return None,
        _ => (true, format!("`{name}`")),
    })
}
