//! ClickHouse's own Kafka engine on the topic that the loader reads: it fills the same table and validates nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use serde::Deserialize;
use template::Template;
use template::column::{EnvelopeField, Source};
use warehouse::Limits;

use super::own::Stand;

/// Its usual settings, with the flush interval that a dashboard needs (7.5 s by default).
const SETTINGS: &str = "kafka_format = 'JSONEachRow', kafka_num_consumers = 1, kafka_flush_interval_ms = 250, \
     kafka_poll_timeout_ms = 100, kafka_max_block_size = 65536, kafka_handle_error_mode = 'stream', \
     date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1";

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
    let view = format!(
        "CREATE MATERIALIZED VIEW bench_feed TO {table} AS SELECT {} FROM bench_queue WHERE length(_error) = 0",
        chosen.join(", ")
    );
    Ok(stand.warehouse.execute(&view).await?)
}

/// Stops filling.
pub(super) async fn stop(stand: &Stand) -> Result<()> {
    stand.warehouse.execute("DROP TABLE bench_feed SYNC").await?;
    Ok(stand.warehouse.execute("DROP TABLE bench_queue SYNC").await?)
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
