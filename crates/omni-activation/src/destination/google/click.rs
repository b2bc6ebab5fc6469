//! The click that led to a conversion, by the ids that Google gives it. Pure.

use serde::Serialize;

use super::Fields;

/// The flat fields that have the ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClickFields<'a> {
    pub(crate) gclid: &'a str,
    pub(crate) gbraid: &'a str,
    pub(crate) wbraid: &'a str,
}

/// One id of a click.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Click {
    /// Of a click anywhere but on iOS.
    Gclid(String),
    /// Of clicks on iOS that led to an app.
    Gbraid(String),
    /// Of clicks on iOS that led to the web.
    Wbraid(String),
}

impl Click {
    /// The one that tells most.
    pub(crate) fn of(flat: &Fields<'_>, fields: ClickFields<'_>) -> Option<Self> {
        let gclid = flat.word(fields.gclid).map(Self::Gclid);
        gclid
            .or_else(|| flat.word(fields.gbraid).map(Self::Gbraid))
            .or_else(|| flat.word(fields.wbraid).map(Self::Wbraid))
    }

    /// Whether it goes without persons and custom variables: it stands for several clicks, so that nobody is known by it.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self, Self::Gbraid(_) | Self::Wbraid(_))
    }
}
