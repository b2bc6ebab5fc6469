//! What says who a contact is can be found and emptied: no template may have a column of it that it does not name.
#![allow(clippy::unwrap_used)]
use event::erasure::is_of_contact;
use template::column::Source;
use template::{Registry, Template};

fn refusal(change: impl Fn(&str) -> String, file: &str) -> String {
    let registry = Registry::builtin().unwrap();
    let template = registry.get("pipedrive-deals/2.0").unwrap();
    let mut files: Vec<(String, String)> = template
        .files()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let changed = files.iter_mut().find(|(path, _)| path == file).unwrap();
    changed.1 = change(&changed.1);
    Template::load(&files).unwrap_err().to_string()
}

#[test]
fn every_template_names_all_its_columns_of_a_contact() {
    for template in Registry::builtin().unwrap().iter() {
        let said = &template.manifest().personal.columns;
        for column in template.columns() {
            if matches!(column.source, Source::Envelope(_)) {
                continue;
            }
            let is_personal = column.source.keys().iter().any(|key| is_of_contact(key));
            assert_eq!(
                said.contains(&column.name),
                is_personal,
                "{} {}",
                template.key(),
                column.name
            );
        }
    }
}

#[test]
fn a_column_that_is_not_named_is_refused_in_the_base_table_and_in_those_behind_it() {
    let manifest = "template.toml";
    let forgotten = refusal(|text| text.replace("    \"contact_position\",\n", ""), manifest);
    assert!(forgotten.contains("contact_position"), "{forgotten}");
    let invented = refusal(
        |text| {
            text.replace(
                "\"contact_position\",\n",
                "\"contact_position\",\n    \"contact_shoe_size\",\n",
            )
        },
        manifest,
    );
    assert!(invented.contains("contact_shoe_size"), "{invented}");
    let table = "warehouse/0002_deals.sql";
    let behind = refusal(
        |sql| sql.replace("contact_position String", "contact_nickname String"),
        table,
    );
    assert!(behind.contains("contact_nickname"), "{behind}");
}
