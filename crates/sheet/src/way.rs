//! How a file is read.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the rows stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A head and a row a line, between commas, semicolons or tabs.
    Csv,
    /// An array of objects, or an object that has one somewhere.
    Json,
    /// An object a line.
    #[serde(rename = "ndjson")]
    JsonLines,
}

/// How numbers that are text are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimals {
    #[default]
    Point,
    Comma,
}

/// What whoever imports says of the file.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// None: what it looks like.
    pub format: Option<Format>,
    /// The file's column by the template's field; in JSON a pointer (`/metrics/cost`) reaches into a row.
    pub map: BTreeMap<String, String>,
    /// What a field is where a row does not say.
    pub defaults: BTreeMap<String, String>,
    pub decimals: Decimals,
    /// Of JSON: where the array is (`/data`); empty: the whole.
    pub rows: String,
}

impl Format {
    /// What a text looks like by its first letter, and its first line.
    pub(crate) fn guess(text: &str, way: &Way) -> Self {
        let start = text.trim_start();
        if !way.rows.is_empty() || start.starts_with('[') {
            return Self::Json;
        }
        if !start.starts_with('{') {
            return Self::Csv;
        }
        let mut lines = start.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().unwrap_or_default();
        let is_whole = serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok();
        // One line is taken for rows where it has none inside.
        if is_whole && (lines.next().is_some() || crate::json::arrays_of(first).is_empty()) {
            Self::JsonLines
        } else {
            Self::Json
        }
    }
}
