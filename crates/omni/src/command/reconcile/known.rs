//! What the warehouse was told of each entity: from the base table of the template that shows it, else from its last state.

use std::collections::HashMap;
use std::sync::Arc;

use event::reconcile::Known;
use event::{Map, Object, Ver};
use template::Template;
use warehouse::{Limits, Param, Warehouse};

const KNOWN: &str = include_str!("../../../sql/reconcile_known.sql");
const STATES: &str = include_str!("../../../sql/reconcile_states.sql");
const LAST: &str = include_str!("../../../sql/reconcile_last_states.sql");

/// Entities of one object that are held in memory, about 100 bytes each.
const ENTITIES_MAX: u64 = 5_000_000;
/// Ids in one question.
const IDS_MAX: usize = 500;
const LIMITS: Limits = Limits {
    seconds_max: 300,
    rows_max: ENTITIES_MAX,
    bytes_max: 1_024 * 1_024 * 1_024,
};

/// Entities of one object by their id.
pub(super) type Entities = HashMap<String, Known>;

/// Asks the warehouse.
pub(super) struct Told {
    pub(super) warehouse: Warehouse,
    pub(super) templates: Vec<Arc<Template>>,
    pub(super) company_id: u64,
}

impl Told {
    /// All entities of an object.
    pub(super) async fn all(&self, object: &Object) -> anyhow::Result<Entities> {
        self.ask(object, Vec::new()).await
    }

    /// These, as they are now.
    pub(super) async fn some(&self, object: &Object, ids: &[String]) -> anyhow::Result<Entities> {
        let mut entities = Entities::new();
        for ids in ids.chunks(IDS_MAX) {
            entities.extend(self.ask(object, ids.to_vec()).await?);
        }
        Ok(entities)
    }

    async fn ask(&self, object: &Object, ids: Vec<String>) -> anyhow::Result<Entities> {
        let mut parameters = self.parameters(object);
        parameters.push(("ids", Param::Texts(ids)));
        let shows = self
            .templates
            .iter()
            .find(|template| template.is_fed() && template.picks(object.as_str(), "updated"));
        let sql = match shows {
            Some(template) => {
                parameters.push(("table", template.base_table().into()));
                KNOWN
            }
            None => STATES,
        };
        let rows: Vec<(String, String, bool)> =
            self.warehouse.select_within(sql, &parameters, &LIMITS).await?;
        let known = |(id, ver, is_gone): (String, String, bool)| {
            Ver::parse(&ver).map(|ver| (id, Known::of(ver, is_gone)))
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }

    /// The last states of these, where there are any.
    pub(super) async fn last_states(
        &self,
        object: &Object,
        ids: &[String],
    ) -> anyhow::Result<HashMap<String, Map>> {
        let mut states = HashMap::new();
        for ids in ids.chunks(IDS_MAX) {
            let mut parameters = self.parameters(object);
            parameters.push(("ids", Param::Texts(ids.to_vec())));
            let rows: Vec<(String, String)> = self.warehouse.select(LAST, &parameters).await?;
            let read = |(id, state): (String, String)| serde_json::from_str(&state).ok().map(|map| (id, map));
            states.extend(rows.into_iter().filter_map(read));
        }
        Ok(states)
    }

    fn parameters(&self, object: &Object) -> Vec<(&'static str, Param)> {
        vec![
            ("company", Param::UInt(self.company_id)),
            ("object", object.as_str().into()),
        ]
    }
}
