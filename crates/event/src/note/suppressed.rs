//! A person who was erased and is kept out.

use serde::{Deserialize, Serialize};

use super::{SUPPRESSED, key};

/// The value of `company:suppressed:<person id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// When the erasure was ordered, RFC 3339.
    pub since: String,
}

impl Suppressed {
    /// The key of such a note.
    pub fn note_key(company_id: u64, person_id: u64) -> String {
        key(company_id, SUPPRESSED, &person_id.to_string())
    }

    /// The value for `omni.entities`.
    pub fn to_json(&self) -> Vec<u8> {
        // A text: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_key_has_the_persons_id() {
        assert_eq!(Suppressed::note_key(7, 17), "7:suppressed:17");
        let note = Suppressed {
            since: "2026-01-01T00:00:00Z".to_owned(),
        };
        assert_eq!(note.to_json(), br#"{"since":"2026-01-01T00:00:00Z"}"#);
    }
}
