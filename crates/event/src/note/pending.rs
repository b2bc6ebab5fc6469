//! An event that went on incomplete: all that is needed to send it again.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PENDING, key};

/// The value of `company:pending:<event_uuid>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The revision that was sent last.
    pub revision: u8,
    /// What was missing in it and may still come.
    pub missing: Vec<String>,
    /// When it was sent first, in microseconds since 1970.
    pub since_micro: i64,
    /// The record of `omni.raw`: its key, its headers, its body.
    pub key: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Pending {
    /// The key of such a note.
    pub fn note_key(company_id: u64, uuid: &Uuid) -> String {
        key(company_id, PENDING, &uuid.to_string())
    }

    /// The value for `omni.entities`.
    pub fn to_json(&self) -> Vec<u8> {
        // Texts and numbers only: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` for what is no such value.
    pub fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let pending = Pending {
            revision: 0,
            missing: vec!["contact".to_owned()],
            since_micro: 5,
            key: "7:deal:1".to_owned(),
            headers: vec![("kind".to_owned(), "webhook".to_owned())],
            body: r#"{"a":"\u0041 \"b\""}"#.to_owned(),
        };
        assert_eq!(Pending::read(&pending.to_json()), Some(pending));
        assert_eq!(Pending::read(b"{}"), None);
        assert_eq!(
            Pending::note_key(7, &Uuid::nil()),
            "7:pending:00000000-0000-0000-0000-000000000000"
        );
    }
}
