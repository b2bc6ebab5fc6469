//! What Pipedrive really sends, enriched with nothing, flattened: `pipedrive-deals/2.0` takes every deal and picks
//! nothing else. Runs over the project's own fixtures and, when they are there, over collected bodies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use std::path::{Path, PathBuf};

use event::enriched::{Additions, compose};
use event::{Change, Headers, Kind};
use template::{Registry, RowContext};
use walkdir::WalkDir;

const RECEIVED_AT: i64 = 1_770_114_030_911_000;

fn bodies() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        "../event/fixtures/v1",
        "../event/fixtures/v2",
        "../../../shared/payloads",
    ];
    let files = places
        .iter()
        .flat_map(|place| WalkDir::new(here.join(place)))
        .filter_map(Result::ok);
    files
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect()
}

#[test]
fn every_deal_becomes_a_row_and_nothing_else_is_picked() {
    let registry = Registry::builtin().unwrap();
    let template = registry.get("pipedrive-deals/2.0").unwrap();
    let context = RowContext {
        topic_id: "t",
        partition: 0,
        offset: 1,
        batch_first_offset: 1,
        kind: "webhook",
    };
    let (mut rows, mut others) = (0, 0);
    for path in bodies() {
        let body = std::fs::read(&path).unwrap();
        let Ok(change) = Change::from_webhook(&body) else {
            continue;
        };
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", RECEIVED_AT);
        let enriched = compose(&change, &headers, &Additions::default(), RECEIVED_AT);
        let flat = event::flatten::flatten(&serde_json::from_slice(&enriched).unwrap()).unwrap();
        if !template.picks(change.object.as_str(), change.action.as_str()) {
            assert_ne!(change.object.as_str(), "deal");
            others += 1;
            continue;
        }
        let checked = template
            .check(flat)
            .unwrap_or_else(|faults| panic!("{}: {faults:#?}", path.display()));
        template
            .row(&checked, &context)
            .unwrap_or_else(|faults| panic!("{}: {faults:#?}", path.display()));
        rows += 1;
    }
    assert!(
        rows >= 4 && others >= 10,
        "{rows} deals and {others} others are too few to say anything"
    );
}
