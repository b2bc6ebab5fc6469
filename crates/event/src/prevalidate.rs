//! What must be right about a webhook before it is taken: the founding article's eighteen
//! properties for v1, their counterparts in v2, and the shape of the states.
//!
//! As strict as the article where Pipedrive keeps to it, as tolerant as Pipedrive's real events
//! demand (facts 1.3, 1.4, 8): ids and times as numbers or texts, most properties optional.

mod kind;
mod rules;

use serde_json::Value;

use crate::webhook::{Version, Webhook};

pub use kind::PropertyKind;
pub use rules::RULES;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The name of the row, unique in its version.
    pub property: &'static str,
    pub version: Version,
    pub kind: PropertyKind,
    /// Refused when absent or null; an optional one is judged only when it is there.
    pub required: bool,
    /// Where it stands in the body, as a JSON path.
    pub path: &'static str,
}

/// One way in which a webhook breaks a rule. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub path: &'static str,
    /// The rule's property, with its version, e.g. `v2.company_id`.
    pub rule: String,
    pub message: String,
}

/// Judges a webhook by every rule of its version; all violations, not the first.
pub fn check(webhook: &Webhook<'_>) -> Result<(), Vec<Violation>> {
    let rules = RULES.iter().filter(|rule| rule.version == webhook.version());
    let violations: Vec<Violation> = rules.filter_map(|rule| judge(rule, webhook)).collect();
    if violations.is_empty() {
        Ok(())
    } else {
        Err(violations)
    }
}

fn judge(rule: &Rule, webhook: &Webhook<'_>) -> Option<Violation> {
    let message = if let PropertyKind::State = rule.kind {
        let raw = if rule.property == "previous" {
            webhook.previous()
        } else {
            webhook.current()
        };
        let fits = raw.is_none_or(|raw| raw.get().starts_with(['{', '[']));
        (!fits).then(|| rule.kind.expected().to_owned())
    } else {
        match value(rule, webhook).filter(|value| !value.is_null()) {
            None => rule.required.then(|| "is missing".to_owned()),
            Some(value) if rule.kind.fits(value) => None,
            Some(_) => Some(rule.kind.expected().to_owned()),
        }
    }?;
    Some(Violation {
        path: rule.path,
        rule: format!("v{}.{}", rule.version, rule.property),
        message,
    })
}

fn value<'w>(rule: &Rule, webhook: &'w Webhook<'_>) -> Option<&'w Value> {
    match (rule.version, rule.property) {
        (Version::V1, "v") => webhook.v(),
        (Version::V1, "matches_filters") => webhook.matches_filters(),
        _ => webhook.meta().get(rule.property),
    }
}

#[cfg(test)]
mod tests;
