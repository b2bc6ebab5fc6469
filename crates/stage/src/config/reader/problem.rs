//! What serde reports while reading, on its way up to the key it happened at.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Error, Unexpected};

use super::super::ConfigError;
use super::super::error::remedy;
use super::super::node::Origin;

/// A fault, and the place as far as it is known.
#[derive(Debug)]
pub(in crate::config) struct Problem {
    fault: Fault,
    origin: Option<Origin>,
    /// Keys from the innermost outwards.
    path: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Fault {
    Message(String),
    Unknown { key: String, known: Vec<String> },
    Missing { key: &'static str },
    Twice { key: String },
    File { path: PathBuf, source: std::io::Error },
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Problem {
            fault,
            origin: None,
            path: Vec::new(),
        }
    }
}

impl Problem {
    /// Happened at this place, unless a more exact one is known.
    pub(super) fn at(mut self, origin: &Origin) -> Problem {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    /// Happened under this key.
    pub(super) fn within(mut self, key: &str, origin: &Origin) -> Problem {
        self.path.push(key.to_owned());
        self.at(origin)
    }

    /// A missing key has no place of its own: its table's is taken.
    pub(super) fn missing_at(self, origin: &Origin) -> Problem {
        if self.path.is_empty() {
            self.at(origin)
        } else {
            self
        }
    }

    pub(super) fn into_error(self) -> ConfigError {
        let place = self.origin.unwrap_or(Origin::Default).to_string();
        let keys: Vec<String> = self.path.into_iter().rev().collect();
        let dotted = keys.join(".").replace(".[", "[");
        let table = if keys.is_empty() {
            "the file".to_owned()
        } else {
            format!("[{dotted}]")
        };
        match self.fault {
            Fault::Message(message) => ConfigError::Value {
                place,
                key: dotted,
                message,
            },
            Fault::Unknown { key, known } => {
                let remedy = remedy(&key, known.iter().map(String::as_str));
                ConfigError::UnknownKey {
                    place,
                    table,
                    key,
                    remedy,
                }
            }
            Fault::Missing { key } => {
                let path = keys
                    .iter()
                    .map(String::as_str)
                    .chain([key])
                    .collect::<Vec<_>>()
                    .join("__");
                let variable = format!("OMNI_{}", path.to_uppercase().replace(['-', '.'], "_"));
                ConfigError::Missing {
                    place,
                    table,
                    key: key.to_owned(),
                    variable,
                }
            }
            Fault::Twice { key } => ConfigError::Twice {
                place,
                key: join(&dotted, &key),
            },
            Fault::File { path, source } => ConfigError::SecretFile {
                place,
                key: dotted,
                path,
                source,
            },
        }
    }
}

fn join(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fault)
    }
}

impl std::error::Error for Problem {}

impl Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Problem::from(Fault::Message(format!("cannot be used: {message}")))
    }

    /// The value itself is left out: it may be a secret in the wrong place.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
            Unexpected::Float(_) => "a number with a fraction",
            Unexpected::Str(_) => "a text",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            _ => "something else",
        };
        Problem::from(Fault::Message(format!("is {found}, but must be {expected}")))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        match found {
            Unexpected::Str(_) | Unexpected::Other(_) => {
                Problem::from(Fault::Message(format!("must be {expected}")))
            }
            found => Problem::from(Fault::Message(format!("is {found}, but must be {expected}"))),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let words = expected.join(", ");
        Problem::from(Fault::Message(format!(
            "is `{variant}`, but must be one of: {words}"
        )))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|name| (*name).to_owned()).collect();
        Problem::from(Fault::Unknown {
            key: field.to_owned(),
            known,
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Problem::from(Fault::Missing { key: field })
    }
}
