//! Whole tables out and in, as lines: what a backup is made of.
//!
//! Promises: an answer and an insert of any size pass piece by piece. The first line names the columns, the second their types, so
//! a table that has more columns by now takes their defaults. Whether an answer was whole is known by its lines alone: a server
//! that fails in the middle of one cannot take back what it has sent.
use bytes::Bytes;
use clickhouse::insert_formatted::InsertFormatted;

use crate::{Error, Pieces, Warehouse};

/// Lines of JSON, a list of values each; numbers of 64 bits and decimals in quotes.
const FORMAT: &str = "JSONCompactEachRowWithNamesAndTypes";
/// Lines before the first row: names, types.
pub const HEADING_LINES: u64 = 2;

/// Rows on their way into a table.
pub struct RowsIn {
    request: InsertFormatted,
    doing: String,
}

impl std::fmt::Debug for RowsIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowsIn")
            .field("doing", &self.doing)
            .finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Runs one SELECT that may take hours, and gives its lines as they come.
    ///
    /// # Errors
    /// [`Error`] where the server refuses it. Later errors come with a piece, or as lines that are missing.
    pub fn rows_out(&self, sql: &str) -> Result<Pieces, Error> {
        let cursor = self
            .client
            .query_raw(sql)
            .with_setting("output_format_json_quote_64bit_integers", "1")
            .with_setting("output_format_json_quote_decimals", "1")
            .with_setting("output_format_json_quote_denormals", "1")
            .with_setting("max_execution_time", "0")
            .fetch_bytes(FORMAT)
            .map_err(|error| Error::from_client("reading a table", error))?;
        Ok(Pieces::of(cursor, "reading a table"))
    }

    /// Begins an insert of lines as [`Warehouse::rows_out`] gives them.
    pub fn rows_in(&self, table: &str) -> RowsIn {
        let request = self
            .client
            .insert_formatted_with(format!("INSERT INTO `{table}` FORMAT {FORMAT}"))
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "0")
            .with_setting("max_partitions_per_insert_block", "0")
            .with_setting("wait_end_of_query", "1");
        RowsIn {
            request,
            doing: format!("writing rows into {table}"),
        }
    }
}

impl RowsIn {
    /// Sends some bytes of the lines, cut anywhere.
    ///
    /// # Errors
    /// [`Error`]: some rows may be there.
    pub async fn send(&mut self, piece: Bytes) -> Result<(), Error> {
        self.request
            .send(piece)
            .await
            .map_err(|error| Error::from_client(self.doing.clone(), error))
    }

    /// Waits until all of them are there.
    ///
    /// # Errors
    /// [`Error`]: some rows may be there.
    pub async fn end(self) -> Result<(), Error> {
        self.request
            .end()
            .await
            .map_err(|error| Error::from_client(self.doing.clone(), error))
    }
}
