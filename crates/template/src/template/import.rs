//! What `omni import` brings: judged by the template's schema like an event, with an envelope of its own.
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Checked, Template};
use crate::manifest::{Table, TableRole};
use crate::{Envelope, Row, RowContext, Violation};

/// A row that the template takes.
#[derive(Debug)]
pub struct Imported(Checked<'static>);

/// An import comes from no topic.
const NOWHERE: RowContext<'static> = RowContext {
    topic_id: "",
    partition: 0,
    offset: 0,
    batch_first_offset: 0,
    kind: "import",
};

impl Template {
    /// The table that `omni import` fills; none of a template that events fill.
    pub fn import_table(&self) -> Option<&Table> {
        let is_import = |table: &&Table| table.role == TableRole::Import;
        self.manifest.tables.iter().find(is_import)
    }

    /// Judges a row of a company: all violations, those of the columns too.
    pub fn import(&self, company_id: u64, row: Map<String, Value>) -> Result<Imported, Vec<Violation>> {
        let fields = self.schema.validate(row)?;
        let envelope = Envelope {
            company_id,
            uuid: Uuid::nil(),
            ver: 0,
            revision: 0,
            time_micro: 0,
            received_at_micro: 0,
        };
        let imported = Imported(Checked {
            envelope,
            fields: self.plan.fields(fields.into_fields()),
        });
        self.row(&imported.0, &NOWHERE).map(drop)?;
        Ok(imported)
    }

    /// Typed values, one a column. The import of the greatest time wins.
    pub fn import_row<'a>(
        &'a self,
        imported: &'a mut Imported,
        at_micro: i64,
    ) -> Result<Row<'a>, Vec<Violation>> {
        imported.0.envelope.received_at_micro = at_micro;
        self.row(&imported.0, &NOWHERE)
    }
}
