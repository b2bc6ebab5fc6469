//! Persons as platforms know them: normalised, then SHA-256 in hexadecimal, so that the same person has the same hash
//! everywhere. Pure; what cannot be normalised is nobody.

use std::str::FromStr;

use celes::Country;
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

/// A name in small letters, without punctuation; none of what is nothing but that.
pub(crate) fn name(text: &str) -> Option<String> {
    let letters: String = text.chars().filter(|c| !is_punctuation(*c)).collect();
    word(&letters)
}

/// The same without spaces, as Meta's own library (`capi-param-builder`) has names and cities.
pub(crate) fn unspaced(text: &str) -> Option<String> {
    let mut name = name(text)?;
    name.retain(|c| !c.is_whitespace());
    Some(name)
}

/// The two small letters of a country (ISO 3166-1) that is told by its letters or its English name.
pub(crate) fn country(text: &str) -> Option<String> {
    let named = unspaced(text).and_then(|text| Country::from_str(&text).ok());
    named.map(|country| country.alpha2.to_lowercase())
}

fn is_punctuation(c: char) -> bool {
    let is_of_other_scripts =
        matches!(c, '¡' | '¿' | '«' | '»' | '´' | '·' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}');
    c.is_ascii_punctuation() || is_of_other_scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters() {
        for (text, expected, closed) in [
            ("Mary-Ann O'Brien ", "maryann obrien", "maryannobrien"),
            ("Valéry", "valéry", "valéry"),
            ("d’Arc, J.", "darc j", "darcj"),
            ("정", "정", "정"),
            ("देवी", "देवी", "देवी"),
        ] {
            assert_eq!(name(text).as_deref(), Some(expected));
            assert_eq!(unspaced(text).as_deref(), Some(closed));
        }
        assert_eq!(name(" - . "), None);
    }

    #[test]
    fn a_country_is_its_two_letters() {
        for (text, expected) in [
            ("Norway", "no"),
            ("NO", "no"),
            ("nor", "no"),
            ("United Kingdom", "gb"),
            ("United States", "us"),
            ("USA", "us"),
            ("Czech Republic", "cz"),
            ("Czechia", "cz"),
            ("South Korea", "kr"),
            ("Netherlands", "nl"),
            ("Samoa", "ws"),
        ] {
            assert_eq!(country(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "Atlantis", "xx", "47"] {
            assert_eq!(country(text), None, "{text}");
        }
    }

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
