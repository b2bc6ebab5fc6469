//! Keeps versions and watermarks true: from notices as they come, from the tables when none came.
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use kafka::Health;
use stage::backoff::{Backoff, Limits};
use stage::{Readiness, Shutdown, clock};
use tokio::sync::Notify;
use tokio::time::Instant;
use warehouse::Warehouse;

use crate::desk::Desk;
use crate::metrics::Figures;
use crate::notice::{Heard, Notice};
use crate::survey::{arrivals, survey};
use crate::versions::Times;
use crate::watermark::Marks;

const CHECK_EVERY: Duration = Duration::from_secs(1);
const PING_EVERY: Duration = Duration::from_secs(5);
/// Arrivals are read again this often: silence is a matter of many minutes.
const LISTEN_EVERY: Duration = Duration::from_mins(5);
/// Five weeks.
const RHYTHM_MICRO: i64 = 35 * 86_400 * 1_000_000;
const RETRY: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(10),
    attempts_max: None,
};

/// What was heard, and when.
#[derive(Debug)]
pub(crate) struct Feed {
    desk: Arc<Desk>,
    figures: Figures,
    heard_at: Mutex<Instant>,
    /// The tables should be asked now.
    doubt: Notify,
    /// So long without a notice, and the tables are asked.
    silence_max: Duration,
}

impl Feed {
    /// Nothing heard yet.
    pub(crate) fn new(desk: Arc<Desk>, figures: Figures, silence_max: Duration) -> Self {
        Self {
            desk,
            figures,
            heard_at: Mutex::new(Instant::now()),
            doubt: Notify::new(),
            silence_max,
        }
    }

    /// Of the boards in force, which change while we run.
    fn base_tables(&self) -> Vec<String> {
        let boards = self.desk.boards.now();
        let mut tables: Vec<_> = boards
            .iter()
            .flat_map(|board| board.base_tables.clone())
            .collect();
        tables.sort();
        tables.dedup();
        tables
    }

    /// Takes what the reader of notices tells.
    pub(crate) fn hear(&self, heard: Heard) {
        match heard {
            Heard::Connected => {
                // Whatever was said before we listened is missed: the tables know.
                self.doubt.notify_one();
                self.desk.versions.raise_all();
            }
            Heard::Notice(notice) => {
                self.figures.notices.with_label_values(&["understood"]).inc();
                self.take(&notice);
            }
            Heard::Unreadable => self.figures.notices.with_label_values(&["unreadable"]).inc(),
        }
        *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn take(&self, notice: &Notice) {
        let micro = |text: &Option<String>| {
            text.as_deref()
                .and_then(|text| clock::parse_rfc3339_micro(text).ok())
        };
        self.desk.watermarks.beat(micro(&notice.heartbeat_at));
        if notice.rows == Some(0) {
            return;
        }
        let base_tables = self.base_tables();
        let received_at = micro(&notice.received_at_max);
        let loaded_at = micro(&notice.loaded_at);
        if notice.tables.iter().any(|table| base_tables.contains(table)) {
            // An event time in the future counts as the time it was received.
            let event_at = match (micro(&notice.event_time_max), received_at) {
                (Some(event), Some(received)) => Some(event.min(received)),
                (event, _) => event,
            };
            let marks = Marks { event_at, loaded_at };
            self.desk
                .watermarks
                .advance(notice.companies.iter().copied(), marks);
        }
        let times = Times {
            loaded_at,
            received_at,
        };
        self.desk.versions.raise(&notice.tables, &notice.companies, times);
    }

    /// Asks the tables at the start, after each new connection to Kafka, and after a silence.
    pub(crate) async fn keep_true(&self, warehouse: &Warehouse, shutdown: &Shutdown) {
        let mut loaded_at = None;
        let mut backoff = Backoff::new(RETRY);
        loop {
            match survey(warehouse, &self.base_tables()).await {
                Ok(survey) => {
                    backoff.reset();
                    let companies = self.desk.watermarks.companies();
                    for (company, marks) in &survey.companies {
                        self.desk.watermarks.advance([*company], *marks);
                    }
                    self.desk.watermarks.beat(survey.heartbeat_at);
                    if survey.loaded_at() != loaded_at || self.desk.watermarks.companies() != companies {
                        loaded_at = survey.loaded_at();
                        self.desk.versions.raise_all();
                    }
                    if !self.until_doubt(shutdown).await {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the tables cannot be asked how far they reach"
                    );
                    if !backoff.pause(shutdown).await {
                        return;
                    }
                }
            }
        }
    }

    /// Learns anew when webhooks arrive, so that silence can be told from quiet, until a stop is requested.
    pub(crate) async fn listen(&self, warehouse: &Warehouse, shutdown: &Shutdown) {
        loop {
            match arrivals(warehouse, clock::now_micro() - RHYTHM_MICRO).await {
                Ok(arrivals) => self.desk.watermarks.listen(arrivals),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the archive cannot be asked when webhooks arrive: silence is not told"
                ),
            }
            tokio::select! {
                () = tokio::time::sleep(LISTEN_EVERY) => {}
                () = shutdown.requested() => return,
            }
        }
    }

    /// Waits until the tables should be asked again; `false` when a stop was requested.
    async fn until_doubt(&self, shutdown: &Shutdown) -> bool {
        let asked = Instant::now();
        loop {
            tokio::select! {
                () = self.doubt.notified() => return true,
                () = shutdown.requested() => return false,
                () = tokio::time::sleep(CHECK_EVERY.min(self.silence_max)) => {}
            }
            let heard_at = *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner);
            if heard_at.max(asked).elapsed() >= self.silence_max {
                return true;
            }
        }
    }
}

/// Reports whether Kafka and ClickHouse answer, until a stop is requested.
pub(crate) async fn watch_doors(
    warehouse: &Warehouse,
    health: &Health,
    readiness: &Readiness,
    shutdown: &Shutdown,
) {
    let mut ping_due = Instant::now();
    loop {
        if health.is_up() {
            readiness.ready("kafka");
        } else {
            readiness.not_ready("kafka", "no broker answers");
        }
        if ping_due <= Instant::now() {
            ping_due = Instant::now() + PING_EVERY;
            match tokio::time::timeout(PING_EVERY, warehouse.ping()).await {
                Ok(Ok(())) => readiness.ready("clickhouse"),
                Ok(Err(error)) => readiness.not_ready("clickhouse", error.to_string()),
                Err(_) => readiness.not_ready("clickhouse", "no answer in time"),
            }
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
    }
}
