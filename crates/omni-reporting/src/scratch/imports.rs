//! Fixtures of a table that `omni import` fills: rows as a file has them, each with its company (`event_company_id`) and the time
//! of its import (`imported_at`); `is_deleted` tells that a later import took it out.
use serde_json::{Map, Value};
use template::column::{ColumnType, Scalar, Shape};
use template::{Column, Finding, Imported, Template, Violation};
use uuid::Uuid;
use warehouse::{Block, Insert, Table};

use super::{INSERT_MAX, Order, Scratch, ScratchError, file_of, lines};

const COMPANY: &str = "event_company_id";
const IMPORTED_AT: &str = "imported_at";
const IS_DELETED: &str = "is_deleted";

/// One row of a fixture.
#[derive(Debug)]
struct Fixture {
    row: Imported,
    imported_at_micro: i64,
    is_deleted: bool,
}

/// All that is wrong with the rows of a template's fixtures; nothing when events fill it.
pub(crate) fn check(template: &Template) -> Vec<Finding> {
    read(template).err().unwrap_or_default()
}

impl Scratch {
    /// The imports of all templates of the family, as `order` says.
    pub(super) async fn load_imports(&self, order: Order) -> Result<(), ScratchError> {
        for template in self.family.members() {
            self.load_import(template, order).await?;
        }
        Ok(())
    }

    async fn load_import(&self, template: &Template, order: Order) -> Result<(), ScratchError> {
        let Some(told) = template.import_table() else {
            return Ok(());
        };
        let read = lines(self.family.head(), &file_of(&told.name)).map_err(ScratchError::Template)?;
        let mut columns = template.columns().to_vec();
        let marks = !told.whole.is_empty();
        if marks {
            let kind = ColumnType {
                scalar: Scalar::UInt8,
                shape: Shape::Plain,
            };
            columns.push(Column::plain(IS_DELETED, kind));
        }
        let table = Table::new(&told.name, columns.clone())?;
        for lines in order.of(read) {
            let mut block = Block::new(&columns);
            for (line, row) in &lines {
                let refused = |message: String| {
                    ScratchError::Template(vec![Finding::new(file_of(&told.name), *line, message)])
                };
                let mut fixture = one(template, row.clone()).map_err(refused)?;
                let mut values = template
                    .import_row(&mut fixture.row, fixture.imported_at_micro)
                    .map_err(|violations| refused(listed(&violations)))?;
                if marks {
                    values.push(template::Value::UInt(u64::from(fixture.is_deleted)));
                }
                block
                    .push(&columns, &values)
                    .map_err(|error| refused(error.to_string()))?;
            }
            let insert = Insert {
                table: &table,
                block: &block,
                token: &Uuid::new_v4().to_string(),
                deadline: self.warehouse.deadline(INSERT_MAX).await?,
            };
            self.warehouse.insert(&insert).await?;
        }
        Ok(())
    }
}

fn read(template: &Template) -> Result<(), Vec<Finding>> {
    let Some(table) = template.import_table() else {
        return Ok(());
    };
    let file = file_of(&table.name);
    let lines = lines(template, &file)?;
    let faults = lines.into_iter().filter_map(|(line, row)| {
        let message = one(template, row).err()?;
        Some(Finding::new(&file, line, message))
    });
    let faults: Vec<Finding> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn one(template: &Template, mut row: Map<String, Value>) -> Result<Fixture, String> {
    let company = row.remove(COMPANY).and_then(|value| value.as_u64());
    let company = company.ok_or_else(|| format!("{COMPANY} must be a whole number"))?;
    let at = row.remove(IMPORTED_AT);
    let at = at.as_ref().and_then(Value::as_str).unwrap_or_default();
    let imported_at_micro = template::row::micro_of(at).map_err(|error| format!("{IMPORTED_AT}: {error}"))?;
    let is_deleted = row.remove(IS_DELETED) == Some(Value::Bool(true));
    if let Some(unknown) = row.keys().find(|key| !template.schema().knows(key)) {
        return Err(format!("the schema does not know {unknown}"));
    }
    let row = template
        .import(company, row)
        .map_err(|violations| listed(&violations))?;
    Ok(Fixture {
        row,
        imported_at_micro,
        is_deleted,
    })
}

fn listed(violations: &[Violation]) -> String {
    let all: Vec<String> = violations
        .iter()
        .map(|one| format!("{}: {}", one.path, one.message))
        .collect();
    all.join("; ")
}
