//! Why a file as a whole cannot be read, each with what helps.
use crate::{BYTES_MAX, ROWS_MAX};

/// Nothing of the file can be used. No message holds a cell's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    #[error("it is larger than {BYTES_MAX} bytes: import it in parts")]
    TooLarge,
    #[error("it has more than {ROWS_MAX} rows: import it in parts, of some months each")]
    TooManyRows,
    #[error("it is UTF-16: save it as UTF-8")]
    Utf16,
    #[error("line {line} is no UTF-8: save the file as UTF-8")]
    NotText { line: usize },
    #[error("it has no rows")]
    Empty,
    #[error("line {line}, column {column}: {message}")]
    Csv { line: u64, column: u64, message: String },
    #[error("line {line}, column {column}: this is no JSON: {message}")]
    Json {
        line: usize,
        column: usize,
        message: String,
    },
    #[error("the template has no table for `omni import`")]
    NoTable,
    #[error("the column {column} is in the head twice")]
    Twice { column: String },
    #[error(
        "there is no column for `{field}`; there are {columns} (`--map {field}=COLUMN` says which it is{or})"
    )]
    Missing {
        field: String,
        columns: String,
        /// The other way out, where there is one.
        or: String,
    },
    #[error("`--map {field}={column}`: there is no column {column}; there are {columns}")]
    NoColumn {
        field: String,
        column: String,
        columns: String,
    },
    #[error("{field} is no field of this template; it has {fields}")]
    NoField { field: String, fields: String },
    #[error("the value that is given for {field}: {message}")]
    Default { field: String, message: String },
    #[error("{pointer} is no array of objects{hint}")]
    NoRows { pointer: String, hint: String },
}
