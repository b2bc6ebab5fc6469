//! `[rates]` of `omni.toml`.
use rates::{Quotation, Quoted};
use serde::{Deserialize, Serialize};

use stage::outbound::Addresses;

use crate::source::{Source, shown};

/// Bytes of a source: thirty currencies over thirty years are three million.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// `[rates]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file or an `https://` address; empty: no rates, amounts stay in their own currency.
    pub source: String,
    /// The currency that the source quotes against.
    pub base: String,
    /// What its numbers are: `units_per_base` or `base_per_unit`.
    pub quoted: Quoted,
    /// So long until it is read again.
    pub refresh_seconds: u64,
    /// A day without a rate has the one before it, so many days at most.
    pub fill_days_max: u16,
    /// Whether the address may be private or loopback.
    pub allow_private_addresses: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            source: String::new(),
            base: rates::EURO.to_owned(),
            quoted: Quoted::default(),
            refresh_seconds: 21_600,
            fill_days_max: 10,
            allow_private_addresses: false,
        }
    }
}

impl Settings {
    /// Whether there is anything to read.
    pub(crate) fn is_set(&self) -> bool {
        !self.source.is_empty()
    }

    pub(super) fn quotation(&self) -> Quotation {
        Quotation {
            base: self.base.clone(),
            quoted: self.quoted,
        }
    }

    pub(super) fn source(&self) -> Source<'_> {
        Source {
            place: &self.source,
            headers: None,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
            bytes_max: BYTES_MAX,
        }
    }

    /// The source without a query, which may hold a key.
    pub(super) fn shown(&self) -> &str {
        shown(&self.source)
    }
}
