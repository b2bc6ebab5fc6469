//! One block into one table, once.
//!
//! The server remembers the token: the same block again is dropped, in the table and in what its views feed. The
//! deadline stands in the rows and the table itself holds it against the server's clock, so a writer that was stopped and wakes
//! later inserts nothing and is told so, and the token stays unused (docs/decisions/0004-deadline-in-the-rows.md).
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::client::CLOCK_UNKNOWN;
use crate::{Block, Error, Table, Warehouse};

/// What is compressed and sent at once.
const PIECE_BYTES_MAX: usize = 1024 * 1024;
/// The client waits so much longer than the deadline for the server's answer.
const ANSWER_GRACE: Duration = Duration::from_secs(5);

/// Milliseconds since 1970 by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub i64);

/// What to insert, under which token, until when.
#[derive(Debug, Clone, Copy)]
pub struct Insert<'a> {
    pub table: &'a Table,
    pub block: &'a Block,
    /// Names this very block: the same rows, whenever they are sent.
    pub token: &'a str,
    pub deadline: Deadline,
}

impl Warehouse {
    /// A deadline that far from now. Asks the server for its clock the first time.
    pub async fn deadline(&self, within: Duration) -> Result<Deadline, Error> {
        let mut ahead = self.clock_ahead_ms.load(Ordering::Relaxed);
        if ahead == CLOCK_UNKNOWN {
            ahead = self.ask_clock().await?;
        }
        Ok(Deadline(now_ms() + ahead + within.as_millis() as i64))
    }

    /// The configured time for one insert, from now.
    pub async fn insert_deadline(&self) -> Result<Deadline, Error> {
        self.deadline(Duration::from_millis(self.config.insert_deadline_ms))
            .await
    }

    /// Compares the clocks again; call it when a deadline passed unexpectedly, and now and then.
    pub async fn ask_clock(&self) -> Result<i64, Error> {
        let asked = now_ms();
        let rows: Vec<(i64,)> = self
            .select("SELECT toUnixTimestamp64Milli(now64(3))", &[])
            .await?;
        let answered = now_ms();
        let server = rows.first().map_or(answered, |(milli,)| *milli);
        let ahead = server - i64::midpoint(asked, answered);
        self.clock_ahead_ms.store(ahead, Ordering::Relaxed);
        Ok(ahead)
    }

    /// Inserts the block. Ok means: its rows are there, once, whoever put them there under this token.
    pub async fn insert(&self, insert: &Insert<'_>) -> Result<(), Error> {
        let doing = || {
            format!(
                "insert of {} rows into {}",
                insert.block.rows(),
                insert.table.name()
            )
        };
        let block = Bytes::from(insert.block.native(insert.table, insert.deadline));
        let ahead = self.clock_ahead_ms.load(Ordering::Relaxed);
        let left_ms = insert.deadline.0 - now_ms() - if ahead == CLOCK_UNKNOWN { 0 } else { ahead };
        let wait = Duration::from_millis(left_ms.unsigned_abs().min(3_600_000)) + ANSWER_GRACE;
        let mut request = self
            .client
            .insert_formatted_with(format!("INSERT INTO {} FORMAT Native", insert.table.target))
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1")
            .with_setting("insert_deduplication_token", insert.token)
            .with_setting("query_id", query_id(insert.token))
            .with_setting("wait_end_of_query", "1")
            // A few hundred rows: more threads would cost more than they do.
            .with_setting("max_threads", "1")
            .with_timeouts(Some(wait), Some(wait));
        let mut left = block;
        while !left.is_empty() {
            let piece = left.split_to(left.len().min(PIECE_BYTES_MAX));
            request
                .send(piece)
                .await
                .map_err(|error| Error::from_client(doing(), error))?;
        }
        request
            .end()
            .await
            .map_err(|error| Error::from_client(doing(), error))
    }
}

/// The insert's name on the server, so that it can be found and ended there.
pub(crate) fn query_id(token: &str) -> String {
    format!("omni-insert:{token}")
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
