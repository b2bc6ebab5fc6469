//! Rows that come from no topic: a file or an address, read by a template's import table, on demand (`omni import`) or on a
//! schedule (`[import.<name>]`).
//!
//! A file is loaded whole or not at all: every row is judged before the first is sent, and all are one insert. The import of the
//! greatest time wins, so the same file twice, or a corrected one later, gives true numbers. Nothing is contacted unless it is
//! named.
mod keep;
mod settings;
mod store;

use std::collections::BTreeMap;

use sheet::{Faults, Sheet, SheetError, Way};
use stage::Secret;
use stage::outbound::Addresses;
use template::Template;

pub(crate) use keep::{feeds, keep};
pub use settings::Settings;
pub use store::{Absent, Stored, store};

use crate::source::Source;
pub use crate::source::{SourceError, shown};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file or the address.
    #[error("the source cannot be read")]
    Source(#[source] SourceError),
    /// The file as a whole.
    #[error("the file cannot be read")]
    Sheet(#[source] SheetError),
    /// Rows that are wrong, and nobody said to leave them out.
    #[error("{} cannot be taken, so nothing was imported; {}", rows(.0.rows), first(.0))]
    Invalid(Faults),
    /// The template has none.
    #[error("{0} has no table that is imported")]
    NoTable(String),
    /// The table, or the server.
    #[error("the rows cannot be stored")]
    Warehouse(#[source] warehouse::Error),
    /// The rows are there all the same.
    #[error(
        "the rows are stored, but open boards could not be told; they show them when they are opened anew"
    )]
    Kafka(#[source] kafka::Error),
    /// Reading panicked.
    #[error("reading the file ended unexpectedly")]
    Read(#[source] tokio::task::JoinError),
}

/// What is done about rows that are wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalid {
    /// Nothing is imported.
    #[default]
    Refuse,
    /// The others are imported.
    Skip,
}

/// Reads a file, or an address with these headers; at most [`sheet::BYTES_MAX`] bytes.
///
/// # Errors
/// [`ImportError::Source`].
pub async fn fetch(
    place: &str,
    headers: &BTreeMap<String, Secret>,
    addresses: Addresses,
) -> Result<Vec<u8>, ImportError> {
    let source = Source {
        place,
        headers: Some(headers),
        addresses,
        bytes_max: sheet::BYTES_MAX,
    };
    source.read().await.map_err(ImportError::Source)
}

/// Judges all rows of a file for a company.
///
/// # Errors
/// [`ImportError::Sheet`] and, unless they are to be skipped, [`ImportError::Invalid`].
pub fn judge(
    bytes: &[u8],
    way: &Way,
    template: &Template,
    company_id: u64,
    invalid: Invalid,
) -> Result<Sheet, ImportError> {
    let sheet = sheet::read(bytes, way, template, company_id).map_err(ImportError::Sheet)?;
    if sheet.faults.rows > 0 && invalid == Invalid::Refuse {
        return Err(ImportError::Invalid(sheet.faults));
    }
    Ok(sheet)
}

fn rows(count: u64) -> String {
    if count == 1 {
        "1 row".to_owned()
    } else {
        format!("{count} rows")
    }
}

fn first(faults: &Faults) -> String {
    faults
        .first
        .first()
        .map_or_else(String::new, |fault| format!("line {fault}"))
}
