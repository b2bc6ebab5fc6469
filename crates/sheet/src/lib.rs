//! Rows of a file as a template's import table takes them: CSV, an array of JSON, or a JSON object a line.
//!
//! Pure: bytes in, judged rows out. Each row is held against the template's schema and against its columns; what is wrong is told
//! with its line and its column, and nothing is guessed: a day that is no ISO day, a decimal comma nobody announced, a row that
//! is there twice. Digits stay digits on the way. Refuses: more than [`BYTES_MAX`] bytes or [`ROWS_MAX`] rows, what is no UTF-8.
mod cell;
mod error;
mod fault;
mod fields;
mod json;
mod judge;
mod text;
mod way;

#[cfg(test)]
mod tests;

pub use error::SheetError;
pub use fault::{FAULTS_MAX, Fault, Faults};
pub use way::{Decimals, Format, Way};

use template::{Imported, Template};

use crate::fields::Fields;
use crate::judge::Judge;

/// The largest file that is read.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most rows of one file: they are one insert, which is there whole or not at all.
pub const ROWS_MAX: usize = 200_000;

/// What a file holds.
#[derive(Debug)]
pub struct Sheet {
    /// Rows that the template takes, in order.
    pub rows: Vec<Imported>,
    /// What it does not take.
    pub faults: Faults,
    /// Columns of the file that nothing asks for.
    pub unused: Vec<String>,
}

/// Reads a file for a company.
///
/// # Errors
/// [`SheetError`], when the file as a whole cannot be read; single rows are [`Sheet::faults`].
pub fn read(bytes: &[u8], way: &Way, template: &Template, company_id: u64) -> Result<Sheet, SheetError> {
    if bytes.len() > BYTES_MAX {
        return Err(SheetError::TooLarge);
    }
    let text = text::of(bytes)?;
    let fields = Fields::of(template, way)?;
    let mut judge = Judge::new(template, company_id, &fields, way);
    let unused = match way.format.unwrap_or_else(|| Format::guess(text, way)) {
        Format::Csv => text::rows(text, &fields, &mut judge)?,
        Format::Json => json::rows(text, way, &fields, &mut judge)?,
        Format::JsonLines => json::lines(text, &fields, &mut judge)?,
    };
    let (rows, faults) = judge.done();
    if rows.is_empty() && faults.rows == 0 {
        return Err(SheetError::Empty);
    }
    Ok(Sheet { rows, faults, unused })
}
