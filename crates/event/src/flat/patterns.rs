//! The keys that are many: custom fields (`deal_custom_<slug>`) and the numbered sources of an
//! e-mail validation (`email_validation_sources_<N>_<part>`).

use xxhash_rust::xxh3::xxh3_64;

use super::FieldKind;

/// More sources than this are left out (Hunter gives at most as many).
pub const EMAIL_SOURCES_MAX: usize = 20;

const SOURCES: &str = "email_validation_sources_";
/// What is known of one source, with its type.
pub const EMAIL_SOURCE_PARTS: [(&str, FieldKind); 5] = [
    ("domain", FieldKind::Text),
    ("uri", FieldKind::Text),
    ("extracted_on", FieldKind::Date),
    ("last_seen_on", FieldKind::Date),
    ("still_on_page", FieldKind::Boolean),
];

/// Prefixes of custom fields: the deal's, the lead's, the contact's, the organization's.
pub(crate) const DEAL_CUSTOM: &str = "deal_custom_";
pub(crate) const LEAD_CUSTOM: &str = "lead_custom_";
pub(crate) const CONTACT_CUSTOM: &str = "contact_custom_";
pub(crate) const ORGANIZATION_CUSTOM: &str = "organization_custom_";
const CUSTOM: [&str; 4] = [DEAL_CUSTOM, LEAD_CUSTOM, CONTACT_CUSTOM, ORGANIZATION_CUSTOM];

/// The key of a part of the N-th source, N from 1.
pub fn email_source_key(number: usize, part: &str) -> String {
    format!("{SOURCES}{number}_{part}")
}

/// The key of a custom field by its name in Pipedrive.
pub fn custom_key(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", slug(name))
}

/// A field's name as part of a key: letters and digits in lower case, everything else one `_`.
/// A name without any becomes a hash of itself, so that two such fields stay two.
pub fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let trimmed = slug.trim_end_matches('_');
    if trimmed.is_empty() {
        format!("field_{:08x}", xxh3_64(name.as_bytes()) as u32)
    } else {
        trimmed.to_owned()
    }
}

pub(super) fn kind_of(name: &str) -> Option<FieldKind> {
    let custom = CUSTOM.iter().find_map(|prefix| name.strip_prefix(prefix));
    if custom.is_some_and(|slug| !slug.is_empty()) {
        return Some(FieldKind::Any);
    }
    source_part(name)
}

pub(super) fn is_email_source(name: &str) -> bool {
    source_part(name).is_some()
}

fn source_part(name: &str) -> Option<FieldKind> {
    let (number, part) = name.strip_prefix(SOURCES)?.split_once('_')?;
    let known = number
        .parse::<usize>()
        .is_ok_and(|n| (1..=EMAIL_SOURCES_MAX).contains(&n) && n.to_string() == number);
    EMAIL_SOURCE_PARTS
        .iter()
        .find(|(word, _)| known && *word == part)
        .map(|(_, kind)| *kind)
}
