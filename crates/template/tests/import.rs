//! Rows that `omni import` brings: judged by the schema and by their columns, and a template that says what tells them apart.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use serde_json::{Map, Value as Json, json};
use template::row::day_of;
use template::{Registry, Template, Value};

const SPEND: &str = "marketing-spend/1.0";

fn refusal(from: &str, to: &str) -> String {
    let registry = Registry::builtin().unwrap();
    let mut files: Vec<(String, String)> = registry
        .get(SPEND)
        .unwrap()
        .files()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let manifest = files
        .iter_mut()
        .find(|(path, _)| path == "template.toml")
        .unwrap();
    assert!(manifest.1.contains(from), "{from}");
    manifest.1 = manifest.1.replacen(from, to, 1);
    Template::load(&files).unwrap_err().to_string()
}

fn row(changes: &Json) -> Map<String, Json> {
    let mut row = json!({"day": "2026-03-04", "source": "google", "amount": 12.5, "currency": "EUR"});
    let row = row.as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            row.remove(key);
        } else {
            row.insert(key.clone(), value.clone());
        }
    }
    row.clone()
}

fn number(digits: &str) -> Json {
    serde_json::from_str(digits).unwrap()
}

#[test]
fn a_row_has_the_company_and_the_time_of_its_import_before_its_columns() {
    let registry = Registry::builtin().unwrap();
    let template = registry.get(SPEND).unwrap();
    let names: Vec<&str> = template
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names[..2], ["event_company_id", "imported_at"]);
    let mut imported = template.import(7, row(&json!({"clicks": 3}))).unwrap();
    let values = template.import_row(&mut imported, 1_772_323_200_000_000).unwrap();
    let value = |name: &str| &values[names.iter().position(|own| *own == name).unwrap()];
    assert_eq!(value("event_company_id"), &Value::UInt(7));
    assert_eq!(value("imported_at"), &Value::Micro(1_772_323_200_000_000));
    assert_eq!(value("spend_day"), &Value::Days(day_of("2026-03-04").unwrap()));
    assert_eq!(value("spend_amount"), &Value::Decimal(125_000));
    assert_eq!(value("marketing_campaign"), &Value::text(""));
    assert_eq!(value("spend_clicks"), &Value::UInt(3));
    assert_eq!(value("spend_impressions"), &Value::Null);
}

#[test]
fn an_amount_keeps_its_digits_and_a_floats_last_ones_are_rounded() {
    let registry = Registry::builtin().unwrap();
    let template = registry.get(SPEND).unwrap();
    let at = template
        .columns()
        .iter()
        .position(|column| column.name == "spend_amount")
        .unwrap();
    for (digits, units) in [
        ("0.1", 1_000),
        ("0.30000000000000004", 3_000),
        ("12345678901.2345", 123_456_789_012_345),
        ("1.00005", 10_000),
        ("1.00015", 10_002),
        ("0", 0),
    ] {
        let mut imported = template
            .import(7, row(&json!({"amount": number(digits)})))
            .unwrap();
        let values = template.import_row(&mut imported, 0).unwrap();
        assert_eq!(values[at], Value::Decimal(units), "{digits}");
    }
}

#[test]
fn what_is_wrong_with_a_row_is_told_at_once() {
    let registry = Registry::builtin().unwrap();
    let template = registry.get(SPEND).unwrap();
    for (changes, paths) in [
        (json!({"day": "04.03.2026"}), vec!["$.day"]),
        (json!({"day": "1999-03-04"}), vec!["$.day"]),
        (json!({"day": null, "amount": null}), vec!["$.amount", "$.day"]),
        (json!({"amount": -1}), vec!["$.amount"]),
        (json!({"amount": "12.5"}), vec!["$.amount"]),
        (json!({"amount": number("1e14")}), vec!["$.amount"]),
        (json!({"currency": "eur"}), vec!["$.currency"]),
        (json!({"source": "", "clicks": 1.5}), vec!["$.clicks", "$.source"]),
        (json!({"campaign": " spring"}), vec!["$.campaign"]),
    ] {
        let violations = template.import(7, row(&changes)).unwrap_err();
        let mut told: Vec<&str> = violations.iter().map(|one| one.path.as_str()).collect();
        told.dedup();
        assert_eq!(told, paths, "{changes}");
    }
}

#[test]
fn an_import_table_without_a_sound_key_is_refused() {
    for (from, to, says) in [
        (
            "key = [\"spend_day\", ",
            "other = [\"spend_day\", ",
            "unknown field `other`",
        ),
        (
            "key = [\"spend_day\", ",
            "key = [\"day\", ",
            "day is none of [columns]",
        ),
        (
            "key = [\"spend_day\", ",
            "key = [\"imported_at\", ",
            "imported_at is none of [columns]",
        ),
        (
            "whole = [\"spend_day\"",
            "whole = [\"spend_amount\"",
            "spend_amount is not among the columns of `key`",
        ),
        (
            "[[table]]",
            "[[table]]\nname = \"more\"\nrole = \"facts\"\nkey = [\"spend_day\"]\n[[table]]",
            "`key` and `whole` are for tables of the role import",
        ),
        (
            "[[table]]",
            "[[table]]\nname = \"more\"\nrole = \"base\"\n[[table]]",
            "not by both",
        ),
    ] {
        let refusal = refusal(from, to);
        assert!(refusal.contains(says), "{says}: {refusal}");
    }
    assert!(refusal("key = ", "# ").contains("an import table needs a `key`"));
}
