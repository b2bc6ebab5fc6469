//! Bodies that nobody would send, in the middle of those that everybody does: each has its outcome, nothing is lost beside
//! them, and no stage grows.

use std::path::PathBuf;

use uuid::Uuid;

use super::company::Company;
use super::dev::{Dev, LIVES, dev, root};

/// Normal deals of a company of this test.
const COMPANY: u64 = Company::BesideHostile.id();
const ROUNDS: usize = 4;
/// What a stage may grow by, in KiB: buffers of the largest bodies, not the bodies.
const GROWTH_KIB_MAX: u64 = 96 * 1024;
const STAGES: [&str; 5] = ["collector", "enricher", "activation", "loader", "reporting"];

/// The kept inputs of the fuzz targets, and bodies of a size that no file needs to hold.
fn hostile() -> Vec<Vec<u8>> {
    let folder = root().join("crates/fuzz/corpus/webhook");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut bodies: Vec<Vec<u8>> = files
        .iter()
        .map(|path| std::fs::read(path).expect("an input"))
        .collect();
    bodies.push(b"[".repeat(900_000));
    bodies.push([b"{\"meta\":{\"id\":".as_slice(), &b"9".repeat(900_000), b"}}"].concat());
    bodies.push(
        [
            b"{\"data\":{\"title\":\"".as_slice(),
            &"\u{1f4a3}".as_bytes().repeat(200_000),
            b"\"}}",
        ]
        .concat(),
    );
    bodies.push([b"\"".as_slice(), &b"\\u0000".repeat(160_000), b"\""].concat());
    bodies
}

fn deal(id: usize) -> Vec<u8> {
    serde_json::json!({
        "meta": {
            "version": "2.0", "action": "create", "entity": "deal", "entity_id": id.to_string(),
            "company_id": COMPANY.to_string(), "timestamp": "2026-11-28T09:00:00.000Z",
            "id": Uuid::new_v4().to_string(), "user_id": "1"
        },
        "data": {"id": id, "title": "Ordinary", "value": 10, "currency": "EUR", "status": "open", "stage_id": 1,
                 "pipeline_id": 1, "custom_fields": {}},
        "previous": null
    })
    .to_string()
    .into_bytes()
}

fn resident_kib(dev: &Dev, stage: &str) -> u64 {
    let pid = dev.pid(stage);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running stage");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("its memory");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

#[tokio::test]
async fn hostile_bodies_have_their_outcome_and_harm_nothing_beside_them() {
    let _lives = LIVES.lock().await;
    let (dev, client) = (dev(), reqwest::Client::new());
    let mut ordinary = 0;
    let mut ids = Vec::new();
    let mut before = Vec::new();
    for round in 0..ROUNDS {
        for body in hostile() {
            let (status, id) = dev
                .post_for_id(&client, body)
                .await
                .expect("the collector answers");
            assert!(
                status.is_success(),
                "{status}: a 4xx would count as a failed delivery"
            );
            ids.push(id);
            ordinary += 1;
            let status = dev.post(&client, deal(ordinary)).await.expect("it still answers");
            assert!(status.is_success(), "{status}");
        }
        if round == 0 {
            before = STAGES.map(|stage| resident_kib(dev, stage)).to_vec();
        }
    }
    let rows = format!("SELECT uniqExact(event_uuid) FROM deal_events WHERE event_company_id = {COMPANY}");
    dev.wait_for_count(&client, &rows, ordinary as u64).await;
    ids.sort();
    ids.dedup();
    let list: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let ended = format!(
        "SELECT uniqExact(event_uuid) FROM (SELECT event_uuid FROM rejected_events UNION ALL SELECT event_uuid FROM \
         filtered_events UNION ALL SELECT event_uuid FROM deal_events) WHERE event_uuid IN ({})",
        list.join(",")
    );
    dev.wait_for_count(&client, &ended, ids.len() as u64).await;
    for (stage, before) in STAGES.iter().zip(before) {
        let now = resident_kib(dev, stage);
        assert!(
            now < before + GROWTH_KIB_MAX,
            "{stage}: {before} KiB became {now}"
        );
    }
}
