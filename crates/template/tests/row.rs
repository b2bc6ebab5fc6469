//! The two built-in templates: what they take and refuse, and the typed values they make.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, json};
use template::row::{day_of, decimal_of, micro_of};
use template::{Registry, RowContext, Template, Value, Violation};
use uuid::Uuid;

const CONTEXT: RowContext<'static> = RowContext {
    topic_id: "t",
    partition: 3,
    offset: 41,
    batch_first_offset: 40,
    kind: "webhook",
};

fn builtin(key: &str) -> Arc<Template> {
    Arc::clone(Registry::builtin().unwrap().get(key).unwrap())
}

fn event() -> Map<String, serde_json::Value> {
    let serde_json::Value::Object(event) = json!({
        "event_uuid": "df47d877-b58c-4886-91cd-1aa83e1d7367",
        "event_ver": "7066775063147741184",
        "event_revision": 0,
        "event_action": "updated",
        "event_object": "deal",
        "event_id": 12044,
        "event_company_id": 13_310_617,
        "event_timestamp_micro": 1_725_294_540_402_495_u64,
        "event_received_at": "2024-09-02T16:29:00.512345Z",
        "deal_title": "Ten chairs",
        "deal_status": "open",
        "deal_stage_id": 2,
        "deal_pipeline_id": 1,
        "deal_currency": "GBP",
    }) else {
        unreachable!()
    };
    event
}

fn with(changes: &str) -> Map<String, serde_json::Value> {
    let mut event = event();
    event.extend(serde_json::from_str::<Map<String, serde_json::Value>>(changes).unwrap());
    event
}

/// The value of one column of `pipedrive-deals/2.0`.
fn column(name: &str, changes: &str) -> Result<Value<'static>, Vec<Violation>> {
    let template = builtin("pipedrive-deals/2.0");
    let checked = template.check(with(changes))?;
    let row = template.row(&checked, &CONTEXT)?;
    let at = template
        .columns()
        .iter()
        .position(|column| column.name == name)
        .unwrap();
    assert_eq!(row.len(), template.columns().len());
    Ok(owned(&row[at]))
}

fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::Text(text.to_vec().into()),
        Value::List(list) => Value::List(list.iter().map(owned).collect()),
        Value::Null => Value::Null,
        Value::Bool(flag) => Value::Bool(*flag),
        Value::UInt(whole) => Value::UInt(*whole),
        Value::Float(float) => Value::Float(*float),
        Value::Decimal(units) => Value::Decimal(*units),
        Value::Micro(micro) => Value::Micro(*micro),
        Value::Days(days) => Value::Days(*days),
        Value::Uuid(uuid) => Value::Uuid(*uuid),
    }
}

fn refusal(changes: &str) -> Vec<(String, String)> {
    let found = column("event_id", changes).err().unwrap_or_default();
    found
        .into_iter()
        .map(|violation| (violation.path, violation.rule))
        .collect()
}

#[test]
fn all_built_in_templates_load() {
    let registry = Registry::builtin().unwrap();
    let keys: Vec<_> = registry.iter().map(|template| template.key()).collect();
    assert_eq!(
        keys,
        [
            "marketing-spend/1.0",
            "pipedrive-activities/1.0",
            "pipedrive-deals/1.03",
            "pipedrive-deals/2.0",
            "pipedrive-leads/1.0"
        ]
    );
    assert_eq!(
        registry.get("pipedrive-deals/2.0").unwrap().base_table(),
        "deal_events"
    );
    assert!(
        registry
            .iter()
            .all(|template| template.hash().len() == 32 && !template.migrations().is_empty())
    );
}

#[test]
fn picks_deals_and_nothing_else() {
    let template = builtin("pipedrive-deals/2.0");
    assert!(template.picks("deal", "added") && template.picks("deal", "merged"));
    assert!(!template.picks("lead", "added") && !template.picks("person", "updated"));
}

#[test]
fn every_field_of_a_schema_has_a_column() {
    for template in Registry::builtin().unwrap().iter() {
        let (_, text) = template
            .files()
            .find(|(path, _)| path.starts_with("schema/"))
            .unwrap();
        let schema: serde_json::Value = serde_json::from_str(text).unwrap();
        let columns: Vec<_> = template
            .columns()
            .iter()
            .flat_map(|column| {
                [column.name.as_str()]
                    .into_iter()
                    .chain(column.source.keys().iter().map(String::as_str))
            })
            .collect();
        let missing: Vec<_> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|field| !columns.contains(&field.as_str()))
            .collect();
        assert!(missing.is_empty(), "{}: {missing:?}", template.key());
    }
}

#[test]
fn the_envelope_is_in_every_row() {
    assert_eq!(column("event_company_id", "{}").unwrap(), Value::UInt(13_310_617));
    assert_eq!(
        column("event_ver", "{}").unwrap(),
        Value::UInt(7_066_775_063_147_741_184)
    );
    assert_eq!(
        column("event_time", "{}").unwrap(),
        Value::Micro(1_725_294_540_402_495)
    );
    assert_eq!(
        column("event_received_at", "{}").unwrap(),
        Value::Micro(1_725_294_540_512_345)
    );
    assert_eq!(column("event_kind", "{}").unwrap(), Value::text("webhook"));
    assert_eq!(column("kafka_partition", "{}").unwrap(), Value::UInt(3));
    assert_eq!(column("kafka_offset", "{}").unwrap(), Value::UInt(41));
    assert_eq!(column("kafka_batch_first_offset", "{}").unwrap(), Value::UInt(40));
    let uuid = Uuid::parse_str("df47d877-b58c-4886-91cd-1aa83e1d7367").unwrap();
    assert_eq!(column("event_uuid", "{}").unwrap(), Value::Uuid(uuid));
}

#[test]
fn fields_get_the_type_of_their_column() {
    for (name, json, value) in [
        ("deal_value", "22944.5", Value::Decimal(229_445_000)),
        ("deal_value", "0.1000000000", Value::Decimal(1_000)),
        ("deal_probability", "33.5", Value::Decimal(335_000)),
        ("deal_stage_id", "7.0", Value::UInt(7)),
        ("deal_is_archived", "true", Value::Bool(true)),
        (
            "deal_won_time",
            r#""2026-03-01T12:00:00+02:00""#,
            Value::Micro(1_772_359_200_000_000),
        ),
        ("deal_expected_close_date", r#""1969-12-31""#, Value::Days(-1)),
        (
            "deal_label",
            r#"[24,"hot"]"#,
            Value::List(vec![Value::text("24"), Value::text("hot")]),
        ),
        (
            "event_permitted_user_ids",
            "[1,2]",
            Value::List(vec![Value::UInt(1), Value::UInt(2)]),
        ),
        ("event_pipedrive_service_name", "false", Value::text("false")),
        ("metrics_average_deal_value", "33.33335", Value::Decimal(333_334)),
    ] {
        assert_eq!(
            column(name, &format!(r#"{{"{name}":{json}}}"#)).unwrap(),
            value,
            "{name}"
        );
    }
    assert_eq!(column("deal_id", "{}").unwrap(), Value::UInt(12_044));
    assert_eq!(column("event_id", "{}").unwrap(), Value::text("12044"));
}

#[test]
fn what_is_not_said_is_null_or_nothing() {
    assert_eq!(column("deal_value", "{}").unwrap(), Value::Null);
    assert_eq!(column("deal_won_time", "{}").unwrap(), Value::Null);
    assert_eq!(column("marketing_source", "{}").unwrap(), Value::text(""));
    assert_eq!(column("contact_id", "{}").unwrap(), Value::UInt(0));
    assert_eq!(column("deal_label", "{}").unwrap(), Value::List(vec![]));
}

#[test]
fn gathers_a_numbered_list_in_order_with_its_gaps() {
    let sources = r#"{"email_validation_sources_1_domain":"a.example","email_validation_sources_2_uri":"http://b.example/",
        "email_validation_sources_3_domain":"c.example","email_validation_sources_3_extracted_on":"2020-06-17"}"#;
    let text = |items: &[&'static str]| Value::List(items.iter().map(|item| Value::text(item)).collect());
    assert_eq!(
        column("email_validation_sources_domain", sources).unwrap(),
        text(&["a.example", "", "c.example"])
    );
    assert_eq!(
        column("email_validation_sources_uri", sources).unwrap(),
        text(&["", "http://b.example/", ""])
    );
    let days = column("email_validation_sources_extracted_on", sources).unwrap();
    assert_eq!(
        days,
        Value::List(vec![Value::Null, Value::Null, Value::Days(18_430)])
    );
}

#[test]
fn what_a_column_cannot_hold_is_a_violation() {
    for (name, json) in [
        ("deal_value", "1.00001"),
        ("deal_won_time", r#""1812-01-01T00:00:00Z""#),
        ("deal_expected_close_date", r#""2525-01-01""#),
    ] {
        let found = refusal(&format!(r#"{{"{name}":{json}}}"#));
        assert_eq!(found, [(format!("$.{name}"), "column".to_owned())], "{name}");
    }
}

#[test]
fn a_broken_envelope_and_broken_fields_are_told_together() {
    let found =
        refusal(r#"{"event_ver":"x","event_timestamp_micro":-1,"deal_status":"closed","deal_value":"5"}"#);
    for path in [
        "$.event_ver",
        "$.event_timestamp_micro",
        "$.deal_status",
        "$.deal_value",
    ] {
        assert!(
            found.iter().any(|(at, _)| at == path),
            "{path} is not in {found:?}"
        );
    }
}

#[test]
fn a_deleted_deal_needs_no_state_and_others_do() {
    let template = builtin("pipedrive-deals/2.0");
    let mut event = event();
    for field in [
        "deal_title",
        "deal_status",
        "deal_stage_id",
        "deal_pipeline_id",
        "deal_currency",
    ] {
        event.remove(field);
    }
    let paths: Vec<_> = template
        .check(event.clone())
        .unwrap_err()
        .into_iter()
        .map(|v| v.path)
        .collect();
    assert_eq!(
        paths,
        [
            "$.deal_pipeline_id",
            "$.deal_stage_id",
            "$.deal_status",
            "$.deal_title"
        ]
    );
    event.insert("event_action".into(), "deleted".into());
    assert!(template.check(event).is_ok());
}

#[test]
fn a_load_error_names_file_and_line() {
    let template = builtin("pipedrive-deals/2.0");
    let load = |path: &str, from: &str, to: &str| {
        let change = |at: &str, text: &str| {
            if at == path {
                text.replacen(from, to, 1)
            } else {
                text.to_owned()
            }
        };
        let files: Vec<_> = template
            .files()
            .map(|(at, text)| (at.to_owned(), change(at, text)))
            .collect();
        Template::load(&files).unwrap_err().to_string()
    };
    let unknown = load("template.toml", "objects = [\"deal\"]", "object = [\"deal\"]");
    assert!(
        unknown.starts_with("template.toml:12: unknown field `object`"),
        "{unknown}"
    );
    let kind = load(
        "template.toml",
        "deal_title = \"String\"",
        "deal_title = \"Text\"",
    );
    assert!(
        kind.starts_with("template.toml:") && kind.contains("column type Text"),
        "{kind}"
    );
    let key = load("schema/deal.schema.json", "\"deal_title\": {", "\"deal_tite\": {");
    assert!(
        key.contains("column deal_title reads deal_title, which the schema does not know"),
        "{key}"
    );
    let json = load(
        "schema/deal.schema.json",
        "\"type\": \"object\",",
        "\"type\": \"object\"",
    );
    assert!(json.starts_with("schema/deal.schema.json:5: "), "{json}");
}

#[test]
fn the_founding_schema_takes_the_founding_event() {
    let template = builtin("pipedrive-deals/1.03");
    let article = include_str!("../../event/fixtures/article/flat.json");
    let mut event: Map<String, serde_json::Value> = serde_json::from_str(article).unwrap();
    for field in [
        "event_uuid",
        "event_ver",
        "event_revision",
        "event_company_id",
        "event_received_at",
    ] {
        event.insert(field.to_owned(), self::event()[field].clone());
    }
    let checked = template.check(event.clone()).unwrap();
    let row = template.row(&checked, &CONTEXT).unwrap();
    let at = template
        .columns()
        .iter()
        .position(|column| column.name == "deal_value")
        .unwrap();
    assert_eq!(row[at], Value::Decimal(229_440_000));
    event.insert("event_action".into(), "added".into());
    assert_eq!(template.check(event).unwrap_err()[0].path, "$.event_action");
}

proptest! {
    #[test]
    fn money_keeps_its_digits(units in -999_999_999_999_999_999_i64..=999_999_999_999_999_999) {
        let sign = if units < 0 { "-" } else { "" };
        let digits = format!("{sign}{}.{:04}", units.unsigned_abs() / 10_000, units.unsigned_abs() % 10_000);
        prop_assert_eq!(decimal_of(&digits, false), Ok(units));
    }

    #[test]
    fn an_exponent_only_moves_the_point(coefficient in -99_999_i64..=99_999, exponent in -4_i32..=8) {
        let expected = i128::from(coefficient) * 10_i128.pow((exponent + 4).unsigned_abs());
        let expected = i64::try_from(expected).unwrap();
        let digits = format!("{coefficient}e{exponent}");
        prop_assert_eq!(decimal_of(&digits, false), Ok(expected));
    }

    #[test]
    fn no_text_makes_a_conversion_panic(text in "\\PC{0,80}", number in "-?[0-9]{0,80}(\\.[0-9]{0,80})?([eE][+-]?[0-9]{0,12})?") {
        for text in [&text, &number] {
            let _ = (decimal_of(text, true), decimal_of(text, false), micro_of(text), day_of(text));
        }
    }
}

#[test]
fn what_a_template_requires_comes_with_it_and_no_more() {
    let registry = Registry::builtin().unwrap();
    let keys = |named: &[&str]| -> Vec<String> {
        let found = registry.with_required(named).unwrap();
        found.iter().map(|template| template.key().to_owned()).collect()
    };
    assert_eq!(
        keys(&["pipedrive-deals/2.0"]),
        ["pipedrive-deals/2.0", "pipedrive-leads/1.0"]
    );
    let both = ["pipedrive-leads/1.0", "pipedrive-deals/2.0"];
    assert_eq!(keys(&both)[..2], both);
    assert_eq!(keys(&both)[2..], ["pipedrive-activities/1.0"]);
    let unknown = registry.family("pipedrive-deals/9").unwrap_err().to_string();
    assert!(unknown.contains("pipedrive-deals/9") && unknown.contains("pipedrive-leads/1.0"));
    let mut alone = Registry::default();
    let deals = registry.get("pipedrive-deals/2.0").unwrap();
    let files: Vec<_> = deals
        .files()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    alone.add(Template::load(&files).unwrap());
    let missing = alone.family("pipedrive-deals/2.0").unwrap_err().to_string();
    assert!(
        missing.contains("pipedrive-deals/2.0 needs the template pipedrive-leads/1.0"),
        "{missing}"
    );
}

#[test]
fn who_lends_sql_is_neither_filled_nor_read_from() {
    let registry = Registry::builtin().unwrap();
    let founding = registry.family("pipedrive-deals/1.03").unwrap();
    let members: Vec<_> = founding.members().map(|template| template.key()).collect();
    assert_eq!(members, ["pipedrive-deals/1.03"]);
    assert!(founding.tables().all(|table| table.ends_with("_1_03")));
    let lender = registry.get("pipedrive-deals/2.0").unwrap();
    assert_eq!(
        founding.file("panels/won_value.sql"),
        lender.file("panels/won_value.sql")
    );
    // Its own files come first.
    let own = founding.file("fragments/scope.sql");
    assert!(own.is_some() && own != lender.file("fragments/scope.sql"));
    assert!(founding.hash().contains(lender.hash()));
    let mut alone = Registry::default();
    alone.put(Arc::clone(founding.head()));
    let missing = alone.family("pipedrive-deals/1.03").unwrap_err().to_string();
    assert!(
        missing.contains("pipedrive-deals/1.03 needs the template pipedrive-deals/2.0"),
        "{missing}"
    );
}
