//! What a statement may read of a person: nothing that does not stand as `if({pii:Bool}, <column>, …)`.
//!
//! The columns are those that the template lists under `[personal]`, the name of a person in `entities`, and the bodies
//! that the archives keep. Each is masked where it is read, under another name than its own, so that no later step, list
//! or file can show it to somebody who may not see it. `[personal] unnamed` lists what is harmless without a name.
use std::collections::BTreeSet;

use template::manifest::Personal;

use super::sql::is_name;

/// What stands right before a personal column wherever it is read.
const MASK: &str = "if({pii:Bool}, ";
/// The name of any entity; a person's is personal.
const ENTITY_NAME: &str = "entity_name";
const OF_OBJECT: &str = "entity_object = '";
const OF_PERSON: &str = "entity_object = 'person'";
/// Tables that keep what was received, whole, and the columns it is in.
const ARCHIVES: &[(&str, &[&str])] = &[
    ("raw_events", &["body"]),
    ("rejected_events", &["record", "value"]),
    ("filtered_events", &["record"]),
    ("deliveries", &["record"]),
];
/// Ways to read a column without its name.
const UNNAMED_READS: &[&str] = &["SELECT *", "DISTINCT *", ".*", ", *,", ", * FROM", "COLUMNS("];

/// A word of a statement and where it begins.
type Word<'a> = (usize, &'a str);

/// Where a statement, its comments blanked, reads a personal column without asking who looks, and what to do about it.
pub(super) fn open<'p>(
    code: &str,
    told: impl Iterator<Item = &'p Personal>,
    tables: &BTreeSet<&str>,
) -> Vec<(usize, String)> {
    let (flat, places) = flattened(code);
    let place = |at: usize| places.get(at).copied().unwrap_or_default();
    let unnamed = UNNAMED_READS
        .iter()
        .filter_map(|read| Some((*read, flat.find(read)?)));
    let mut open: Vec<(usize, String)> = unnamed
        .map(|(read, at)| {
            let message = format!("has `{read}`: list the columns, or a personal one is read unseen");
            (place(at), message)
        })
        .take(1)
        .collect();
    let mut personal: BTreeSet<&str> = told.flat_map(names).collect();
    for (_, columns) in ARCHIVES.iter().filter(|(table, _)| tables.contains(table)) {
        personal.extend(columns.iter());
    }
    for word in &words(&flat) {
        let (at, name) = *word;
        if (personal.contains(name) || is_persons_name(&flat, word)) && !is_masked(&flat, word) {
            let message = format!(
                "reads {name}, which is personal: read it as `{MASK}{name}, '')`, under another name"
            );
            open.push((place(at), message));
        }
    }
    open
}

/// The code with one space between words, and the place that each byte of it had.
fn flattened(code: &str) -> (String, Vec<usize>) {
    let (mut flat, mut places) = (String::new(), Vec::new());
    for (at, letter) in code.char_indices() {
        let is_space = letter.is_whitespace();
        if is_space && (flat.is_empty() || flat.ends_with(' ')) {
            continue;
        }
        flat.push(if is_space { ' ' } else { letter });
        places.resize(flat.len(), at);
    }
    (flat, places)
}

/// The columns of one template that must be masked.
fn names(told: &Personal) -> impl Iterator<Item = &str> {
    let listed = told.columns.iter().chain(&told.may_name);
    listed
        .map(String::as_str)
        .filter(|name| !told.unnamed.iter().any(|harmless| harmless == name))
}

fn words(code: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    let is_apart = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    for piece in code.split_inclusive(is_apart) {
        let word = piece.trim_end_matches(is_apart);
        if is_name(word) {
            words.push((at, word));
        }
        at += piece.len();
    }
    words
}

/// Whether the column is asked for with the mask right before it, its table's name aside.
fn is_masked(code: &str, (at, _): &Word<'_>) -> bool {
    let before = code.get(..*at).unwrap_or_default();
    let before = before.strip_suffix('.').map_or(before, |table| {
        table.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
    });
    before.ends_with(MASK)
}

/// Whether this is the name of an entity in a step that reads persons, or does not say what it reads.
fn is_persons_name(code: &str, (at, name): &Word<'_>) -> bool {
    if *name != ENTITY_NAME {
        return false;
    }
    let (before, after) = code.split_at_checked(*at).unwrap_or_default();
    let from = before.rfind("SELECT").unwrap_or_default();
    let to = after.find("SELECT").unwrap_or(after.len());
    let step = code.get(from..at + to).unwrap_or_default();
    step.contains(OF_PERSON) || !step.contains(OF_OBJECT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn judged(code: &str) -> Result<(), String> {
        let first =
            |open: Vec<(usize, String)>| open.into_iter().next().map_or(Ok(()), |(_, said)| Err(said));
        let told = Personal {
            contact: None,
            columns: vec!["contact_email".to_owned(), "email_status".to_owned()],
            unnamed: vec!["email_status".to_owned()],
            may_name: vec!["deal_title".to_owned()],
        };
        let tables = BTreeSet::from(["deals", "entities", "raw_events"]);
        first(open(code, std::iter::once(&told), &tables))
    }

    #[test]
    fn a_personal_column_is_read_behind_its_mask_alone() {
        for taken in [
            "SELECT if({pii:Bool}, contact_email, '') AS email, email_status FROM deals",
            "SELECT if({pii:Bool}, deals.contact_email, '') AS email FROM deals",
            "SELECT\n    if({pii:Bool},\n        deal_title, '') AS title",
            "SELECT my_contact_email, count(*) FROM deals",
            "SELECT entity_name FROM entities WHERE entity_object = 'user'",
            "SELECT if({pii:Bool}, entity_name, '') AS name FROM entities WHERE entity_object = 'person'",
            "SELECT 2 * 3, a * b FROM deals",
            "SELECT '3–5' AS span, if({pii:Bool}, contact_email, '') AS email FROM deals",
        ] {
            assert_eq!(judged(taken), Ok(()), "{taken}");
        }
        for refused in [
            "SELECT contact_email FROM deals",
            "SELECT if({pii:Bool}, contact_email, contact_email) AS email FROM deals",
            "SELECT if({pii:Bool}, 1, 2), deals.contact_email FROM deals",
            "SELECT deal_title FROM deals",
            "SELECT upper(deal_title) FROM deals WHERE {pii:Bool}",
            "SELECT body FROM raw_events",
            "SELECT * FROM deals",
            "SELECT deals.* FROM deals",
            "SELECT deal_id, * FROM deals",
            "SELECT COLUMNS('contact') FROM deals",
        ] {
            assert!(judged(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_name_of_an_entity_is_personal_unless_the_step_says_it_is_no_persons() {
        for refused in [
            "SELECT entity_name FROM entities",
            "SELECT entity_name FROM entities WHERE entity_object = 'person'",
            "SELECT (SELECT any(entity_name) FROM entities WHERE entity_object = 'user'), \
             (SELECT any(entity_name) FROM entities WHERE entity_object = 'person')",
        ] {
            let said = judged(refused).unwrap_err();
            assert!(said.contains("reads entity_name"), "{refused}: {said}");
        }
    }
}
