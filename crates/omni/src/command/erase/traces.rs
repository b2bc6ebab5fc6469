//! What the warehouse says of a person, table by table; found, cleared, and looked for again.

use std::collections::{BTreeMap, BTreeSet};

use event::erasure::PERSON;
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::mutate::{Change, Rows};

use super::archives::{ARCHIVES, Archive, Told};
use super::tables::{self, Stored};
use super::{Doors, Who};

/// The table of last known states, as the archive calls it.
const ENTITIES: &str = "entities";

const OWN_STATES: &str = "SELECT count() FROM entities WHERE event_company_id = {company:UInt64} \
                          AND entity_object = 'person' AND entity_id = {id:String} AND is_erased = 0";

/// All that was found.
#[derive(Debug)]
pub(super) struct Traces {
    archives: Vec<(Archive, Told)>,
    own_states: u64,
    tables: Vec<(Stored, u64)>,
    /// The contact's events, for tables that do not name it.
    events: BTreeSet<Uuid>,
}

impl Traces {
    /// Looks into every table. Changes nothing.
    pub(super) async fn find(doors: &Doors, who: Who) -> anyhow::Result<Self> {
        let warehouse = &doors.warehouse;
        let mut events = BTreeSet::new();
        let mut archives = Vec::new();
        for archive in ARCHIVES {
            let mut told = archive.look(warehouse, who).await?;
            events.append(&mut told.events);
            archives.push((archive, told));
        }
        let stored = tables::stored(warehouse, &doors.templates).await?;
        for table in &stored {
            events.append(&mut table.events(warehouse, who).await?);
        }
        let mut found = Vec::new();
        for table in stored {
            let rows = table.count(warehouse, who, &events).await?;
            found.push((table, rows));
        }
        let parameters = [
            ("company", who.company_id.into()),
            ("id", who.person_id.to_string().into()),
        ];
        let own: Vec<(u64,)> = warehouse.select(OWN_STATES, &parameters).await?;
        Ok(Self {
            archives,
            own_states: own.first().map_or(0, |(rows,)| *rows),
            tables: found,
            events,
        })
    }

    /// Rows that tell of the person, by table; tables without any are named too.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let archives = self
            .archives
            .iter()
            .map(|(archive, told)| (archive.table, told.places.len() as u64));
        let tables = self
            .tables
            .iter()
            .map(|(stored, rows)| (stored.table.as_str(), *rows));
        let mut counts = BTreeMap::new();
        for (table, rows) in archives.chain(tables).chain([(ENTITIES, self.own_states)]) {
            *counts.entry(table.to_owned()).or_default() += rows;
        }
        counts
    }

    /// Clears what was found. Events stay countable; only the person's own last state goes whole.
    pub(super) async fn clear(&self, warehouse: &Warehouse, who: Who) -> anyhow::Result<()> {
        // Bodies last: they say which events are the contact's, should this stop half way.
        for (stored, _) in self.tables.iter().filter(|(_, rows)| *rows > 0) {
            stored.clear(warehouse, who, &self.events).await?;
        }
        if self.own_states > 0 {
            remove_states(warehouse, who, false).await?;
        }
        for (archive, told) in &self.archives {
            archive.clear(warehouse, who, &told.places).await?;
        }
        Ok(())
    }
}

/// Removes the person's last states, or what stands in their place since it was erased.
pub(super) async fn remove_states(warehouse: &Warehouse, who: Who, is_erased: bool) -> anyhow::Result<()> {
    let rows = Rows::Entity {
        object: PERSON,
        id: who.person_id,
        is_erased,
    };
    warehouse
        .mutate(ENTITIES, &Change::Delete, who.company_id, &rows)
        .await?;
    Ok(())
}
