//! What the demo's campaigns cost: a file beside its state, which the loader imports as it would that of a real account.

use super::folder::{Folder, write_private};
use simulator::moment::Moment;
use toml::{Table, Value};

/// Its board and table.
pub(super) const TEMPLATE: &str = "marketing-spend/1.0";
/// `[import.<name>]`
const NAME: &str = "demo_spend";
/// Days up to this one: more than the longest period that is offered by its length, and the one before.
const DAYS: u32 = 200;
const FILE: &str = "demo-spend.csv";

/// Writes the file, up to today; what the configuration says of it.
pub(super) fn import(folder: &Folder) -> anyhow::Result<Table> {
    let file = folder.path(FILE);
    write_private(&file, simulator::spend::csv(Moment::now(), DAYS).as_bytes())?;
    let mut import = Table::new();
    import.insert("template".to_owned(), TEMPLATE.into());
    import.insert("source".to_owned(), file.to_string_lossy().into_owned().into());
    import.insert("company".to_owned(), Value::Integer(simulator::COMPANY as i64));
    import.insert("replace".to_owned(), true.into());
    Ok(Table::from_iter([(NAME.to_owned(), Value::Table(import))]))
}

/// A file of your own may load other templates: then there is no table for it.
pub(super) fn leave_out_where_not_loaded(tables: &mut Table) {
    let loaded = tables.get("loader").and_then(|loader| loader.get("templates"));
    let is_loaded = loaded
        .and_then(Value::as_array)
        .is_some_and(|templates| templates.iter().any(|one| one.as_str() == Some(TEMPLATE)));
    if let Some(Value::Table(imports)) = tables.get_mut("import").filter(|_| !is_loaded) {
        imports.remove(NAME);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn stays_where_its_template_is_loaded_and_takes_no_other_import_along() {
        let text = "[loader]\ntemplates = ['marketing-spend/1.0']\n[import.demo_spend]\ncompany = 1\n[import.own]\ncompany = 2\n";
        let mut tables: Table = text.parse().unwrap();
        leave_out_where_not_loaded(&mut tables);
        assert_eq!(tables["import"].as_table().unwrap().len(), 2);
        let mut tables: Table = text
            .replace("marketing-spend", "pipedrive-deals")
            .parse()
            .unwrap();
        leave_out_where_not_loaded(&mut tables);
        let left: Vec<_> = tables["import"].as_table().unwrap().keys().collect();
        assert_eq!(left, ["own"]);
    }
}
