//! Rows that must not stay as they are: columns emptied, bodies replaced, rows removed, on every replica before it returns.
//!
//! The text of such a statement stays in `system.mutations`: only names and ids can get into it.
use uuid::Uuid;

use crate::client::is_plain_name;
use crate::{Error, Warehouse};

/// Ids in one statement: its text stays below what the server parses.
pub const IDS_MAX: usize = 4_000;

/// What is done to the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These columns, of these types, get what a column has that nobody filled.
    Empty(Vec<(String, String)>),
    /// These columns get this text, which needs no quoting.
    Replace(Vec<&'static str>, &'static str),
    /// The rows go.
    Delete,
}

/// Which rows, of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// Those that came from these places of a log; at most [`IDS_MAX`].
    At {
        topic_id: String,
        partition: u32,
        offsets: Vec<u64>,
    },
    /// Those with this number in this column.
    With { column: String, id: u64 },
    /// Those of these events; at most [`IDS_MAX`].
    Events(Vec<Uuid>),
    /// Those of an entity, erased or not.
    Entity {
        object: &'static str,
        id: u64,
        is_erased: bool,
    },
}

impl Warehouse {
    /// Changes the rows and waits until every replica has done so.
    pub async fn mutate(
        &self,
        table: &str,
        change: &Change,
        company_id: u64,
        rows: &Rows,
    ) -> Result<(), Error> {
        let cluster = &self.config.cluster;
        let on_cluster = if cluster.is_empty() {
            String::new()
        } else {
            format!(" ON CLUSTER {cluster}")
        };
        let wrong = |message: String| Error::Table {
            table: table.to_owned(),
            message,
        };
        let (change, rows) = change_text(change)
            .zip(rows_text(rows))
            .filter(|_| is_plain_name(table))
            .ok_or_else(|| wrong("a name or a text would need quoting".to_owned()))?;
        let sql = format!(
            "ALTER TABLE {table}{on_cluster} {change} WHERE event_company_id = {company_id} AND {rows} \
             SETTINGS mutations_sync = 2"
        );
        self.execute(&sql).await
    }
}

fn change_text(change: &Change) -> Option<String> {
    match change {
        Change::Empty(columns) => {
            let set = columns.iter().map(|(name, kind)| {
                let kind = kind.replace('\'', "\\'");
                is_plain_name(name).then(|| format!("{name} = defaultValueOfTypeName('{kind}')"))
            });
            Some(format!("UPDATE {}", set.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Change::Replace(columns, text) => {
            let is_plain = !text.contains(['\'', '\\']) && columns.iter().all(|name| is_plain_name(name));
            let set = columns.iter().map(|name| format!("{name} = '{text}'"));
            is_plain.then(|| format!("UPDATE {}", set.collect::<Vec<_>>().join(", ")))
        }
        Change::Delete => Some("DELETE".to_owned()),
    }
}

fn rows_text(rows: &Rows) -> Option<String> {
    let list = |ids: Vec<String>| ids.join(", ");
    match rows {
        Rows::At {
            topic_id,
            partition,
            offsets,
        } => {
            let is_plain = topic_id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let offsets = list(offsets.iter().map(u64::to_string).collect());
            is_plain.then(|| {
                format!("kafka_topic_id = '{topic_id}' AND kafka_partition = {partition} AND kafka_offset IN ({offsets})")
            })
        }
        Rows::With { column, id } => is_plain_name(column).then(|| format!("{column} = {id}")),
        Rows::Events(uuids) => {
            let uuids = list(uuids.iter().map(|uuid| format!("'{uuid}'")).collect());
            Some(format!("event_uuid IN ({uuids})"))
        }
        Rows::Entity {
            object,
            id,
            is_erased,
        } => is_plain_name(object).then(|| {
            let erased = u8::from(*is_erased);
            format!("entity_object = '{object}' AND entity_id = '{id}' AND is_erased = {erased}")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_ids_get_into_a_statement() {
        let at = |topic_id: &str| Rows::At {
            topic_id: topic_id.to_owned(),
            partition: 3,
            offsets: vec![5, 7],
        };
        assert_eq!(
            rows_text(&at("a-1")).as_deref(),
            Some("kafka_topic_id = 'a-1' AND kafka_partition = 3 AND kafka_offset IN (5, 7)")
        );
        assert_eq!(rows_text(&at("a' OR 1 = 1")), None);
        let quoted = Change::Replace(vec!["body"], "it's");
        assert_eq!(change_text(&quoted), None);
        let odd = Rows::With {
            column: "a b".to_owned(),
            id: 1,
        };
        assert_eq!(rows_text(&odd), None);
    }

    #[test]
    fn a_column_is_emptied_by_its_type() {
        let kind = "Array(DateTime64(6, 'UTC'))".to_owned();
        let change = Change::Empty(vec![("at".to_owned(), kind)]);
        assert_eq!(
            change_text(&change).as_deref(),
            Some("UPDATE at = defaultValueOfTypeName('Array(DateTime64(6, \\'UTC\\'))')")
        );
    }
}
