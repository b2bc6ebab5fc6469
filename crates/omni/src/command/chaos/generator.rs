//! Posts webhooks to whichever collector answers, again until one does, and remembers what was acknowledged.
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use event::{Change, identity};
use stage::Shutdown;
use uuid::Uuid;

use super::corner::SOURCE;
use crate::command::bench::bodies::Accounts;

/// Companies of the load: each lives on one partition.
pub(super) const COMPANIES: u64 = 8;
/// Of a hundred posts: bodies that no stage can use, and deals that the schema refuses.
const UNREADABLE_IN: u64 = 100;
const REFUSED_IN: u64 = 50;
/// Of so many, one is posted twice, as Pipedrive does when an answer is lost.
const TWICE_IN: u64 = 20;
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
const AGAIN_AFTER: Duration = Duration::from_millis(250);
/// A post that no collector took for so long is given up, and not counted.
const ATTEMPTS_MAX: u32 = 120;
const IN_FLIGHT_MAX: usize = 256;

/// Ids that were answered by 2xx, and how many posts were given up.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    pub(super) uuids: BTreeSet<Uuid>,
    pub(super) posts: u64,
    pub(super) attempts: u64,
    pub(super) given_up: u64,
}

/// Copies share what was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Generator {
    client: reqwest::Client,
    collectors: Vec<String>,
    password: String,
    pub(super) acknowledged: Arc<Mutex<Acknowledged>>,
}

impl Generator {
    pub(super) fn new(collectors: Vec<String>, password: &str) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            collectors,
            password: password.to_owned(),
            acknowledged: Arc::default(),
        })
    }

    /// The entities that the deals name.
    pub(super) async fn entities(&self) -> Result<()> {
        let bodies = Accounts::small(COMPANIES).known_entities(stage::clock::now_micro());
        for (number, body) in bodies.into_iter().enumerate() {
            self.post(number, body).await?;
        }
        Ok(())
    }

    /// So many a second until a stop is requested; then all that is out is waited for.
    pub(super) async fn run(&self, rate: u64, shutdown: Shutdown) -> Result<()> {
        let room = Arc::new(tokio::sync::Semaphore::new(IN_FLIGHT_MAX));
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / rate.max(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut posts = tokio::task::JoinSet::new();
        let mut number = 0_u64;
        while !shutdown.is_requested() {
            ticks.tick().await;
            let permit = Arc::clone(&room).acquire_owned().await?;
            let generator = self.clone();
            number += 1;
            posts.spawn(async move {
                let _permit = permit;
                let body = body(number);
                let at = number as usize;
                if number.is_multiple_of(TWICE_IN) {
                    generator.post(at + 1, body.clone()).await?;
                }
                generator.post(at, body).await
            });
            while let Some(ended) = posts.try_join_next() {
                ended??;
            }
        }
        while let Some(ended) = posts.join_next().await {
            ended??;
        }
        Ok(())
    }

    /// Counts an attempt; gives back whether it was taken.
    fn note(&self, uuid: Uuid, is_taken: bool) -> bool {
        let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        acknowledged.attempts += 1;
        if is_taken {
            acknowledged.posts += 1;
            acknowledged.uuids.insert(uuid);
        }
        is_taken
    }

    fn collector(&self, number: usize) -> &str {
        self.collectors
            .iter()
            .cycle()
            .nth(number % self.collectors.len().max(1))
            .map_or("", String::as_str)
    }

    async fn post(&self, number: usize, body: Vec<u8>) -> Result<()> {
        let uuid = uuid_of(&body);
        for attempt in 0..ATTEMPTS_MAX {
            let collector = self.collector(number + attempt as usize);
            let request = self
                .client
                .post(format!("{collector}/webhooks/pipedrive/{SOURCE}"))
                .basic_auth(SOURCE, Some(&self.password))
                .header("content-type", "application/json")
                .body(body.clone());
            let answered = request.send().await;
            if self.note(uuid, answered.is_ok_and(|answer| answer.status().is_success())) {
                return Ok(());
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        self.acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .given_up += 1;
        Ok(())
    }
}

/// The `number`th body: most are deals.
fn body(number: u64) -> Vec<u8> {
    let now = stage::clock::now_micro();
    if number.is_multiple_of(UNREADABLE_IN) {
        return format!("{{\"number\": {number}, \"at\": {now}").into_bytes();
    }
    let accounts = Accounts::small(COMPANIES);
    if number.is_multiple_of(REFUSED_IN + 1) {
        // A currency that the schema refuses in the loader; of a contact of its own, whose figures nobody looks at.
        let body = accounts.stranger(number, now);
        let text = String::from_utf8(body).unwrap_or_default();
        return text
            .replace("\"currency\":\"EUR\"", "\"currency\":\"no such\"")
            .into_bytes();
    }
    accounts.deal(number, now)
}

fn uuid_of(body: &[u8]) -> Uuid {
    Change::from_webhook(body).map_or_else(
        |_| identity::uuid_of_unreadable(SOURCE, body),
        |change| change.uuid,
    )
}
