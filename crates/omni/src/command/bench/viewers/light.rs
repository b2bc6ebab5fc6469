//! Viewers without a screen: each reads a stream of the default state and notes when which answer came.
//!
//! How far a viewer is behind counts from when the first of them had the same answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::StreamExt as _;

use crate::command::bench::bodies::COMPANY_FIRST;
use crate::command::bench::figures::Latencies;
use crate::command::bench::target::Target;

/// Longest time until every viewer has its first panel.
const OPENED_MAX: Duration = Duration::from_mins(2);
/// Answers whose first arrival is kept: those of some minutes.
const FIRST_MAX: usize = 100_000;

/// All of them; they end with it.
#[derive(Debug)]
pub(super) struct Lights {
    seen: Arc<Seen>,
    _readers: tokio::task::JoinSet<()>,
}

#[derive(Debug)]
struct Seen {
    /// When the first viewer had an answer, by panel and when it was asked.
    first: Mutex<HashMap<(String, String), Instant>>,
    behind: Mutex<Latencies>,
    opened: AtomicU64,
    ended: AtomicU64,
    answers: AtomicU64,
    bytes: AtomicU64,
}

/// What reporting counts about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    pub(super) queries: f64,
    pub(super) cache_hits: f64,
    pub(super) query_seconds: f64,
}

impl Lights {
    /// Opens the streams, a few at a time, and waits until each has brought something.
    pub(super) async fn open(target: &Target, board: &str, viewers: u64) -> Result<Self> {
        let seen = Arc::new(Seen {
            first: Mutex::default(),
            behind: Mutex::new(Latencies::new()?),
            opened: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let client = reqwest::Client::builder().tcp_nodelay(true).build()?;
        let url = format!(
            "{}/api/v1/boards/{board}/live?company={COMPANY_FIRST}",
            target.dashboard_url
        );
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..viewers {
            let (client, url, seen) = (client.clone(), url.clone(), Arc::clone(&seen));
            readers.spawn(async move {
                if let Err(error) = read(&client, &url, &seen).await {
                    eprintln!("a viewer ended: {error:#}");
                }
                seen.ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        let deadline = Instant::now() + OPENED_MAX;
        while seen.opened.load(Ordering::Relaxed) < viewers {
            ensure!(
                Instant::now() < deadline && seen.ended.load(Ordering::Relaxed) == 0,
                "only {} of {viewers} viewers have a stream",
                seen.opened.load(Ordering::Relaxed)
            );
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
        Ok(Self {
            seen,
            _readers: readers,
        })
    }

    /// From now on.
    pub(super) fn start_counting(&self) {
        if let Ok(fresh) = Latencies::new() {
            *lock(&self.seen.behind) = fresh;
        }
        for counter in [&self.seen.answers, &self.seen.bytes] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// How far viewers were behind the first, answers and bytes they got, and how many streams broke.
    pub(super) fn figures(&self) -> (String, u64, u64, u64) {
        (
            lock(&self.seen.behind).to_string(),
            self.seen.answers.load(Ordering::Relaxed),
            self.seen.bytes.load(Ordering::Relaxed),
            self.seen.ended.load(Ordering::Relaxed),
        )
    }
}

async fn read(client: &reqwest::Client, url: &str, seen: &Seen) -> Result<()> {
    let answer = client.get(url).header("accept", "text/event-stream").send();
    let mut stream = answer.await?.error_for_status()?.bytes_stream();
    let mut rest: Vec<u8> = Vec::new();
    let mut is_open = false;
    while let Some(piece) = stream.next().await {
        let piece = piece.context("reading the stream")?;
        seen.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
        rest.extend_from_slice(&piece);
        let mut from = 0;
        while let Some(end) = find(rest.get(from..).unwrap_or_default(), b"\n\n") {
            let event = rest.get(from..from + end).unwrap_or_default();
            if let Some(answer) = panel_and_time(event) {
                seen.note(answer);
                if !is_open {
                    is_open = true;
                    seen.opened.fetch_add(1, Ordering::Relaxed);
                }
            }
            from += end + 2;
        }
        rest.drain(..from);
    }
    Ok(())
}

impl Seen {
    fn note(&self, answer: (String, String)) {
        let now = Instant::now();
        self.answers.fetch_add(1, Ordering::Relaxed);
        let mut first = lock(&self.first);
        if first.len() >= FIRST_MAX {
            first.clear();
        }
        let behind = now.saturating_duration_since(*first.entry(answer).or_insert(now));
        drop(first);
        lock(&self.behind).record(behind);
    }
}

/// Of an event that brings a panel: its id and when the question was put. Its rows are not read.
fn panel_and_time(event: &[u8]) -> Option<(String, String)> {
    let head = event.get(..event.len().min(400))?;
    let head = String::from_utf8_lossy(head);
    let value = |key: &str| {
        let rest = head.split_once(key)?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    head.contains("event: panel\n").then_some(())?;
    Some((value("\"panel\":\"")?, value("\"as_of\":\"")?))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what reporting has counted until now.
pub(super) async fn counters(target: &Target) -> Result<Counters> {
    let url = target
        .admin
        .get("reporting")
        .context("the ready file names no reporting")?;
    let text = reqwest::get(format!("{url}/metrics")).await?.text().await?;
    let sum = |name: &str| -> f64 {
        text.lines()
            .filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
            })
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    };
    Ok(Counters {
        queries: sum("omni_reporting_queries_total"),
        cache_hits: sum("omni_reporting_cache_hits_total"),
        query_seconds: sum("omni_reporting_query_seconds_sum"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_tells_which_it_is_and_when_it_was_asked() {
        let event = b"id: b-1\nevent: panel\ndata: {\"panel\":\"won_value\",\"seq\":3,\"as_of\":\"2026-01-01T00:00:00Z\",\"rows\":[]}";
        let told = ("won_value".to_owned(), "2026-01-01T00:00:00Z".to_owned());
        assert_eq!(panel_and_time(event), Some(told));
        assert_eq!(panel_and_time(b"event: ping\ndata: {}"), None);
    }
}
