//! What was done, in a file that can be checked: ids, counts and times, nothing else of the person.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Who;
use super::destinations::Destination;
use super::retention::Held;

const FORMAT: u32 = 1;

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) format: u32,
    pub(super) company_id: u64,
    pub(super) person_id: u64,
    /// The order, and where it lies.
    pub(super) event_uuid: Uuid,
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// RFC 3339.
    pub(super) ordered_at: String,
    pub(super) completed_at: String,
    /// Rows that told of the person and no longer do, by table.
    pub(super) cleared: BTreeMap<String, u64>,
    pub(super) kafka_holds: Vec<Held>,
    /// None: the configuration did not say.
    pub(super) destinations: Option<Vec<Destination>>,
}

impl Certificate {
    /// With nothing done yet.
    pub(super) fn of(who: Who) -> Self {
        Self {
            format: FORMAT,
            company_id: who.company_id,
            person_id: who.person_id,
            event_uuid: Uuid::nil(),
            topic: String::new(),
            partition: 0,
            offset: 0,
            ordered_at: String::new(),
            completed_at: String::new(),
            cleared: BTreeMap::new(),
            kafka_holds: Vec::new(),
            destinations: None,
        }
    }

    pub(super) const fn who(&self) -> Who {
        Who {
            company_id: self.company_id,
            person_id: self.person_id,
        }
    }

    /// Writes a new file; one that is there stays as it is.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let content = serde_json::to_value(self)?;
        let whole = json!({"sha256": hash(&content), "certificate": content});
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .with_context(|| format!("could not write {}", path.display()))?;
        writeln!(file, "{}", serde_json::to_string_pretty(&whole)?)?;
        file.sync_all()?;
        Ok(())
    }

    /// Reads one, and refuses one that was changed.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        let whole: Value = serde_json::from_str(&text).context("is no certificate: not JSON")?;
        let content = whole
            .get("certificate")
            .context("is no certificate: it has no content")?;
        ensure!(
            whole.get("sha256").and_then(Value::as_str) == Some(hash(content).as_str()),
            "{} was changed after it was written: its SHA-256 is another",
            path.display()
        );
        let certificate: Self = serde_json::from_value(content.clone()).context("is no certificate")?;
        ensure!(
            certificate.format == FORMAT,
            "certificates of format {} are unknown to this program",
            certificate.format
        );
        Ok(certificate)
    }
}

/// Over the content without spaces, keys in order.
fn hash(content: &Value) -> String {
    format!("{:x}", Sha256::digest(content.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_refused_when_it_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erasure.json");
        let who = Who {
            company_id: 7,
            person_id: 17,
        };
        let certificate = Certificate {
            cleared: BTreeMap::from([("raw_events".to_owned(), 3)]),
            ..Certificate::of(who)
        };
        certificate.write(&path).unwrap();
        assert_eq!(Certificate::read(&path).unwrap(), certificate);
        assert!(certificate.write(&path).is_err(), "it is there already");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"raw_events\": 3", "\"raw_events\": 4")).unwrap();
        let error = Certificate::read(&path).unwrap_err().to_string();
        assert!(error.contains("was changed"), "{error}");
    }
}
