//! What is wrong with single rows: where, and what to do about it.
use std::fmt;

/// So many are kept; the others are counted.
pub const FAULTS_MAX: usize = 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1, where the row begins.
    pub line: u64,
    /// As the file calls it; none where it is about the row.
    pub column: Option<String>,
    /// In words; never quotes the value.
    pub message: String,
}

/// All that is wrong: the first of it, and how much there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first [`FAULTS_MAX`].
    pub first: Vec<Fault>,
    pub count: u64,
    /// Rows that are not taken.
    pub rows: u64,
}

impl Faults {
    /// All that is wrong with one row.
    pub(crate) fn of_row(&mut self, faults: Vec<Fault>) {
        self.rows += 1;
        self.count += faults.len() as u64;
        let room = FAULTS_MAX.saturating_sub(self.first.len());
        self.first.extend(faults.into_iter().take(room));
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}: column {column}: {}", self.line, self.message),
            None => write!(f, "{}: {}", self.line, self.message),
        }
    }
}
