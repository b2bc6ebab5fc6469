//! What a statement gives and reads, told by ClickHouse itself, with nothing run: names and types of its columns, and the
//! tables behind every view.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use template::Finding;
use template::manifest::{self, encode};
use template::places::Places;
use time::OffsetDateTime;

use super::MANIFEST;
use super::answers::{AskError, Asked, Asker};
use crate::board::Statement;
use crate::scratch::Scratch;
use crate::state::State;

/// Settings of `EXPLAIN` that keep the tables as they are written.
const QUERY_TREE: &str = "EXPLAIN QUERY TREE run_passes = 1, dump_ast = 0\n";
const SYNTAX: &str = "Syntax error";
const TABLE_NAME: &str = "table_name: ";
/// What a SELECT without FROM reads.
const NOTHING: &str = "system.one";

/// The result columns of a statement: type by name.
pub(super) type Types = BTreeMap<String, String>;

/// Describes one statement; what it cannot do is found where it stands.
pub(super) async fn describe(asker: &Asker, statement: &Arc<Statement>) -> Result<Types, Finding> {
    let sample = sample(asker);
    let choice = Asked {
        state: &sample,
        now: OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000),
        top: 20,
    };
    let described = asker
        .ask_around(|sql| format!("DESCRIBE (\n{sql}\n)"), statement, &choice)
        .await;
    match described {
        Ok(described) => Ok(described
            .named()
            .iter()
            .filter_map(|row| {
                Some((
                    row.get("name")?.as_str()?.to_owned(),
                    row.get("type")?.as_str()?.to_owned(),
                ))
            })
            .collect()),
        // The first line of what was asked is not the statement's.
        Err(error) => Err(located(statement, &error, 1)),
    }
}

/// Something of every choice, so that every branch has values.
fn sample(asker: &Asker) -> State {
    let declared = &asker.board.declared;
    let mut state = State::read("", declared).unwrap_or_else(|_| unreachable!("nothing is a choice"));
    for (name, variable) in &declared.variables {
        if let Some(first) = variable.one_of.first() {
            state.values.insert(name.clone(), vec![first.clone()]);
        } else if variable.default.is_empty() {
            state.values.insert(name.clone(), vec!["1".to_owned()]);
        }
    }
    state
}

/// Tables that a statement reads and does not list, and the other way round, all views followed.
pub(super) async fn tables(
    asker: &Asker,
    scratch: &Scratch,
    views: &Views,
    statement: &Arc<Statement>,
) -> Vec<Finding> {
    let sample = sample(asker);
    let choice = Asked {
        state: &sample,
        now: OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000),
        top: 20,
    };
    let tree = asker
        .ask_around(|sql| format!("{QUERY_TREE}{sql}"), statement, &choice)
        .await;
    let tree = match tree {
        Ok(tree) => tree,
        Err(error) => return vec![located(statement, &error, 1)],
    };
    let database = format!("{}.", scratch.config.database);
    let lines = tree.rows.iter().filter_map(|row| row.first()?.as_str());
    let read: BTreeSet<&str> = lines
        .filter_map(|line| line.split_once(TABLE_NAME))
        .filter_map(|(_, rest)| rest.split([',', ' ']).next())
        .map(|name| name.strip_prefix(&database).unwrap_or(name))
        .filter(|name| *name != NOTHING)
        .collect();
    let listed = views.behind(statement.listed());
    let read = views.behind(read);
    let unlisted = read.difference(&listed).map(|table| {
        let message = format!("reads {table}, as ClickHouse tells, which depends_on does not list");
        Finding::new(&statement.name, 1, message)
    });
    unlisted.collect()
}

/// The views of the scratch database, with the tables that each reads.
#[derive(Debug, Default)]
pub(super) struct Views(BTreeMap<String, BTreeSet<String>>);

impl Views {
    pub(super) async fn read(scratch: &Scratch) -> Result<Self, warehouse::Error> {
        let database = &scratch.config.database;
        let rows: Vec<(String, String)> = scratch
            .warehouse
            .select(
                "SELECT name, as_select FROM system.tables WHERE database = {database:String} AND engine = 'View'",
                &[("database", database.as_str().into())],
            )
            .await?;
        let before = format!("{database}.");
        let views = rows.into_iter().map(|(name, select)| {
            let tables = select.split(&before).skip(1).map(|rest| {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                rest.split(|c| !is_part(c)).next().unwrap_or_default().to_owned()
            });
            (name, tables.collect())
        });
        Ok(Self(views.collect()))
    }

    fn behind(&self, tables: BTreeSet<&str>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open: Vec<String> = tables.into_iter().map(str::to_owned).collect();
        while let Some(table) = open.pop() {
            match self.0.get(&table) {
                Some(behind) => open.extend(behind.iter().cloned()),
                None => drop(found.insert(table)),
            }
        }
        found
    }
}

/// Whether every column that a panel encodes is there and of a type that can be drawn so.
pub(super) fn fit(at: usize, panel: &manifest::Panel, types: &Types, places: &Places) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |pointer: &str, message: String| {
        let line = places.line(&format!("/panel/{at}/{pointer}"));
        findings.push(Finding::new(
            MANIFEST,
            line,
            format!("panel {}: {message}", panel.id),
        ));
    };
    let known = types.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    for one in encode::read(panel.kind, &panel.encode).uses {
        let pointer = format!("encode{}", one.pointer);
        match types.get(&one.column) {
            None => find(
                &pointer,
                format!("there is no column {}; there is {known}", one.column),
            ),
            Some(kind) if !one.holds.fits(kind) => find(
                &pointer,
                format!(
                    "{} is {kind}, and {} is wanted there",
                    one.column,
                    one.holds.types()
                ),
            ),
            Some(_) => {}
        }
    }
    for (place, note) in panel.notes.iter().enumerate() {
        let counts = encode::Holds::One(encode::Format::Int);
        match types.get(note) {
            None => find(
                &format!("notes/{place}"),
                format!("there is no column {note}; there is {known}"),
            ),
            Some(kind) if !counts.fits(kind) => find(
                &format!("notes/{place}"),
                format!("{note} is {kind}, and a note counts: {}", counts.types()),
            ),
            Some(_) => {}
        }
    }
    if let Some(click) = &panel.filter_on_click
        && !types.contains_key(&click.field)
    {
        let message = format!("there is no column {}; there is {known}", click.field);
        find("filter_on_click/field", message);
    }
    findings
}

/// Where in the template's files ClickHouse's complaint belongs, as well as it tells. `before` lines stand before the
/// statement's own.
pub(super) fn located(statement: &Statement, error: &AskError, before: usize) -> Finding {
    let (file, line, message) = match error {
        AskError::Warehouse(warehouse::Error::Server { message, .. }) => {
            let line = told_line(message).map(|line| line.saturating_sub(before));
            let line = line.or_else(|| line_of_name(&statement.sql, message));
            let (file, line) = line.map_or((statement.name.as_str(), 1), |line| statement.origin(line));
            (file, line, shortened(message))
        }
        other => (statement.name.as_str(), 1, other.to_string()),
    };
    // A fragment that cannot be parsed is so wherever it is used.
    let own = if file == statement.name || message.starts_with(SYNTAX) {
        String::new()
    } else {
        format!(" (in {})", statement.name)
    };
    Finding::new(file, line, format!("{message}{own}"))
}

/// `(line 5, col 3)` of a syntax error.
fn told_line(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("(line ")?;
    rest.split(',').next()?.trim().parse().ok()
}

/// The first line that holds the name that is complained about, between back quotes.
fn line_of_name(sql: &str, message: &str) -> Option<usize> {
    let name = message.split('`').nth(1).or_else(|| message.split('\'').nth(1))?;
    let last = name.rsplit('.').next()?;
    let at = sql.lines().position(|line| {
        let code = line.split("--").next().unwrap_or_default();
        code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|word| word == last)
    })?;
    Some(at + 1)
}

/// Without the code in front and the statement behind.
fn shortened(message: &str) -> String {
    let text = message
        .split_once("DB::Exception: ")
        .map_or(message, |(_, text)| text);
    if let Some((_, rest)) = text.split_once(SYNTAX) {
        let at = rest.split(['(', ')']).nth(1).unwrap_or_default();
        return format!("{SYNTAX} at `{at}`");
    }
    let end = ["In scope ", " in scope ", "Stack trace"]
        .iter()
        .filter_map(|word| text.find(word))
        .min();
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or(text);
    text.trim().trim_end_matches([':', ' ', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_found_by_its_line_or_by_the_name_it_is_about() {
        assert_eq!(
            told_line("Syntax error: failed at position 30 (t) (line 2, col 14): t)"),
            Some(2)
        );
        let sql = "SELECT\n    -- `nope` is no more\n    a,\n    nope\nFROM t";
        let message =
            "Code: 47. DB::Exception: Unknown expression identifier `t.nope` in scope SELECT nope FROM t.";
        assert_eq!(line_of_name(sql, message), Some(4));
        assert_eq!(shortened(message), "Unknown expression identifier `t.nope`");
        let syntax =
            "Code: 62. DB::Exception: Syntax error: failed at position 30 (t) (line 2, col 14): t). Expected";
        assert_eq!(shortened(syntax), "Syntax error at `t`");
    }
}
