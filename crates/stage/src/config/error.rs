//! What can be wrong with a configuration, said so that the reader knows what to change.

use std::path::PathBuf;

use super::TABLES;
use super::node::Origin;

/// How alike a key must be to be offered instead (0 to 1, Jaro-Winkler).
const ALIKE_MIN: f64 = 0.75;

/// Why the configuration cannot be used. Each message is complete; none holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// File and line.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A table nobody reads.
    #[error("{place}: there is no table [{table}]; {remedy}")]
    UnknownTable {
        /// File and line, or variable.
        place: String,
        /// The table.
        table: String,
        /// What to write instead.
        remedy: String,
    },
    /// A key nobody reads.
    #[error("{place}: {table} has no key `{key}`; {remedy}")]
    UnknownKey {
        /// File and line, or variable.
        place: String,
        /// The table it is in, in brackets.
        table: String,
        /// The key.
        key: String,
        /// What to write instead.
        remedy: String,
    },
    /// A key that must be there.
    #[error("{place}: {table} needs `{key}`; add it, or set {variable}")]
    Missing {
        /// File and line, or variable.
        place: String,
        /// The table it is missing from, in brackets.
        table: String,
        /// The key.
        key: String,
        /// The variable that would set it.
        variable: String,
    },
    /// A value that does not fit.
    #[error("{place}: `{key}` {message}")]
    Value {
        /// File and line, or variable.
        place: String,
        /// The key with its tables.
        key: String,
        /// What is wrong, and what would fit.
        message: String,
    },
    /// `key` and `key_file` at once.
    #[error("{place}: both `{key}` and `{key}_file` are set; keep one of them")]
    Twice {
        /// File and line, or variable.
        place: String,
        /// The key with its tables.
        key: String,
    },
    /// The file that `key_file` names cannot be read.
    #[error("{place}: cannot read {}, which `{key}_file` names", path.display())]
    SecretFile {
        /// File and line, or variable.
        place: String,
        /// The key with its tables.
        key: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Each value is fine alone, together they are not; made by the crate that owns the table.
    #[error("[{table}] {message}")]
    Invalid {
        /// The table.
        table: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl ConfigError {
    /// For a crate's own rules about its table.
    pub fn invalid(table: &str, message: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            table: table.to_owned(),
            message: message.into(),
        }
    }
}

pub(super) fn unknown_table(origin: &Origin, table: &str) -> ConfigError {
    let remedy = remedy(table, TABLES.iter().copied());
    ConfigError::UnknownTable {
        place: origin.to_string(),
        table: table.to_owned(),
        remedy,
    }
}

/// `did you mean …?` when one is near, else all that are known.
pub(super) fn remedy<'k>(key: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    let nearest = known
        .clone()
        .map(|name| (strsim::jaro_winkler(key, name), name))
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    match nearest {
        Some((alike, name)) if alike >= ALIKE_MIN => format!("did you mean `{name}`?"),
        Some(_) => format!("it knows {}", known.collect::<Vec<_>>().join(", ")),
        None => "remove it".to_owned(),
    }
}
