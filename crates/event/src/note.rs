//! What a stage keeps in `omni.entities` for itself, so that it moves with its partition: no entity's state.
//!
//! Their keys have the form of an entity's, `company:word:id`, with a word that is no object of Pipedrive.

mod pending;
mod suppressed;

pub use pending::Pending;
pub use suppressed::Suppressed;

/// An event that went on incomplete and is to be completed: `company:pending:<event_uuid>`.
pub const PENDING: &str = "pending";
/// What a validation of an e-mail address said: `company:email:<hash of the address>`.
pub const EMAIL: &str = "email";
/// What was spent of an account's API budget: `company:budget:<source>`.
pub const BUDGET: &str = "budget";
/// How far a list of an account was read: `company:prime:<list>`.
pub const PRIME: &str = "prime";
/// When events of a source came, by hour: `company:rhythm:<source>`.
pub const RHYTHM: &str = "rhythm";

/// A person who was erased and is kept out: `company:suppressed:<person id>`.
pub const SUPPRESSED: &str = "suppressed";

const WORDS: [&str; 6] = [PENDING, EMAIL, BUDGET, PRIME, RHYTHM, SUPPRESSED];

/// The word of a note's key; `None` for an entity's.
pub fn word(key: &str) -> Option<&'static str> {
    let word = key.split(':').nth(1)?;
    WORDS.into_iter().find(|known| *known == word)
}

/// The key of a note.
pub fn key(company_id: u64, word: &str, id: &str) -> String {
    format!("{company_id}:{word}:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_told_from_an_entity_by_its_word() {
        assert_eq!(word(&key(7, PENDING, "x")), Some(PENDING));
        assert_eq!(word(&key(7, EMAIL, "a:b")), Some(EMAIL));
        for entity in ["7:deal:1", "7:lead:pending", "pending", "", "7"] {
            assert_eq!(word(entity), None, "{entity}");
        }
    }
}
