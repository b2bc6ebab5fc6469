//! The personal columns of every table that any template of this program has in the warehouse, loaded now or once.

use std::collections::{BTreeMap, BTreeSet};

use template::Registry;
use uuid::Uuid;
use warehouse::mutate::{Change, Rows};
use warehouse::{Param, Warehouse};

use super::Who;

/// Events in one question or statement.
const EVENTS_AT_ONCE: usize = 1_000;

const COLUMNS: &str =
    "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}";

/// A table with what is personal in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) table: String,
    /// The column that says whose it is; without one, its events say it.
    contact: Option<String>,
    /// Name and type.
    columns: Vec<(String, String)>,
}

/// All such tables that are there.
pub(super) async fn stored(warehouse: &Warehouse, registry: &Registry) -> anyhow::Result<Vec<Stored>> {
    let mut stored: BTreeMap<String, Stored> = BTreeMap::new();
    for template in registry.iter() {
        let personal = &template.manifest().personal;
        for table in template.tables() {
            let parameters = [("database", warehouse.database().into()), ("table", table.into())];
            let there: Vec<(String, String)> = warehouse.select(COLUMNS, &parameters).await?;
            let contact = personal.contact.as_ref();
            let found = Stored {
                table: table.to_owned(),
                contact: contact
                    .filter(|contact| there.iter().any(|(name, _)| name == *contact))
                    .cloned(),
                columns: there
                    .into_iter()
                    .filter(|(name, _)| personal.columns.contains(name))
                    .collect(),
            };
            if !found.columns.is_empty() {
                stored.insert(table.to_owned(), found);
            }
        }
    }
    Ok(stored.into_values().collect())
}

impl Stored {
    /// The contact's events, as a table knows them that names the contact.
    pub(super) async fn events(&self, warehouse: &Warehouse, who: Who) -> anyhow::Result<BTreeSet<Uuid>> {
        let Some(contact) = &self.contact else {
            return Ok(BTreeSet::new());
        };
        let sql = format!(
            "SELECT DISTINCT event_uuid FROM {} WHERE event_company_id = {{company:UInt64}} AND {contact} = {{id:UInt64}}",
            self.table
        );
        let limits = warehouse::Limits {
            rows_max: 5_000_000,
            bytes_max: 512 * 1024 * 1024,
            seconds_max: 600,
        };
        let rows: Vec<(Uuid,)> = warehouse.select_within(&sql, &parameters(who), &limits).await?;
        Ok(rows.into_iter().map(|(uuid,)| uuid).collect())
    }

    /// Rows that say who the contact is.
    pub(super) async fn count(
        &self,
        warehouse: &Warehouse,
        who: Who,
        events: &BTreeSet<Uuid>,
    ) -> anyhow::Result<u64> {
        let says: Vec<String> = self
            .columns
            .iter()
            .map(|(name, kind)| filled(name, kind))
            .collect();
        let sql = |rows: &str| {
            format!(
                "SELECT count() FROM {} WHERE event_company_id = {{company:UInt64}} AND {rows} AND ({})",
                self.table,
                says.join(" OR ")
            )
        };
        if let Some(contact) = &self.contact {
            let sql = sql(&format!("{contact} = {{id:UInt64}}"));
            let found: Vec<(u64,)> = warehouse.select(&sql, &parameters(who)).await?;
            return Ok(found.first().map_or(0, |(rows,)| *rows));
        }
        let sql = sql("event_uuid IN (SELECT toUUID(arrayJoin({uuids:Array(String)})))");
        let mut rows = 0;
        for some in chunks(events) {
            let uuids = some.iter().map(Uuid::to_string).collect();
            let mut parameters = parameters(who);
            parameters.push(("uuids", Param::Texts(uuids)));
            let found: Vec<(u64,)> = warehouse.select(&sql, &parameters).await?;
            rows += found.first().map_or(0, |(rows,)| *rows);
        }
        Ok(rows)
    }

    /// Empties the personal columns of the contact's rows; the rows stay, and count as before.
    pub(super) async fn clear(
        &self,
        warehouse: &Warehouse,
        who: Who,
        events: &BTreeSet<Uuid>,
    ) -> anyhow::Result<()> {
        let change = Change::Empty(self.columns.clone());
        let rows = match &self.contact {
            Some(column) => vec![Rows::With {
                column: column.clone(),
                id: who.person_id,
            }],
            None => chunks(events).into_iter().map(Rows::Events).collect(),
        };
        for rows in rows {
            warehouse
                .mutate(&self.table, &change, who.company_id, &rows)
                .await?;
        }
        Ok(())
    }
}

fn parameters(who: Who) -> Vec<(&'static str, Param)> {
    vec![
        ("company", Param::UInt(who.company_id)),
        ("id", Param::UInt(who.person_id)),
    ]
}

fn chunks(events: &BTreeSet<Uuid>) -> Vec<Vec<Uuid>> {
    let events: Vec<Uuid> = events.iter().copied().collect();
    events.chunks(EVENTS_AT_ONCE).map(<[Uuid]>::to_vec).collect()
}

/// True of a cell that says something.
fn filled(name: &str, kind: &str) -> String {
    if kind.starts_with("Array") {
        format!("notEmpty({name})")
    } else if kind.contains("Nullable") {
        format!("isNotNull({name})")
    } else if kind.contains("Date") {
        // What nobody filled is the first day of the epoch, or of the type.
        format!("toYear({name}) NOT IN (1900, 1970)")
    } else if kind.contains("String") {
        format!("{name} != ''")
    } else {
        format!("{name} != 0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_says_something_by_its_type() {
        for (kind, says) in [
            ("String", "c != ''"),
            ("LowCardinality(String)", "c != ''"),
            ("LowCardinality(Nullable(String))", "isNotNull(c)"),
            ("Array(Nullable(Date32))", "notEmpty(c)"),
            ("Bool", "c != 0"),
            ("Date32", "toYear(c) NOT IN (1900, 1970)"),
        ] {
            assert_eq!(filled("c", kind), says, "{kind}");
        }
    }
}
