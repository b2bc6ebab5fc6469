//! Pages that are written from the code and must say what it says.
//!
//! `OMNI_WRITE=1 cargo test -p omni-tests generated` writes them anew.

mod cli;
mod configuration;

use std::path::Path;

/// The stages in the order the data flows, each with what it declares.
fn metrics() -> String {
    stage::metrics::document(&[
        ("collector", omni_collector::METRICS),
        ("enricher", omni_enricher::METRICS),
        ("activation", omni_activation::METRICS),
        ("loader", omni_loader::METRICS),
        ("reporting", omni_reporting::metrics::DECLARED),
    ])
}

#[expect(clippy::disallowed_methods, reason = "a person asks for new pages")]
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    if std::env::var_os("OMNI_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "{page} is older than the code: OMNI_WRITE=1 cargo test -p omni-tests generated"
    );
}

#[test]
fn the_page_of_metrics_says_what_is_declared() {
    check("docs/metrics.md", &metrics());
}

#[test]
fn the_page_of_commands_says_what_is_parsed() {
    check("docs/reference/cli.md", &cli::page(omni::commands()));
}

#[test]
fn the_page_of_the_configuration_says_what_the_example_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/omni.example.toml");
    let example = std::fs::read_to_string(path).unwrap();
    check("docs/reference/configuration.md", &configuration::page(&example));
}

#[test]
fn the_schema_of_the_manifest_says_what_is_read() {
    let schema = serde_json::to_string_pretty(&template::manifest::schema::schema()).unwrap();
    check("templates/template.schema.json", &format!("{schema}\n"));
}

/// The rules of Prometheus as the object that its operator reads.
fn rules() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus/alerts.yml");
    let head = "# Generated from deploy/prometheus/alerts.yml; do not edit.\n\
                apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: omni\nspec:\n";
    let alerts = std::fs::read_to_string(path).unwrap();
    let lines = alerts.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    });
    std::iter::once(head.to_owned()).chain(lines).collect()
}

#[test]
fn the_rules_on_kubernetes_say_what_prometheus_is_told() {
    check(
        "deploy/kubernetes/components/prometheus-operator/rules.yaml",
        &rules(),
    );
}

/// Every name that the schema of the manifest has, however deep.
fn keys(schema: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(parts) => {
            let named = parts.get("properties").and_then(serde_json::Value::as_object);
            found.extend(named.into_iter().flat_map(|named| named.keys().cloned()));
            parts.values().for_each(|part| keys(part, found));
        }
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| keys(part, found)),
        _ => {}
    }
}

#[test]
fn the_page_of_templates_tells_of_every_key() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/templates.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut all = std::collections::BTreeSet::new();
    keys(&template::manifest::schema::schema(), &mut all);
    assert!(all.len() > 80, "the schema was read");
    let is_told = |key: &String| {
        page.split('`').skip(1).step_by(2).any(|code| {
            let mut words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            words.any(|word| word == key)
        })
    };
    let untold: Vec<&String> = all.iter().filter(|key| !is_told(key)).collect();
    assert!(untold.is_empty(), "docs/templates.md does not tell of {untold:?}");
}
