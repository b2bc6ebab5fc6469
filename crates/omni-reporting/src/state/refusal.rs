//! Why a choice of the viewer is refused, in words that name the parameter.

/// Longest part of a refused value that is repeated in its message, in characters.
const QUOTED_CHARS_MAX: usize = 60;

/// A parameter that its variable's declaration does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {reason}")]
pub struct Refusal {
    /// The parameter's name.
    pub parameter: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Refusal {
    pub(super) fn new(parameter: &str, reason: impl Into<String>) -> Self {
        Self {
            parameter: parameter.to_owned(),
            reason: reason.into(),
        }
    }

    pub(super) fn value(parameter: &str, value: &str, wanted: &str) -> Self {
        let quoted: String = value.chars().take(QUOTED_CHARS_MAX).collect();
        Self::new(parameter, format!("`{quoted}` is not {wanted}"))
    }
}
