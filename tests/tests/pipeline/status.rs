//! `omni status` and `omni top` on a running pipeline. Other tests break things beside this one, so it looks at what it broke
//! itself; that all is well is told where nobody else is (`crates/omni/tests/dev.rs`).

use serde_json::Value;

use super::dev::dev;
use super::own::{omni, settings};

const STAGES: [&str; 5] = ["collector", "enricher", "activation", "loader", "reporting"];

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_is_seen_and_one_that_is_nowhere_is_told_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = settings(dev(), "", &folder);
    let (_, said) = omni(&all, &["status", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    for stage in STAGES {
        let instances = told["instances"].as_array().expect("instances");
        let own = instances.iter().find(|instance| instance["stage"] == stage);
        let own = own.unwrap_or_else(|| panic!("{stage} is not in {said}"));
        assert_eq!(own["version"], env!("CARGO_PKG_VERSION"), "{own}");
        assert_eq!(own["error"], Value::Null, "{own}");
    }
    assert!(told["ledger"]["rows"].is_array(), "{said}");

    let nowhere = tempfile::tempdir().expect("a folder");
    let nowhere = settings(dev(), "[status]\nloader = ['http://127.0.0.1:9']", &nowhere);
    let (code, said) = omni(&nowhere, &["status"]).await;
    assert_eq!(code, Some(1), "{said}");
    let at = |part: &str| {
        said.find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in\n{said}"))
    };
    assert!(at("critical  no loader runs (127.0.0.1:9: nothing listens there)") < at("→ start it"));
    assert!(at("→ start it") < at("docs/runbook/OmniStageDown.md"));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_read_are_no_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = settings(dev(), "[status]\nloder = ['http://127.0.0.1:9']", &folder);
    let (code, said) = omni(&broken, &["status"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("loder") && said.contains("`loader`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_view_without_a_terminal_is_a_picture_of_every_stage() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = settings(dev(), "", &folder);
    let (code, said) = omni(&settings, &["top", "--every", "1s", "--times", "1"]).await;
    assert_eq!(code, Some(0), "{said}");
    for stage in STAGES {
        let line = said.lines().find(|line| line.starts_with(stage));
        let line = line.unwrap_or_else(|| panic!("{stage} is not in\n{said}"));
        assert!(line.contains("MiB"), "{line}");
    }
}
