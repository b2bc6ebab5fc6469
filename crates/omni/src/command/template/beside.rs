//! A template's tables under other names, so that two versions of it can be filled and shown beside each other.
//!
//! Promises: every table and view that the template makes gets the version's suffix, wherever its SQL and its manifest name a
//! table; columns, aliases and words of the same name stay. Refuses nothing: `omni template check` says what a copy still lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use regex::{Captures, Regex};
use shelf::Files;

/// What stands before the name of a table or a view in SQL.
const BEFORE: &str = r"(?i)\b(FROM|JOIN|INTO|TO|TABLE|VIEW|EXISTS)\s+";
/// Names that a template's own statements make.
const MADE: &str = r"(?i)\bCREATE\s+(?:TABLE|(?:MATERIALIZED\s+)?VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)";

/// Renames in all files: of `from_version`, to `to_version`. Of the fragments that are `lent` by other templates, those that read
/// one of these tables become files of this one.
///
/// # Errors
/// Where a name cannot be part of a pattern; a template that was read has no such name.
pub(super) fn rename(
    files: &mut Files,
    lent: &Files,
    from_version: &str,
    to_version: &str,
) -> anyhow::Result<usize> {
    let made = Regex::new(MADE)?;
    let names: BTreeSet<String> = files
        .iter()
        .filter(|(path, _)| path.starts_with("warehouse/"))
        .flat_map(|(_, sql)| {
            made.captures_iter(sql)
                .map(|found| found[1].to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    let renamed = |name: &str| -> String { suffixed(name, from_version, to_version) };
    let any = names.iter().map(String::as_str).collect::<Vec<_>>().join("|");
    if any.is_empty() {
        return Ok(0);
    }
    let in_sql = Regex::new(&format!(r"({BEFORE})({any})\b")).context("names of tables")?;
    let quoted = Regex::new(&format!(r#""({any})""#)).context("names of tables")?;
    let is_there = |path: &str| files.iter().any(|(own, _)| own == path);
    let taken = lent
        .iter()
        .filter(|(path, text)| !is_there(path) && in_sql.is_match(text));
    let taken: Files = taken.cloned().collect();
    files.extend(taken);
    let read = read(files, &in_sql);
    for (path, text) in files.iter_mut() {
        if Path::new(path.as_str())
            .extension()
            .is_some_and(|end| end == "sql")
        {
            let said = in_sql.replace_all(text, |found: &Captures<'_>| {
                format!("{}{}", &found[1], renamed(&found[3]))
            });
            *text = said.into_owned();
        } else if path == "template.toml" {
            *text = manifest(text, &quoted, &read, &renamed);
        }
    }
    Ok(names.len())
}

/// Which of the tables each file of SQL reads. What a fragment of another template reads keeps its name: it is not here.
fn read(files: &Files, in_sql: &Regex) -> BTreeMap<String, BTreeSet<String>> {
    let sql = files.iter().map(|(path, text)| {
        let tables = in_sql.captures_iter(text).map(|found| found[3].to_owned());
        (path.clone(), tables.collect())
    });
    sql.collect()
}

/// Only where the manifest names tables: `[[table]] name`, and every `depends_on`, as far as the SQL it is of reads them.
fn manifest(
    text: &str,
    quoted: &Regex,
    read: &BTreeMap<String, BTreeSet<String>>,
    renamed: &impl Fn(&str) -> String,
) -> String {
    let mut out = String::new();
    for block in blocks(text) {
        let is_table = block.first().is_some_and(|line| line.trim_end() == "[[table]]");
        let of_block = reads(&block.join("\n"), read);
        for line in &block {
            // A line that names its own SQL is whole in itself.
            let of_line = if line.contains("sql = ") {
                reads(line, read)
            } else {
                of_block.clone()
            };
            let replace = |part: &str| {
                let name = |found: &Captures<'_>| {
                    let name = &found[1];
                    let is_own = is_table || of_line.contains(name);
                    if is_own {
                        format!("\"{}\"", renamed(name))
                    } else {
                        found[0].to_owned()
                    }
                };
                quoted.replace_all(part, name).into_owned()
            };
            if is_table && line.trim_start().starts_with("name") {
                out.push_str(&replace(line));
            } else if let Some((before, list, after)) = dependencies(line) {
                out.push_str(before);
                out.push_str(&replace(list));
                out.push_str(after);
            } else {
                out.push_str(line);
            }
            out.push('\n');
        }
    }
    out
}

/// The lines of each `[[…]]` with what belongs to it.
fn blocks(text: &str) -> Vec<Vec<&str>> {
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with("[[") {
            blocks.push(Vec::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

/// What the files read that a part of the manifest names: as they stand, or as fragments.
fn reads(part: &str, read: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let named = part.split('"').skip(1).step_by(2);
    let files = named.filter_map(|name| {
        read.get(name)
            .or_else(|| read.get(&format!("fragments/{name}.sql")))
    });
    files.flatten().cloned().collect()
}

/// The line around its list of tables.
fn dependencies(line: &str) -> Option<(&str, &str, &str)> {
    let begin = line.find("depends_on")?;
    let open = begin + line.get(begin..)?.find('[')?;
    let end = open + line.get(open..)?.find(']')?;
    Some((line.get(..open)?, line.get(open..end)?, line.get(end..)?))
}

/// `deals` is `deals_2_1` of version 2.1, and so is `deals_2_0`; a view keeps what stands behind: `deals_2_1_view`.
fn suffixed(name: &str, from_version: &str, to_version: &str) -> String {
    let [from, to] = [from_version, to_version].map(|version| format!("_{}", version.replace('.', "_")));
    let (name, view) = match name.strip_suffix("_view") {
        Some(name) => (name, "_view"),
        None => (name, ""),
    };
    format!("{}{to}{view}", name.strip_suffix(&from).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn renamed(path: &str, text: &str) -> String {
        let made = "CREATE TABLE IF NOT EXISTS deals ${on_cluster} (a Int8)";
        let view =
            "CREATE MATERIALIZED VIEW IF NOT EXISTS deals_view ${on_cluster} TO deals AS SELECT * FROM x";
        let mut files = vec![
            ("warehouse/0001_deals.sql".to_owned(), made.to_owned()),
            ("warehouse/0002_deals_view.sql".to_owned(), view.to_owned()),
            (path.to_owned(), text.to_owned()),
        ];
        let lent = [
            ("of_deals", "SELECT 1 FROM deals"),
            ("of_leads", "SELECT 1 FROM leads"),
        ];
        let lent = lent.map(|(name, sql)| (format!("fragments/{name}.sql"), sql.to_owned()));
        assert_eq!(rename(&mut files, &lent.to_vec(), "1.0", "1.1").unwrap(), 2);
        let taken = files.pop().unwrap();
        assert_eq!(
            taken,
            (
                "fragments/of_deals.sql".to_owned(),
                "SELECT 1 FROM deals_1_1".to_owned()
            )
        );
        files.pop().unwrap().1
    }

    #[test]
    fn tables_and_views_are_renamed_and_nothing_else_of_their_name() {
        let sql = "-- The deals of a day.\nSELECT count() AS deals\nFROM deals FINAL\nJOIN entities AS e ON true\nWHERE x IN (SELECT a FROM\n    deals)";
        let expected = "-- The deals of a day.\nSELECT count() AS deals\nFROM deals_1_1 FINAL\nJOIN entities AS e ON true\nWHERE x IN (SELECT a FROM\n    deals_1_1)";
        assert_eq!(renamed("panels/a.sql", sql), expected);
        let view = "CREATE MATERIALIZED VIEW IF NOT EXISTS deals_view TO deals AS SELECT 1 FROM deal_events";
        let expected =
            "CREATE MATERIALIZED VIEW IF NOT EXISTS deals_1_1_view TO deals_1_1 AS SELECT 1 FROM deal_events";
        assert_eq!(renamed("warehouse/0003.sql", view), expected);
    }

    #[test]
    fn the_manifest_names_tables_in_two_places_alone() {
        let sql = "warehouse/0002_deals_view.sql";
        let of = |deals: &str| {
            format!(
                "[[table]]\nname = \"{deals}\"\n[[panel]]\nid = \"deals\"\nnumbers = {{ won = \"deals\" }}\n\
                 options = {{ sql = \"{sql}\", depends_on = [\"{deals}\", \"entities\"], limit = 2 }}\n"
            )
        };
        assert_eq!(renamed("template.toml", &of("deals")), of("deals_1_1"));
    }

    #[test]
    fn what_a_fragment_of_another_template_reads_keeps_its_name() {
        let toml =
            "[[list]]\nsql = \"lists/a.sql\"\nuse = [\"of_leads\"]\ndepends_on = [\"deals\", \"leads\"]\n";
        assert_eq!(renamed("template.toml", toml), toml);
    }

    #[test]
    fn the_suffix_of_the_version_before_is_replaced() {
        assert_eq!(suffixed("deals_1_03", "1.03", "1.04"), "deals_1_04");
        assert_eq!(suffixed("deals_1_03_view", "1.03", "1.04"), "deals_1_04_view");
        assert_eq!(suffixed("deals", "2.0", "2.1"), "deals_2_1");
    }
}
