//! `docs/reference/configuration.md`: every table and key with its default and its meaning, from `deploy/omni.example.toml`.
//!
//! A test of the crate `omni` holds the example against the defaults in force.

use std::fmt::Write as _;

use super::cli::escaped;

const HEAD: &str = "# Configuration\n\n\
    <!-- Written by tests/tests/generated.rs from deploy/omni.example.toml; change it there. -->\n\n\
    Every key of `omni.toml`, read by all programs. Tables in the order of the way of an event. `omni check` prints what is in force.\n\
    Tables that you name yourself (a source, a destination, an import, a user) have an example where others have the default.\n\n";

/// A key, or several under one sentence.
struct Key {
    name: String,
    value: String,
    /// Whether the value may be an example, since the line is commented out.
    is_example: bool,
    meaning: String,
}

struct Table {
    name: String,
    /// Whether it is there only where somebody names it, such as a source.
    is_named_by_you: bool,
    about: String,
    keys: Vec<Key>,
}

pub(super) fn page(example: &str) -> String {
    let (intro, tables) = read(example);
    let mut page = format!("{HEAD}{}\n\n", escaped(&intro));
    for table in &tables {
        writeln!(page, "* [`[{}]`](#{})", table.name, anchor(&table.name)).unwrap();
    }
    for table in &tables {
        writeln!(page, "\n## `[{}]`", table.name).unwrap();
        if !table.about.is_empty() {
            writeln!(page, "\n{}", escaped(&table.about)).unwrap();
        }
        if !table.keys.is_empty() {
            let shown = if table.is_named_by_you {
                "example"
            } else {
                "default"
            };
            write!(page, "\n| key | {shown} | meaning |\n| --- | --- | --- |\n").unwrap();
        }
        for key in &table.keys {
            let default = default(table, key).replace('|', "\\|");
            writeln!(
                page,
                "| `{}` | {default} | {} |",
                key.name,
                escaped(&key.meaning).replace('|', "\\|")
            )
            .unwrap();
        }
    }
    page
}

/// What the key is when it is left out, where the example says that.
fn default(table: &Table, key: &Key) -> String {
    if key.is_example && !table.is_named_by_you {
        format!("–, e.g. `{}`", key.value)
    } else {
        format!("`{}`", key.value)
    }
}

/// What the page's heading of a table is called in an address.
fn anchor(table: &str) -> String {
    table.replace(
        |letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-'),
        "",
    )
}

/// The head of the file, and its tables.
fn read(example: &str) -> (String, Vec<Table>) {
    let (mut intro, mut tables): (String, Vec<Table>) = (String::new(), Vec::new());
    let mut said: Vec<&str> = Vec::new();
    for line in example.lines() {
        let comment = line.strip_prefix("# ").or((line == "#").then_some(""));
        let entry = line.strip_prefix('#').unwrap_or(line);
        if let Some(comment) = comment {
            said.push(comment);
        } else if line.is_empty() {
            // What stands alone is of the whole file.
            if tables.is_empty() && !said.is_empty() {
                intro = said.join("\n");
                said.clear();
            }
        } else if let Some(name) = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            tables.push(Table {
                name: name.to_owned(),
                is_named_by_you: line.starts_with('#'),
                about: said.join("\n"),
                keys: Vec::new(),
            });
            said.clear();
        } else if let Some((name, value)) = entry.split_once(" = ") {
            let table = tables.last_mut().expect("a key stands in a table");
            let before = table.keys.last().map(|key| key.meaning.clone());
            let meaning = if said.is_empty() {
                before.unwrap_or_default()
            } else {
                said.join(" ")
            };
            said.clear();
            table.keys.push(Key {
                name: name.trim_matches('"').to_owned(),
                value: value.to_owned(),
                is_example: line.starts_with('#'),
                meaning,
            });
        } else {
            panic!("deploy/omni.example.toml: neither comment, table nor key: {line}");
        }
    }
    assert!(said.is_empty(), "a comment at the end speaks of nothing");
    (intro, tables)
}
