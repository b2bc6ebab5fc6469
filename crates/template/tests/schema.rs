//! The validator under `arbitrary_precision`: numbers keep their digits and are still judged as numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use proptest::prelude::*;
use serde_json::{Map, Value};
use template::{Schema, Violation};

const SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "whole": { "type": "integer", "minimum": 0, "maximum": 9223372036854775807 },
    "money": { "type": "number", "minimum": -99999999999999, "maximum": 99999999999999 },
    "share": { "type": "number", "minimum": 0, "maximum": 100 },
    "mail": { "type": "string", "format": "email" },
    "day": { "type": "string", "format": "date" },
    "link": { "type": "string", "format": "uri" },
    "free": { "type": "string" },
    "list": { "type": "array", "items": { "type": "integer" } }
  },
  "required": ["whole"]
}"#;

fn judge(text: &str) -> Result<Map<String, Value>, Vec<Violation>> {
    let schema = Schema::compile("schema/x.schema.json", SCHEMA, "x/1").unwrap();
    let event: Map<String, Value> = serde_json::from_str(text).unwrap();
    schema.validate(event).map(|row| row.fields().clone())
}

fn rules(text: &str) -> Vec<(String, String)> {
    judge(text)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|v| (v.path, v.rule))
        .collect()
}

#[test]
fn reports_all_violations_with_path_rule_and_version() {
    let violations = judge(r#"{"money":"1","list":[1,"2",3.5],"mail":"nobody"}"#).unwrap_err();
    let seen: Vec<_> = violations
        .iter()
        .map(|v| (v.path.as_str(), v.rule.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("$.list[1]", "type"),
            ("$.list[2]", "type"),
            ("$.mail", "format"),
            ("$.money", "type"),
            ("$.whole", "required")
        ]
    );
    assert!(
        violations
            .iter()
            .all(|v| v.schema_version == "x/1" && !v.message.is_empty())
    );
}

#[test]
fn asserts_a_format_only_where_the_schema_says() {
    assert_eq!(
        rules(r#"{"whole":1,"free":"nobody","mail":"a@b.co","day":"2026-02-28","link":"http://a.b/c"}"#),
        []
    );
    assert_eq!(
        rules(r#"{"whole":1,"day":"2026-02-30"}"#),
        [("$.day".into(), "format".into())]
    );
    assert_eq!(
        rules(r#"{"whole":1,"link":"not a link"}"#),
        [("$.link".into(), "format".into())]
    );
}

#[test]
fn leaves_out_fields_it_does_not_know() {
    let fields = judge(r#"{"whole":1,"other":{"deep":[]}}"#).unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["whole"]);
}

#[test]
fn a_message_never_quotes_the_value() {
    let values = [
        r#"{"whole":"Runa Solberg","mail":"runa solberg","list":[["Runa Solberg"]]}"#,
        r#"{"whole":471234567890123456789,"day":"Solberg"}"#,
    ];
    for value in values {
        for violation in judge(value).unwrap_err() {
            for said in ["Runa", "runa", "Solberg", "solberg", "4712345678"] {
                assert!(!violation.message.contains(said), "{}", violation.message);
            }
        }
    }
}

#[test]
fn a_long_value_does_not_make_a_long_message() {
    let violations = judge(&format!(r#"{{"whole":"{}"}}"#, "ü".repeat(10_000))).unwrap_err();
    assert!(violations[0].message.chars().count() <= 300);
}

#[test]
fn judges_numbers_at_their_limits() {
    for taken in ["0", "9223372036854775807", "1.0", "1e2", "12.00"] {
        assert_eq!(rules(&format!(r#"{{"whole":{taken}}}"#)), [], "{taken}");
    }
    for (refused, rule) in [
        ("-1", "minimum"),
        ("9223372036854775808", "maximum"),
        ("18446744073709551615", "maximum"),
        ("340282366920938463463374607431768211456", "maximum"),
        ("1.5", "type"),
        ("0.1e0", "type"),
    ] {
        assert_eq!(
            rules(&format!(r#"{{"whole":{refused}}}"#)),
            [("$.whole".into(), rule.into())],
            "{refused}"
        );
    }
}

#[test]
fn a_number_of_absurd_size_costs_no_time() {
    let started = std::time::Instant::now();
    for number in ["1e999999999", "1e-999999999", "-1e308999", &"9".repeat(200_000)] {
        let _ = judge(&format!(
            r#"{{"whole":{number},"money":{number},"share":{number}}}"#
        ));
    }
    assert!(
        started.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

proptest! {
    #[test]
    fn an_integer_is_one_whatever_its_size(whole in any::<i64>()) {
        let found = rules(&format!(r#"{{"whole":{whole}}}"#));
        prop_assert_eq!(found.is_empty(), whole >= 0);
    }

    #[test]
    fn a_decimal_is_a_number_and_no_integer(whole in 0_u64..=99_999_999_999_998, cents in 1_u32..=9999) {
        let text = format!("{whole}.{cents:04}");
        prop_assert_eq!(rules(&format!(r#"{{"whole":1,"money":{text}}}"#)), vec![]);
        prop_assert_eq!(rules(&format!(r#"{{"whole":1,"money":-{text}}}"#)), vec![]);
        prop_assert_eq!(rules(&format!(r#"{{"whole":{text}}}"#)), vec![("$.whole".into(), "type".into())]);
        prop_assert_eq!(rules(&format!(r#"{{"whole":1,"share":{text}}}"#)).is_empty(), whole < 100);
    }

    #[test]
    fn digits_reach_the_row_as_they_were_written(digits in "-?[1-9][0-9]{0,13}\\.[0-9]{1,20}") {
        let fields = judge(&format!(r#"{{"whole":1,"money":{digits}}}"#)).unwrap();
        prop_assert_eq!(fields["money"].to_string(), digits);
    }

    #[test]
    fn no_json_makes_it_panic(text in "\\PC{0,40}", number in "-?[0-9]{1,60}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,6})?") {
        let text = serde_json::to_string(&text).unwrap();
        if let Ok(event) = serde_json::from_str::<Map<String, Value>>(&format!(
            r#"{{"whole":{number},"money":{number},"share":{number},"mail":{text},"day":{text},"link":{text},"list":[{number},{text}]}}"#
        )) {
            let schema = Schema::compile("schema/x.schema.json", SCHEMA, "x/1").unwrap();
            let _ = schema.validate(event);
        }
    }
}
