//! Pages that are written from the code and must say what it says.
//!
//! `OMNI_WRITE=1 cargo test -p omni-tests generated` writes them anew.

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
fn the_schema_of_the_manifest_says_what_is_read() {
    let schema = serde_json::to_string_pretty(&template::manifest::schema::schema()).unwrap();
    check("templates/template.schema.json", &format!("{schema}\n"));
}
