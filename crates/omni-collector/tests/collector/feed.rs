//! Companies that post one event after the other, and what must have become of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka::Record;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{PASSWORD, PATH, USER};

const COMPANY_FIRST: u64 = 501;
/// Longer than any answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// So that a few seconds hold a few hundred events, also on a slow machine.
const PAUSE: Duration = Duration::from_millis(5);

/// What companies posted and was answered 2xx, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    accepted: Arc<Mutex<BTreeMap<u64, Vec<u64>>>>,
    /// Answered otherwise, or not at all.
    refused: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

/// The webhook of a company's event.
pub(crate) fn body(company: u64, number: u64) -> Vec<u8> {
    let uuid = uuid::Uuid::from_u64_pair(company, 0x8000_0000_0000_0000 | number);
    let meta = json!({
        "action": "change", "company_id": company.to_string(), "correlation_id": uuid.to_string(),
        "entity_id": number.to_string(), "entity": "deal", "id": uuid.to_string(), "is_bulk_edit": false,
        "timestamp": "2026-01-06T08:00:00.000Z", "type": "general", "user_id": "1", "version": "2.0",
        "webhook_id": "1", "webhook_owner_id": "1", "change_source": "app", "permitted_user_ids": ["1"],
        "attempt": 1, "host": "feed.pipedrive.com"
    });
    let data =
        json!({"id": number, "title": "x".repeat(1_000), "value": 10, "currency": "EUR", "status": "open"});
    json!({"data": data, "previous": null, "meta": meta})
        .to_string()
        .into_bytes()
}

impl Feed {
    /// So many companies post to a collector, each its next event once the one before was answered, until told to
    /// stop; a connection that fails is tried again by the same event, as Pipedrive does.
    pub(crate) fn start(&self, url: &str, companies: u64, from: u64) -> JoinSet<()> {
        self.stop.store(false, Ordering::Relaxed);
        let client = reqwest::Client::builder().timeout(ANSWER_MAX).build().unwrap();
        let mut posters = JoinSet::new();
        for company in COMPANY_FIRST..COMPANY_FIRST + companies {
            let (feed, client, url) = (self.clone(), client.clone(), format!("{url}{PATH}"));
            posters.spawn(async move {
                let mut number = from;
                while !feed.stop.load(Ordering::Relaxed) {
                    let request = client.post(&url).basic_auth(USER, Some(PASSWORD));
                    let request = request.header("content-type", "application/json");
                    match request.body(body(company, number)).send().await {
                        Ok(answer) if answer.status().is_success() => feed.note(company, number),
                        Ok(answer) => {
                            let status = answer.status();
                            let why = answer.text().await.unwrap_or_default();
                            feed.refused.lock().unwrap().push(format!("{status}: {why}"));
                        }
                        Err(_) => return,
                    }
                    number += 1;
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        posters
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn note(&self, company: u64, number: u64) {
        let mut accepted = self.accepted.lock().unwrap();
        accepted.entry(company).or_default().push(number);
    }

    pub(crate) fn count(&self) -> usize {
        self.accepted.lock().unwrap().values().map(Vec::len).sum()
    }

    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    /// What of the accepted is not among the records.
    pub(crate) fn missing(&self, records: &[Record]) -> Vec<(u64, u64)> {
        let there: BTreeSet<(u64, u64)> = records.iter().map(whose).collect();
        let accepted = self.accepted.lock().unwrap();
        let all = accepted
            .iter()
            .flat_map(|(company, numbers)| numbers.iter().map(|number| (*company, *number)));
        all.filter(|event| !there.contains(event)).collect()
    }

    /// How many records there are beyond one for each event.
    pub(crate) fn doubles(records: &[Record]) -> usize {
        let events: BTreeSet<(u64, u64)> = records.iter().map(whose).collect();
        records.len() - events.len()
    }

    /// Fails when an event of a company stands behind one that was posted after it, the first of each counting.
    pub(crate) fn assert_in_order(records: &[Record]) {
        let (mut seen, mut last) = (BTreeSet::new(), BTreeMap::new());
        // Partitions are read beside each other; a company lives on one.
        for record in records {
            let (company, number) = whose(record);
            if seen.insert((company, number)) {
                let before = last.insert(company, number);
                assert!(
                    before < Some(number),
                    "{company}: {number} came behind {before:?}"
                );
            }
        }
    }
}

/// Company and number of an event.
pub(crate) fn whose(record: &Record) -> (u64, u64) {
    let key = record.key_text();
    let mut parts = key.split(':');
    let company = parts.next().and_then(|text| text.parse().ok());
    let number = parts.next_back().and_then(|text| text.parse().ok());
    company
        .zip(number)
        .unwrap_or_else(|| panic!("a key of the feed: {key}"))
}
