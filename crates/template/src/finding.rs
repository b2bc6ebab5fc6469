//! One thing that is wrong with a template: the file, the line, and what to change.
use std::fmt;

/// A thing to be put right before the template can be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Inside the template's folder: `panels/won_value.sql`.
    pub file: String,
    /// From 1; 1 also when the whole file is meant.
    pub line: usize,
    pub message: String,
}

impl Finding {
    pub fn new(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// One a line, in order of file and line, each once.
pub fn listed(findings: &[Finding]) -> String {
    let mut lines: Vec<&Finding> = findings.iter().collect();
    lines.sort();
    lines.dedup();
    let lines: Vec<String> = lines.into_iter().map(Finding::to_string).collect();
    lines.join("\n")
}
