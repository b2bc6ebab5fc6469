//! Each rule has a fixture that breaks it alone; what Pipedrive sends breaks none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::webhook::Refusal;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn name(rule: &Rule) -> String {
    format!("v{}.{}", rule.version, rule.property)
}

fn violations(body: &[u8]) -> Vec<Violation> {
    check(&Webhook::parse(body).unwrap()).err().unwrap_or_default()
}

fn accepted(version: Version) -> Value {
    let bytes = std::fs::read(fixture(&format!("accepted/v{version}.json"))).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// Where a rule's property stands in a body.
fn pointer(rule: &Rule) -> String {
    rule.path.trim_start_matches('$').replace('.', "/")
}

/// The accepted body of a version with one property set, or taken away.
fn with(rule: &Rule, value: Option<Value>) -> Vec<u8> {
    let mut body = accepted(rule.version);
    let (parent, key) = pointer(rule)
        .rsplit_once('/')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let parent = body.pointer_mut(&parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key, value),
        None => parent.remove(&key),
    };
    if matches!(rule.property, "v" | "matches_filters") {
        body["meta"].as_object_mut().unwrap().remove(rule.property);
    }
    serde_json::to_vec(&body).unwrap()
}

#[test]
fn each_row_has_one_fixture_that_fails_by_it_alone() {
    let rows: BTreeSet<String> = RULES.iter().map(|rule| format!("{}.json", name(rule))).collect();
    assert_eq!(rows.len(), RULES.len(), "a row stands twice");
    let files = std::fs::read_dir(fixture("refused")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, rows);
    for rule in RULES {
        let body = std::fs::read(fixture("refused").join(format!("{}.json", name(rule)))).unwrap();
        let refusal = crate::Change::from_webhook(&body).expect_err(&name(rule));
        let expected = Violation {
            path: rule.path,
            rule: name(rule),
            message: rule.kind.expected().to_owned(),
        };
        assert_eq!(refusal, Refusal::Invalid(vec![expected]));
    }
}

#[test]
fn the_accepted_bodies_are_accepted() {
    for version in [Version::V1, Version::V2] {
        assert_eq!(violations(&serde_json::to_vec(&accepted(version)).unwrap()), []);
    }
}

#[test]
fn only_what_is_required_may_not_be_missing() {
    for rule in RULES {
        for absent in [None, Some(Value::Null)] {
            let found = violations(&with(rule, absent));
            let rules: Vec<_> = found.iter().map(|violation| violation.rule.clone()).collect();
            assert_eq!(
                rules,
                if rule.required { vec![name(rule)] } else { vec![] },
                "{}",
                name(rule)
            );
            assert!(found.iter().all(|violation| violation.message == "is missing"));
        }
    }
}

#[test]
fn the_article_has_eighteen_properties() {
    let states = |rule: &&Rule| rule.kind != PropertyKind::State;
    assert_eq!(
        RULES
            .iter()
            .filter(|rule| rule.version == Version::V1)
            .filter(states)
            .count(),
        18
    );
}

#[test]
fn all_violations_are_told_not_the_first() {
    let found = violations(br#"{"v":1,"meta":{"object":"deal","company_id":true}}"#);
    let rules: Vec<_> = found.iter().map(|violation| violation.rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "v1.action",
            "v1.id",
            "v1.company_id",
            "v1.user_id",
            "v1.timestamp"
        ]
    );
}

/// Values on both sides of each kind's line.
fn lines() -> Vec<(PropertyKind, Vec<Value>, Vec<Value>)> {
    use PropertyKind::{
        Attempt, Boolean, BooleanOrText, EntityId, Filters, Id, Instant, Mark, Micros, ObjectWord, OneOf,
        Seconds, State, Text, TextOrInteger, UserIds,
    };
    let (longest, longer) = (json!("a".repeat(255)), json!("a".repeat(256)));
    let end = crate::moment::MICROS_END;
    vec![
        (
            Mark(Version::V1),
            vec![json!(1), json!("1")],
            vec![json!(2), json!(true), json!("2.0")],
        ),
        (
            Mark(Version::V2),
            vec![json!("2.0"), json!(2), json!("2")],
            vec![json!("1.0"), json!("3.0"), json!([])],
        ),
        (
            OneOf(&["app", "api"]),
            vec![json!("app"), json!("api")],
            vec![json!("App"), json!(""), json!(1)],
        ),
        (
            ObjectWord,
            vec![json!("deal"), json!("deal_product")],
            vec![json!("a:b"), json!(""), json!(1)],
        ),
        (
            EntityId,
            vec![json!(1), json!("1"), json!("a-b")],
            vec![json!({"id": 1}), json!(1.5), json!(""), json!([1])],
        ),
        (
            Id,
            vec![json!(1), json!("1")],
            vec![json!(0), json!("0"), json!(-1), json!("x"), json!(1.0)],
        ),
        (
            Attempt,
            vec![json!(1), json!("4")],
            vec![json!(0), json!(1.5), json!("first")],
        ),
        (
            Text,
            vec![json!(""), longest.clone()],
            vec![longer.clone(), json!(1), json!(true)],
        ),
        (
            TextOrInteger,
            vec![json!(1), longest.clone()],
            vec![json!(1.5), longer.clone(), json!(true)],
        ),
        (
            Boolean,
            vec![json!(true), json!(false)],
            vec![json!(0), json!("true")],
        ),
        (
            BooleanOrText,
            vec![json!(false), json!("Import")],
            vec![json!(0), longer, json!([])],
        ),
        (
            Seconds,
            vec![json!(0), json!("1677748500"), json!(end / 1_000_000)],
            vec![json!(end / 1_000_000 + 1), json!("a"), json!(-1)],
        ),
        (
            Micros,
            vec![json!(end - 1), json!("1677748500123456")],
            vec![json!(end), json!(u64::MAX), json!("a")],
        ),
        (
            Instant,
            vec![
                json!("2026-02-03T10:20:30.405Z"),
                json!(1_677_748_500),
                json!("1677748500"),
                json!("2026-02-03 10:20:30"),
            ],
            vec![json!("2026-02-03"), json!(u64::MAX), json!(true), json!("")],
        ),
        (
            UserIds,
            vec![json!([]), json!(["*"]), json!([1, "2"])],
            vec![json!("*"), json!([1.5]), json!([null]), json!(["a"])],
        ),
        (
            Filters,
            vec![json!({}), json!([])],
            vec![json!(1), json!("a"), json!(true)],
        ),
        (
            State,
            vec![json!({}), json!([]), json!(null)],
            vec![json!(1), json!("a"), json!(true)],
        ),
    ]
}

#[test]
fn each_kind_draws_its_line() {
    for (kind, good, bad) in lines() {
        for value in good {
            assert!(kind.fits(&value), "{kind:?} takes {value}");
        }
        for value in bad {
            assert!(!kind.fits(&value), "{kind:?} refuses {value}");
        }
        assert!(!kind.expected().is_empty());
    }
    for rule in RULES {
        let same = |kind: PropertyKind| std::mem::discriminant(&kind) == std::mem::discriminant(&rule.kind);
        assert!(
            lines().iter().any(|(kind, ..)| same(*kind)),
            "{:?} has no line",
            rule.kind
        );
    }
}

#[test]
fn a_state_is_judged_by_its_first_character() {
    for (text, good) in [
        ("{}", true),
        ("[]", true),
        ("null", true),
        ("7", false),
        ("\"x\"", false),
        ("true", false),
    ] {
        for (version, property) in [(1, "current"), (1, "previous"), (2, "data"), (2, "previous")] {
            let mark = if version == 1 {
                r#""v":1"#
            } else {
                r#""meta":{"version":"2.0"}"#
            };
            let found = violations(format!(r#"{{{mark},"{property}":{text}}}"#).as_bytes());
            let rule = format!("v{version}.{property}");
            assert_eq!(
                found.iter().all(|violation| violation.rule != rule),
                good,
                "{rule} {text}"
            );
        }
    }
}
