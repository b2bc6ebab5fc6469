//! The destinations: whether they take what they are sent.

use super::super::finding::{Finding, warning};
use super::super::look::Seen;
use super::above;

pub(super) fn of(seen: &Seen) -> Vec<Finding> {
    let misconfigured = above(seen, "omni_activation_misconfigured", "destination", 0.0);
    let mut found: Vec<Finding> = misconfigured
        .iter()
        .map(|(name, _)| {
            warning(
                "OmniDestinationMisconfigured",
                format!("{name} refuses address, path or credentials; its events wait"),
                format!("omni destination check {name}"),
            )
        })
        .collect();
    let down = above(seen, "omni_activation_breaker_open", "destination", 0.0);
    let alone = down
        .into_iter()
        .filter(|(name, _)| !misconfigured.iter().any(|(other, _)| other == name));
    found.extend(alone.map(|(name, _)| {
        warning(
            "OmniDestinationDown",
            format!("{name} does not work at present; its events wait"),
            format!("omni destination check {name}"),
        )
    }));
    found
}
