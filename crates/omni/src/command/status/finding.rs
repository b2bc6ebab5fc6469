//! Something that a person should look into.

use serde::Serialize;

/// One thing that is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) urgency: Urgency,
    /// In one sentence, with its figure.
    pub(super) what: String,
    /// The first thing to do: a command where there is one.
    pub(super) remedy: String,
    /// The alert of the same name, and its page: `docs/runbook/<alert>.md`.
    pub(super) alert: &'static str,
}

/// As Prometheus' rules have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Urgency {
    /// Somebody must act now: events are at risk, or nothing flows.
    Critical,
    /// Within the day.
    Warning,
}

/// Events are at risk, or nothing flows.
pub(super) fn critical(alert: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        urgency: Urgency::Critical,
        what: what.into(),
        remedy: remedy.into(),
        alert,
    }
}

/// Within the day.
pub(super) fn warning(alert: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        urgency: Urgency::Warning,
        ..critical(alert, what, remedy)
    }
}
