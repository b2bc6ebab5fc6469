//! What destinations got of a person, nobody can take back from here.

use std::path::Path;

use omni_activation::Config;
use serde::{Deserialize, Serialize};

/// A destination and whether it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Destination {
    pub(super) name: String,
    pub(super) kind: String,
    /// Always false today: none of the protocols has a deletion.
    pub(super) was_told: bool,
}

/// The configured ones; `None` when this configuration cannot say.
pub(super) fn configured(path: Option<&Path>) -> Option<Vec<Destination>> {
    let config = Config::load(path).ok()?;
    let destination = |(name, settings): (String, omni_activation::DestinationSettings)| Destination {
        name,
        kind: settings.kind.as_str().to_owned(),
        was_told: false,
    };
    Some(config.destination.into_iter().map(destination).collect())
}

/// One line a destination, or one that says why there is none.
pub(super) fn lines(configured: Option<&[Destination]>) -> Vec<String> {
    match configured {
        None => vec![
            "  this configuration does not say which there are: ask each to delete what it was sent, its protocol has no deletion"
                .to_owned(),
        ],
        Some([]) => vec!["  none is configured here".to_owned()],
        Some(configured) => configured
            .iter()
            .map(|destination| {
                format!(
                    "  {} ({}) was not told: its protocol has no deletion; ask whoever runs it",
                    destination.name, destination.kind
                )
            })
            .collect(),
    }
}
