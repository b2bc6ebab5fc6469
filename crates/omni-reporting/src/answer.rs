//! Answers to questions: cached by the versions of their tables, computed once however many ask.
//!
//! The same bytes serve the stream, a plain request, and CSV. At most a fixed number of questions is with the database at
//! once; the cache is bounded by bytes. A failure is not cached: who asks next asks anew.
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use serde::Deserialize;
use serde_json::value::RawValue;
use stage::clock;
use tokio::sync::Semaphore;
use uuid::Uuid;
use warehouse::{Limits, Pieces, Warehouse};
use xxhash_rust::xxh3::xxh3_64;

use crate::api::{Column, PanelError};
use crate::metrics::Figures;
use crate::question::Question;

mod on_screen;
mod turns;

pub use on_screen::OnScreen;
use turns::Turns;
pub use turns::{Turn, Wish};

/// What the cache keeps beside the text of an answer, about.
const ENTRY_BYTES: usize = 512;
/// Answers nobody asked for in this time are let go.
const IDLE_MAX: Duration = Duration::from_mins(10);
/// The server ends a question that takes too long; so much later we stop waiting for it to say so.
const ANSWER_GRACE: Duration = Duration::from_secs(5);

/// What a question was answered with.
#[derive(Debug)]
pub struct Answer {
    pub columns: Vec<Column>,
    /// `[[…],…]`, as the database wrote it.
    pub rows: Box<RawValue>,
    /// Equal for equal columns and rows.
    pub hash: u64,
    /// When the question was put, RFC 3339.
    pub as_of: String,
    pub took: Duration,
}

/// Why there is no answer: short words for the page, an id for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({id})")]
pub struct Unanswered {
    pub message: &'static str,
    pub id: Uuid,
}

/// What went wrong, for the log.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("clickhouse did not answer")]
    Warehouse(#[source] warehouse::Error),
    #[error("clickhouse gave no answer within the time a question may take")]
    Late,
    #[error("clickhouse's answer is not the shape that was asked for")]
    Unreadable(#[source] serde_json::Error),
}

impl From<&Unanswered> for PanelError {
    fn from(unanswered: &Unanswered) -> Self {
        Self {
            message: unanswered.message.to_owned(),
            id: unanswered.id.to_string(),
        }
    }
}

/// Bounds of the answers.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub cache_bytes_max: u64,
    pub queries_max: usize,
    pub database_share: f64,
    pub limits: Limits,
    /// Of a list that is asked for as a file.
    pub file_limits: Limits,
}

/// Answers, cached.
#[derive(Debug)]
pub struct Answers {
    warehouse: Warehouse,
    cache: Cache<u128, Arc<Answer>>,
    running: Semaphore,
    turns: Turns,
    limits: Limits,
    file_limits: Limits,
    figures: Figures,
}

impl Answers {
    /// An empty cache before this database.
    pub fn new(warehouse: Warehouse, bounds: &Bounds, figures: Figures) -> Self {
        let weight = |_: &u128, answer: &Arc<Answer>| {
            u32::try_from(answer.rows.get().len() + ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        Self {
            warehouse,
            cache: Cache::builder()
                .max_capacity(bounds.cache_bytes_max)
                .weigher(weight)
                // An answer about newer tables is the one that will be asked for, however often the older one was.
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(IDLE_MAX)
                .build(),
            running: Semaphore::new(bounds.queries_max.max(1)),
            turns: Turns::new(bounds.database_share),
            limits: bounds.limits,
            file_limits: bounds.file_limits,
            figures,
        }
    }

    /// The answer from the cache, or from the database, or from whoever is asking the same just now.
    pub async fn answer(&self, question: &Question) -> Result<Arc<Answer>, Unanswered> {
        let asked = self
            .cache
            .entry(question.key)
            .or_try_insert_with(self.ask(question))
            .await;
        match asked {
            Ok(entry) => {
                if !entry.is_fresh() {
                    self.figures.cache_hits.inc();
                }
                Ok(entry.into_value())
            }
            Err(unanswered) => Err((*unanswered).clone()),
        }
    }

    /// Waits until a question may be repeated; whoever looks at nothing yet need not call it.
    pub async fn turn(&self, wish: Wish) -> Turn<'_> {
        self.turns.wait(wish).await
    }

    /// All rows of an answer that may be large, piece by piece and not from the cache.
    pub async fn pieces(&self, question: &Question) -> Result<Pieces, Unanswered> {
        let (sql, parameters) = (question.sql(), question.named());
        let limits = &self.file_limits;
        let asked = self.warehouse.pieces(&sql, &parameters, limits);
        let (answer, _) = self.timed(asked, limits).await;
        self.judged(answer, question)
    }

    async fn ask(&self, question: &Question) -> Result<Arc<Answer>, Unanswered> {
        let as_of = clock::rfc3339_micro(clock::now_micro());
        let (sql, parameters) = (question.sql(), question.named());
        let asked = self.warehouse.query(&sql, &parameters, &self.limits);
        let (bytes, took) = self.timed(asked, &self.limits).await;
        let answer = bytes.and_then(|bytes| Answer::read(&bytes, as_of, took).map_err(Failure::Unreadable));
        self.judged(answer.map(Arc::new), question)
    }

    /// Waits for its turn and for the answer; what it took is charged.
    async fn timed<T>(
        &self,
        asked: impl Future<Output = Result<T, warehouse::Error>>,
        limits: &Limits,
    ) -> (Result<T, Failure>, Duration) {
        // The semaphore is never closed.
        let _running = self.running.acquire().await.ok();
        let started = Instant::now();
        let wait_max = Duration::from_secs(u64::from(limits.seconds_max)) + ANSWER_GRACE;
        let answer = tokio::time::timeout(wait_max, asked).await;
        let took = started.elapsed();
        self.turns.charge(took);
        self.figures.query_seconds.observe(took.as_secs_f64());
        let answer = match answer {
            Ok(answer) => answer.map_err(Failure::Warehouse),
            Err(_) => Err(Failure::Late),
        };
        (answer, took)
    }

    fn judged<T>(&self, answer: Result<T, Failure>, question: &Question) -> Result<T, Unanswered> {
        let outcome = if answer.is_ok() { "answered" } else { "failed" };
        self.figures.queries.with_label_values(&[outcome]).inc();
        answer.map_err(|failure| Unanswered::log(&failure, &question.statement.name))
    }
}

impl Unanswered {
    /// Writes the whole cause to the log, and keeps what finds it there.
    fn log(failure: &Failure, statement: &str) -> Self {
        let unanswered = Self {
            message: failure.short(),
            id: Uuid::new_v4(),
        };
        tracing::warn!(
            failure.id = %unanswered.id,
            statement,
            error = failure as &dyn std::error::Error,
            "a question was not answered"
        );
        unanswered
    }
}

impl Answer {
    fn read(bytes: &[u8], as_of: String, took: Duration) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Compact<'a> {
            meta: Vec<Column>,
            #[serde(borrow)]
            data: Vec<&'a RawValue>,
        }
        let read: Compact<'_> = serde_json::from_slice(bytes)?;
        let mut rows = String::with_capacity(bytes.len());
        rows.push('[');
        for (at, row) in read.data.iter().enumerate() {
            if at > 0 {
                rows.push(',');
            }
            rows.push_str(row.get());
        }
        rows.push(']');
        let mut shape = rows.clone().into_bytes();
        for column in &read.meta {
            shape.extend_from_slice(column.name.as_bytes());
            shape.extend_from_slice(column.kind.as_bytes());
        }
        Ok(Self {
            columns: read.meta,
            rows: RawValue::from_string(rows)?,
            hash: xxh3_64(&shape),
            as_of,
            took,
        })
    }
}

impl Failure {
    /// Words for somebody who looks at a board, without the database's own.
    fn short(&self) -> &'static str {
        use warehouse::Error as Theirs;
        match self {
            Self::Late | Self::Warehouse(Theirs::Network { .. }) => "the warehouse does not answer",
            Self::Unreadable(_) => "the warehouse's answer could not be read",
            Self::Warehouse(Theirs::Server { code, .. }) => match code {
                159 | 160 => "the question took too long",
                241 => "the question needs too much memory",
                202 | 203 | 209 => "the warehouse is busy",
                158 | 307 | 396 => "the answer is too large",
                60 | 81 => "the warehouse has no such table yet",
                164 | 497 | 516 => "the warehouse does not let this server read",
                _ => "the warehouse refused the question",
            },
            Self::Warehouse(_) => "the warehouse refused the question",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Answer {
        Answer::read(json.as_bytes(), String::new(), Duration::ZERO).unwrap()
    }

    #[test]
    fn rows_keep_every_digit_and_stand_on_one_line() {
        let answer = read(
            "{\"meta\":\n[{\"name\":\"n\",\"type\":\"UInt64\"}],\n\n\"data\":\n[\n\t[\"11499498413772974357\", 0.10],\n\t[null, \"a\\nb\"]\n],\"rows\":2}",
        );
        assert_eq!(
            answer.rows.get(),
            "[[\"11499498413772974357\", 0.10],[null, \"a\\nb\"]]"
        );
        assert!(!answer.rows.get().contains('\n'));
        assert_eq!(
            answer.columns,
            [Column {
                name: "n".to_owned(),
                kind: "UInt64".to_owned()
            }]
        );
    }

    #[test]
    fn equal_answers_have_equal_hashes_and_others_do_not() {
        let one = "{\"meta\":[],\"data\":[[1]],\"statistics\":{\"elapsed\":0.1}}";
        let same = "{\"meta\":[],\"data\":[[1]],\"statistics\":{\"elapsed\":0.2}}";
        assert_eq!(read(one).hash, read(same).hash);
        assert_ne!(read(one).hash, read("{\"meta\":[],\"data\":[[2]]}").hash);
    }
}
