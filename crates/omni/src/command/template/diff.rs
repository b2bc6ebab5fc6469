//! `omni template diff`: what changed between two templates, in the words of the template.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;
use shelf::Files;

use super::{find, known};
use crate::command::{ConfigFile, print};

mod lines;

/// Say what changed from one template to another: panels, variables, columns, SQL, words.
///
/// The exit status is 1 when anything did, as with diff(1).
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// A folder, or id/version
    before: String,
    /// A folder, or id/version
    after: String,
    #[command(flatten)]
    file: ConfigFile,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let known = known(&self.file)?;
        let (before, after) = (find(&self.before, &known)?, find(&self.after, &known)?);
        let told = compared(&before.files, &after.files)?;
        print::lines(&told)?;
        Ok(if told.is_empty() {
            print::line("no difference")?;
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn compared(before: &Files, after: &Files) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    let (old, new) = (manifest(before)?, manifest(after)?);
    for (what, key) in [
        ("table", "name"),
        ("variable", "name"),
        ("section", "id"),
        ("panel", "id"),
        ("list", "id"),
    ] {
        told.extend(things(what, &named(&old, what, key), &named(&new, what, key)));
    }
    for what in ["template", "pick", "columns", "personal"] {
        let of = |manifest: &Value| flat(manifest.get(what).unwrap_or(&Value::Null));
        told.extend(keys(what, &of(&old), &of(&new)));
    }
    told.extend(keys(
        "reconcile",
        &flat(old.get("reconcile").unwrap_or(&Value::Null)),
        &flat(new.get("reconcile").unwrap_or(&Value::Null)),
    ));
    told.extend(texts(before, after));
    Ok(told)
}

fn manifest(files: &Files) -> anyhow::Result<Value> {
    let text = files.iter().find(|(path, _)| path == "template.toml");
    Ok(toml::from_str(text.map_or("", |(_, text)| text))?)
}

type Things = BTreeMap<String, BTreeMap<String, String>>;

/// The entries of a list by their name, each as its keys.
fn named(manifest: &Value, what: &str, key: &str) -> Things {
    let list = manifest.get(what).and_then(Value::as_array);
    let name = |thing: &Value| {
        thing
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    list.into_iter()
        .flatten()
        .map(|thing| (name(thing), flat(thing)))
        .collect()
}

/// A value as dotted keys and what stands behind them.
fn flat(value: &Value) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    walk("", value, &mut all);
    all
}

fn walk(path: &str, value: &Value, all: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(table) => {
            for (key, value) in table {
                let own = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(&own, value, all);
            }
        }
        other => drop(all.insert(path.to_owned(), other.to_string())),
    }
}

fn things(what: &str, before: &Things, after: &Things) -> Vec<String> {
    let mut told = Vec::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        told.push(format!("- {what} {name}"));
    }
    for (name, new) in after {
        match before.get(name) {
            None => told.push(format!("+ {what} {name}")),
            Some(old) => told.extend(keys(&format!("{what} {name}"), old, new)),
        }
    }
    told
}

fn keys(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let mut told = Vec::new();
    for (key, old) in before {
        match after.get(key) {
            None => told.push(format!("  {what}: - {key} = {old}")),
            Some(new) if new != old => told.push(format!("  {what}: {key} = {old} → {new}")),
            Some(_) => {}
        }
    }
    for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        told.push(format!("  {what}: + {key} = {new}"));
    }
    told
}

/// SQL, words, schema and fixtures, as files.
fn texts(before: &Files, after: &Files) -> Vec<String> {
    let of = |files: &Files| {
        let texts = files.iter().filter(|(path, _)| path != "template.toml");
        texts.cloned().collect::<BTreeMap<String, String>>()
    };
    let (before, after) = (of(before), of(after));
    let mut told = Vec::new();
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        told.push(format!("- {path}"));
    }
    for (path, new) in &after {
        match before.get(path) {
            None => told.push(format!("+ {path}")),
            Some(old) if old != new => {
                told.push(format!("  {path}:"));
                told.extend(lines::changed(old, new));
            }
            Some(_) => {}
        }
    }
    told
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(manifest: &str, sql: &str) -> Files {
        vec![
            ("template.toml".to_owned(), manifest.to_owned()),
            ("panels/a.sql".to_owned(), sql.to_owned()),
        ]
    }

    #[test]
    fn changes_are_told_by_what_they_are_of() {
        let before = files(
            "[[panel]]\nid = \"a\"\nkind = \"bars\"\n[[panel]]\nid = \"b\"\n[columns]\nx = \"String\"\n",
            "SELECT 1\n",
        );
        let after = files(
            "[[panel]]\nid = \"a\"\nkind = \"table\"\n[[panel]]\nid = \"c\"\n[columns]\nx = \"UInt64\"\n",
            "SELECT 2\n",
        );
        assert_eq!(
            compared(&before, &after).unwrap(),
            [
                "- panel b",
                "  panel a: kind = \"bars\" → \"table\"",
                "+ panel c",
                "  columns: x = \"String\" → \"UInt64\"",
                "  panels/a.sql:",
                "    1 - SELECT 1",
                "    1 + SELECT 2",
            ]
        );
        assert!(compared(&before, &before).unwrap().is_empty());
    }
}
