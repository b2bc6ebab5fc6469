//! Persons as platforms know them: normalised, then SHA-256 in hexadecimal, so that the same person has the same hash
//! everywhere. Pure; what cannot be normalised is nobody.

use event::phone;
use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub(crate) fn hashed(normal: &str) -> String {
    format!("{:x}", Sha256::digest(normal))
}

/// Trimmed, in small letters; none of an empty text.
pub(crate) fn word(text: &str) -> Option<String> {
    let normal = text.trim().to_lowercase();
    (!normal.is_empty()).then_some(normal)
}

/// An e-mail address as a word; none of what is no address.
pub(crate) fn email(text: &str) -> Option<String> {
    word(text).filter(|address| {
        let parts = address.split_once('@');
        parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    })
}

/// A telephone number in E.164, `+` and digits; none without a country.
pub(crate) fn phone(text: &str) -> Option<String> {
    phone::to_e164(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_hash_however_written() {
        assert_eq!(email(" Ada@Example.COM "), email("ada@example.com"));
        assert_eq!(phone("+49 (0)30 123456").as_deref(), Some("+4930123456"));
        // printf %s test@example.com | sha256sum
        assert_eq!(
            hashed("test@example.com"),
            "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
        );
    }

    #[test]
    fn what_is_no_person_has_none() {
        for text in ["", "  ", "nobody", "@example.com", "ada@localhost"] {
            assert_eq!(email(text), None, "{text}");
        }
        assert_eq!(phone("030 123456"), None);
    }
}
