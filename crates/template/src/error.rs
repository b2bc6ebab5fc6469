//! Why a template cannot be loaded: all that was found, each with file and line.
use std::fmt;

use crate::Finding;
use crate::finding::listed;

/// A template that was refused. It has at least one finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError(pub Vec<Finding>);

impl LoadError {
    /// Refused for one thing.
    pub fn one(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self(vec![Finding::new(file, line, message)])
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&listed(&self.0))
    }
}
