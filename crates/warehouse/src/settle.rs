//! After a crash: what did an insert whose answer nobody has leave behind?
//!
//! The order matters: [`Warehouse::end_inserts`] once the insert's deadline is past, so that it can bring nothing more; then
//! [`Warehouse::offsets_from`] is final. A table may have rows that its views were not fed with; [`Warehouse::feed_views`]
//! feeds them again, which is only right for views whose targets do not count (DESIGN 7).
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::insert::query_id;
use crate::{Error, Limits, Param, Table, Warehouse};

/// Most offsets that one question may bring; a batch has fewer.
const OFFSETS_MAX: u64 = 2_000_000;
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Events that are asked for at once.
const EVENTS_AT_ONCE_MAX: usize = 5_000;

/// A partition of a log whose rows carry `kafka_topic_id`, `kafka_partition`, `kafka_offset`, `kafka_batch_first_offset`.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub topic_id: &'a str,
    pub partition: i32,
}

/// An event as a base table has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Loaded {
    pub company_id: u64,
    /// As text.
    pub uuid: String,
    /// The greatest there is.
    pub revision: u8,
}

impl Warehouse {
    /// Ends the inserts whose token begins so, and waits until they are over.
    pub async fn end_inserts(&self, beginning: &str) -> Result<(), Error> {
        let cluster = &self.config.cluster;
        let on_cluster = if cluster.is_empty() {
            String::new()
        } else {
            format!("ON CLUSTER {cluster} ")
        };
        let name = query_id(beginning).replace('\\', "\\\\").replace('\'', "\\'");
        let sql = format!("KILL QUERY {on_cluster}WHERE startsWith(query_id, '{name}') SYNC FORMAT Null");
        self.execute(&sql).await
    }

    /// Which offsets from this one on the table has, ascending.
    pub async fn offsets_from(&self, table: &Table, place: Place<'_>, from: i64) -> Result<Vec<u64>, Error> {
        let sql = format!(
            "SELECT DISTINCT kafka_offset FROM {} WHERE {OF_PLACE} AND kafka_offset >= {{from:UInt64}} ORDER BY kafka_offset",
            table.name()
        );
        let mut parameters = of_place(place);
        parameters.push(("from", from.unsigned_abs().into()));
        let limits = Limits {
            rows_max: OFFSETS_MAX,
            bytes_max: ANSWER_BYTES_MAX,
            ..Limits::default()
        };
        let offsets: Vec<(u64,)> = self.select_within(&sql, &parameters, &limits).await?;
        Ok(offsets.into_iter().map(|(offset,)| offset).collect())
    }

    /// The first offset of the newest batch that the table has of this partition.
    pub async fn newest_batch(&self, table: &Table, place: Place<'_>) -> Result<Option<i64>, Error> {
        let sql = format!(
            "SELECT max(kafka_batch_first_offset), count() FROM {} WHERE {OF_PLACE}",
            table.name()
        );
        let found: Vec<(u64, u64)> = self.select(&sql, &of_place(place)).await?;
        let newest = found.first().filter(|(_, rows)| *rows > 0);
        Ok(newest.and_then(|(first, _)| i64::try_from(*first).ok()))
    }

    /// Feeds all views of the table with its rows of this partition from an offset on; how many views there are.
    pub async fn feed_views(&self, table: &Table, place: Place<'_>, from: i64) -> Result<usize, Error> {
        let views = self.views_of(table).await?;
        for view in &views {
            let base = format!("{}.{}", self.database(), table.name());
            // The filter is applied to the table inside of the view's own SELECT.
            let filter = format!(
                "kafka_topic_id = \\'{}\\' AND kafka_partition = {} AND kafka_offset >= {from}",
                place.topic_id.replace(['\\', '\''], ""),
                place.partition,
            );
            let sql = format!(
                "INSERT INTO {} ({}) SELECT {} FROM ({}) SETTINGS additional_table_filters = {{'{base}': '{filter}'}}, \
                 async_insert = 0",
                view.target,
                view.columns.join(", "),
                view.columns.join(", "),
                view.select,
            );
            self.execute(&sql).await?;
        }
        Ok(views.len())
    }

    /// Which of these events, company and UUID, a base table has. Asks for some thousands at a time.
    pub async fn loaded(&self, table: &Table, events: &[(u64, String)]) -> Result<Vec<Loaded>, Error> {
        let sql = format!(
            "SELECT event_company_id, toString(event_uuid), max(event_revision) FROM {} \
             WHERE event_company_id IN {{companies:Array(UInt64)}} \
             AND event_uuid IN (SELECT toUUID(arrayJoin({{uuids:Array(String)}}))) GROUP BY event_company_id, event_uuid",
            table.name()
        );
        let mut loaded = Vec::new();
        for some in events.chunks(EVENTS_AT_ONCE_MAX) {
            let mut companies: Vec<u64> = some.iter().map(|(company, _)| *company).collect();
            companies.sort_unstable();
            companies.dedup();
            let uuids: Vec<String> = some.iter().map(|(_, uuid)| uuid.clone()).collect();
            let parameters = [("companies", companies.into()), ("uuids", uuids.into())];
            // Of two companies each brings the other's as well.
            let asked: BTreeSet<(u64, &str)> = some
                .iter()
                .map(|(company, uuid)| (*company, uuid.as_str()))
                .collect();
            let found = self.select::<Loaded>(&sql, &parameters).await?;
            loaded.extend(
                found
                    .into_iter()
                    .filter(|event| asked.contains(&(event.company_id, event.uuid.as_str()))),
            );
        }
        Ok(loaded)
    }

    async fn views_of(&self, table: &Table) -> Result<Vec<View>, Error> {
        let views = "SELECT name, as_select, extract(create_table_query, ' TO ([A-Za-z0-9_.]+)') FROM system.tables \
                     WHERE database = {database:String} AND engine = 'MaterializedView' \
                     AND name IN (SELECT arrayJoin(dependencies_table) FROM system.tables \
                     WHERE database = {database:String} AND name = {table:String}) ORDER BY name";
        let database = ("database", Param::from(self.database()));
        let found: Vec<(String, String, String)> = self
            .select(views, &[database.clone(), ("table", table.name().into())])
            .await?;
        let mut views = Vec::new();
        for (name, select, target) in found {
            let columns = "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} \
                           ORDER BY position";
            let columns: Vec<(String,)> = self
                .select(columns, &[database.clone(), ("table", name.into())])
                .await?;
            views.push(View {
                select,
                target,
                columns: columns.into_iter().map(|(name,)| name).collect(),
            });
        }
        Ok(views)
    }
}

/// A materialized view.
struct View {
    select: String,
    /// The table it feeds.
    target: String,
    columns: Vec<String>,
}

const OF_PLACE: &str = "kafka_topic_id = {topic:String} AND kafka_partition = {partition:UInt32}";

fn of_place(place: Place<'_>) -> Vec<(&'static str, Param)> {
    vec![
        ("topic", place.topic_id.into()),
        ("partition", u64::from(place.partition.unsigned_abs()).into()),
    ]
}
