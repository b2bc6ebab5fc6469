//! Every recorded body has its outcome: a row when it is a deal, filtered as `no_template` when it is not.

use std::path::PathBuf;

use event::Change;
use event::entity::Object;

use super::dev::{dev, root};

/// Our own bodies, and the recorded ones when the folder with them stands beside the checkout.
fn bodies() -> Vec<(PathBuf, Vec<u8>)> {
    let recorded = root().join("../shared/payloads");
    let own = root().join("crates/event/fixtures");
    let folder = if recorded.is_dir() { recorded } else { own };
    let mut files: Vec<PathBuf> = ["v1", "v2"]
        .iter()
        .flat_map(|version| std::fs::read_dir(folder.join(version)).expect("a folder of bodies"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).expect("a body")))
        .collect()
}

fn list<'a>(uuids: impl Iterator<Item = &'a uuid::Uuid>) -> String {
    uuids
        .map(|uuid| format!("'{uuid}'"))
        .collect::<Vec<_>>()
        .join(",")
}

#[tokio::test]
async fn every_recorded_body_has_its_outcome() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let (mut deals, mut leads, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (path, body) in bodies() {
        let change =
            Change::from_webhook(&body).unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()));
        let status = dev.post(&client, body).await.expect("the collector answers");
        assert!(status.is_success(), "{}: {status}", path.display());
        match change.object {
            Object::Deal => deals.push(change.uuid),
            // The deals' template requires that of leads.
            Object::Lead => leads.push(change.uuid),
            _ => others.push(change.uuid),
        }
    }
    assert!(
        deals.len() >= 4 && !leads.is_empty() && others.len() >= 8,
        "too few bodies: {} deals, {} leads, {} others",
        deals.len(),
        leads.len(),
        others.len()
    );
    for (table, uuids) in [("deal_events", &deals), ("lead_events", &leads)] {
        let ids = list(uuids.iter());
        let rows = format!("SELECT uniqExact(event_uuid) FROM {table} WHERE event_uuid IN ({ids})");
        dev.wait_for_count(&client, &rows, uuids.len() as u64).await;
    }
    let other_ids = list(others.iter());
    let filtered = format!(
        "SELECT uniqExact(event_uuid) FROM filtered_events WHERE rule = 'no_template' AND event_uuid IN ({other_ids})"
    );
    dev.wait_for_count(&client, &filtered, others.len() as u64).await;
    let all = list(deals.iter().chain(&leads).chain(&others));
    let rejected = format!("SELECT count() FROM rejected_events WHERE event_uuid IN ({all})");
    assert_eq!(
        dev.count(&client, &rejected).await,
        0,
        "a recorded body was rejected"
    );
}
