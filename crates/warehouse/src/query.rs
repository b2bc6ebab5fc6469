//! Statements with typed parameters, `{name:Type}`: the only way a value reaches SQL.
use bytes::Bytes;
use clickhouse::query::BytesCursor;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Error, Warehouse};

/// A parameter's value; its type stands in the SQL.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    Text(String),
    Texts(Vec<String>),
    UInt(u64),
    UInts(Vec<u64>),
    Int(i64),
    Bool(bool),
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::UInt(number)
    }
}

impl From<Vec<String>> for Param {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<u64>> for Param {
    fn from(numbers: Vec<u64>) -> Self {
        Self::UInts(numbers)
    }
}

/// What one question may cost. The user's profile on the server may set less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub seconds_max: u32,
    pub rows_max: u64,
    pub bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seconds_max: 10,
            rows_max: 10_000,
            bytes_max: 16 * 1024 * 1024,
        }
    }
}

/// An answer that comes piece by piece.
pub struct Pieces {
    first: Option<Bytes>,
    cursor: BytesCursor,
    doing: String,
}

impl Pieces {
    pub(crate) fn of(cursor: BytesCursor, doing: &str) -> Self {
        Self {
            first: None,
            cursor,
            doing: doing.to_owned(),
        }
    }

    /// The next piece, cut anywhere; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.first.take() {
            Some(piece) => Ok(Some(piece)),
            None => self
                .cursor
                .next()
                .await
                .map_err(|error| Error::from_client(self.doing.clone(), error)),
        }
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces")
            .field("doing", &self.doing)
            .finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Runs one SELECT and returns the answer as `JSONCompact`: 64-bit numbers and decimals are strings, which a
    /// browser reads without loss. Works as a user who is `readonly = 2`.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
        limits: &Limits,
    ) -> Result<Bytes, Error> {
        self.fetch(sql, parameters, limits, "1").await
    }

    /// Runs one SELECT and reads each row as a tuple (or any type that serde reads from a list).
    pub async fn select<T: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
    ) -> Result<Vec<T>, Error> {
        self.select_within(sql, parameters, &Limits::default()).await
    }

    /// As [`Warehouse::select`], at other costs.
    pub async fn select_within<T: DeserializeOwned>(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
        limits: &Limits,
    ) -> Result<Vec<T>, Error> {
        #[derive(Deserialize)]
        struct Answer<T> {
            data: Vec<T>,
        }
        let answer = self.fetch(sql, parameters, limits, "0").await?;
        let answer: Answer<T> = serde_json::from_slice(&answer).map_err(|error| Error::Client {
            doing: format!("reading the answer to {}", shown(sql)),
            source: error.into(),
        })?;
        Ok(answer.data)
    }

    /// Runs a statement without an answer.
    pub async fn execute(&self, sql: &str) -> Result<(), Error> {
        let query = self.client.query_raw(sql).with_setting("wait_end_of_query", "1");
        query
            .execute()
            .await
            .map_err(|error| Error::from_client(shown(sql), error))
    }

    /// Whether the server answers and knows us.
    pub async fn ping(&self) -> Result<(), Error> {
        self.execute("SELECT 1 FORMAT Null").await
    }

    /// Runs one SELECT and gives its answer piece by piece, as `JSONCompactEachRowWithNamesAndTypes`: a line of names, a line
    /// of types, a line a row; numbers as in [`Warehouse::query`]. The first piece comes when the server has them all, so an
    /// answer that begins fails no more for what it asks.
    pub async fn pieces(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
        limits: &Limits,
    ) -> Result<Pieces, Error> {
        let mut cursor = self.cursor(
            sql,
            parameters,
            limits,
            "1",
            "JSONCompactEachRowWithNamesAndTypes",
        )?;
        let first = cursor.next().await;
        let first = first.map_err(|error| Error::from_client(shown(sql), error))?;
        Ok(Pieces {
            first,
            cursor,
            doing: shown(sql),
        })
    }

    async fn fetch(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
        limits: &Limits,
        quote: &'static str,
    ) -> Result<Bytes, Error> {
        let mut answer = self.cursor(sql, parameters, limits, quote, "JSONCompact")?;
        answer
            .collect()
            .await
            .map_err(|error| Error::from_client(shown(sql), error))
    }

    fn cursor(
        &self,
        sql: &str,
        parameters: &[(&str, Param)],
        limits: &Limits,
        quote: &'static str,
        format: &'static str,
    ) -> Result<BytesCursor, Error> {
        let mut query = self.client.query_raw(sql);
        for (name, value) in parameters {
            query = match value {
                Param::Text(text) => query.param(name, text),
                Param::Texts(texts) => query.param(name, texts),
                Param::UInt(number) => query.param(name, number),
                Param::UInts(numbers) => query.param(name, numbers),
                Param::Int(number) => query.param(name, number),
                Param::Bool(flag) => query.param(name, flag),
            };
        }
        query
            // Otherwise rows may arrive before the error does.
            .with_setting("wait_end_of_query", "1")
            .with_setting("output_format_json_quote_64bit_integers", quote)
            .with_setting("output_format_json_quote_decimals", quote)
            .with_setting("max_execution_time", limits.seconds_max.to_string())
            .with_setting("max_result_rows", limits.rows_max.to_string())
            .with_setting("max_result_bytes", limits.bytes_max.to_string())
            .fetch_bytes(format)
            .map_err(|error| Error::from_client(shown(sql), error))
    }
}

/// The beginning of a statement, for messages: it holds no values.
fn shown(sql: &str) -> String {
    const CHARS_MAX: usize = 80;
    let line = sql
        .lines()
        .find(|line| !line.trim_start().starts_with("--") && !line.trim().is_empty())
        .unwrap_or(sql);
    line.trim().chars().take(CHARS_MAX).collect()
}
