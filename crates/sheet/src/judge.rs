//! Rows before the template: each is taken or told what is wrong with it, and none is taken twice.
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use serde_json::{Map, Value};
use template::{Imported, Template, Violation};

use crate::fault::{Fault, Faults};
use crate::fields::Fields;
use crate::{Decimals, ROWS_MAX, SheetError, Way};

pub(crate) struct Judge<'a> {
    pub(crate) decimals: Decimals,
    template: &'a Template,
    company_id: u64,
    fields: &'a Fields,
    /// Places of the key's values in a row, and what the file calls them.
    key: Vec<usize>,
    key_columns: String,
    /// The line of each key.
    seen: HashMap<String, u64>,
    rows: Vec<Imported>,
    faults: Faults,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(template: &'a Template, company_id: u64, fields: &'a Fields, way: &Way) -> Self {
        let told = template
            .import_table()
            .map_or(&[][..], |table| table.key.as_slice());
        let (mut key, mut names) = (Vec::new(), Vec::new());
        for name in told {
            let columns = template.columns().iter().enumerate();
            let Some((at, column)) = columns.into_iter().find(|(_, column)| column.name == *name) else {
                continue;
            };
            let field = column.source.keys().first().map_or("", String::as_str);
            names.push(fields.column(field).unwrap_or(field));
            key.push(at);
        }
        Self {
            decimals: way.decimals,
            template,
            company_id,
            fields,
            key,
            key_columns: names.join(", "),
            seen: HashMap::new(),
            rows: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// A row, by the schema's fields.
    pub(crate) fn row(&mut self, line: u64, row: Map<String, Value>) -> Result<(), SheetError> {
        let mut imported = match self.template.import(self.company_id, row) {
            Ok(imported) => imported,
            Err(violations) => {
                let faults = violations.iter().map(|one| self.fault(line, one)).collect();
                return self.refuse(faults);
            }
        };
        let key = self.key_of(&mut imported);
        match self.seen.entry(key) {
            Entry::Occupied(first) => {
                let message = format!(
                    "is the row of line {} again: the same {}; add the two up, or leave one out",
                    first.get(),
                    self.key_columns
                );
                self.refuse(vec![Fault {
                    line,
                    column: None,
                    message,
                }])
            }
            Entry::Vacant(free) => {
                free.insert(line);
                self.rows.push(imported);
                self.room()
            }
        }
    }

    /// A row that is wrong.
    pub(crate) fn refuse(&mut self, faults: Vec<Fault>) -> Result<(), SheetError> {
        self.faults.of_row(faults);
        self.room()
    }

    pub(crate) fn done(self) -> (Vec<Imported>, Faults) {
        (self.rows, self.faults)
    }

    fn room(&self) -> Result<(), SheetError> {
        if self.rows.len() + self.faults.rows as usize > ROWS_MAX {
            return Err(SheetError::TooManyRows);
        }
        Ok(())
    }

    /// The values that tell rows apart, as the columns hold them.
    fn key_of(&self, imported: &mut Imported) -> String {
        let values = self.template.import_row(imported, 0).unwrap_or_default();
        let of_key: Vec<_> = self.key.iter().filter_map(|at| values.get(*at)).collect();
        format!("{of_key:?}")
    }

    fn fault(&self, line: u64, violation: &Violation) -> Fault {
        let field = violation.path.strip_prefix("$.").unwrap_or_default();
        let wanted = self.template.schema().description(field);
        Fault {
            line,
            column: self.fields.column(field).map(str::to_owned),
            message: match (violation.rule.as_str(), wanted) {
                ("required", _) => "is missing".to_owned(),
                (_, Some(wanted)) => format!("must be {wanted}"),
                (_, None) => violation.message.clone(),
            },
        }
    }
}
