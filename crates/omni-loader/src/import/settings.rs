//! `[import.<name>]` of `omni.toml`.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sheet::{Decimals, Format, Way};
use stage::outbound::{Addresses, Url, header};
use stage::{ConfigError, Secret};

use super::{Absent, Invalid};
use crate::source::{is_address, shown};

const NAME_BYTES_MAX: usize = 64;

/// `[import.<name>]`: a file or an address that is read on a schedule.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whose table the rows go into, as `id/version`; one that is loaded.
    pub template: String,
    /// A file or an `https://` address.
    pub source: String,
    /// The company the rows are of, by its id in Pipedrive.
    pub company: u64,
    /// So long until it is read again.
    pub refresh_seconds: u64,
    /// `csv`, `json` or `ndjson`; without it, what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Of JSON: where the array of rows is, as a pointer (`/data/rows`).
    pub rows: String,
    /// The file's column by the template's field; `/a/b` reaches into a row of JSON.
    pub map: BTreeMap<String, String>,
    /// What a field is where a row does not say.
    pub defaults: BTreeMap<String, String>,
    /// Whether numbers that are text have a decimal `point` or a `comma`.
    pub decimals: Decimals,
    /// Whether rows that the file has no more are taken out, where it tells all of a day and source.
    pub replace: bool,
    /// Whether rows that are wrong are left out; else one refuses the whole.
    pub skip_invalid: bool,
    /// Headers of the request.
    pub headers: BTreeMap<String, Secret>,
    /// Whether the address may be private or loopback.
    pub allow_private_addresses: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            template: String::new(),
            source: String::new(),
            company: 0,
            refresh_seconds: 3_600,
            format: None,
            rows: String::new(),
            map: BTreeMap::new(),
            defaults: BTreeMap::new(),
            decimals: Decimals::default(),
            replace: false,
            skip_invalid: false,
            headers: BTreeMap::new(),
            allow_private_addresses: false,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self, name: &str) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid(&format!("import.{name}"), message));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
            return refuse("the name must be 1 to 64 letters, digits, `-` or `_`".to_owned());
        }
        for (key, is_set) in [
            ("template", !self.template.is_empty()),
            ("source", !self.source.is_empty()),
            ("company", self.company > 0),
            ("refresh_seconds", self.refresh_seconds > 0),
        ] {
            if !is_set {
                return refuse(format!("`{key}` must be set"));
            }
        }
        if is_address(&self.source) && !Url::parse(&self.source).is_ok_and(|url| url.has_host()) {
            return refuse("`source` is no address".to_owned());
        }
        if !is_address(&self.source) && !self.headers.is_empty() {
            return refuse("`headers` are for an address, and `source` is a file".to_owned());
        }
        for (header, value) in &self.headers {
            let is_name = header::HeaderName::try_from(header.as_str()).is_ok();
            if !is_name || header::HeaderValue::try_from(value.expose()).is_err() {
                return refuse(format!("the header `{header}` cannot be sent"));
            }
        }
        Ok(())
    }

    /// How it is read.
    pub fn way(&self) -> Way {
        Way {
            format: self.format,
            map: self.map.clone(),
            defaults: self.defaults.clone(),
            decimals: self.decimals,
            rows: self.rows.clone(),
        }
    }

    /// What is done about rows that are wrong.
    pub fn invalid(&self) -> Invalid {
        if self.skip_invalid {
            Invalid::Skip
        } else {
            Invalid::Refuse
        }
    }

    /// What is done about rows that it has no more.
    pub fn absent(&self) -> Absent {
        if self.replace {
            Absent::TakeOut
        } else {
            Absent::Keep
        }
    }

    /// Which addresses it may have.
    pub fn addresses(&self) -> Addresses {
        Addresses::allowing_private(self.allow_private_addresses)
    }

    /// The source without a query, which may hold a key.
    pub(super) fn shown(&self) -> &str {
        shown(&self.source)
    }
}
