//! Why a template cannot be loaded: always the file, and the line where there is one.
use thiserror::Error;

/// A template that was refused.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("{file}: missing")]
    Missing { file: String },
    #[error("{file}:{line}: {message}")]
    Invalid {
        file: String,
        line: usize,
        message: String,
    },
    #[error("two migrations have the number {number:04}: {first}, {second}")]
    SameNumber {
        number: u32,
        first: String,
        second: String,
    },
    #[error("{key}: format {found}, this program reads {known}", known = crate::manifest::FORMAT)]
    Format { key: String, found: u32 },
}
