//! One SQL statement of a template: fragments put in, parameters found, and what it may not do.
//!
//! Refuses a statement that reads a table of several companies without asking for one: every such table must be read
//! with `event_company_id = {company:UInt64}`; and one that reads of persons without asking who looks. Values are never put
//! into the text; it goes to the server as it is.
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use template::places::line_of;
use template::{Family, Finding};

use super::filters::Filters;
use super::lint::{self, Types};
use super::personal;
use super::sql::{self, Left, blanked};
use crate::state::State;

/// A statement ready to be asked, and what it depends on.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it is called in logs and keys: `panels/won_value.sql`.
    pub name: String,
    pub sql: String,
    filters: Filters,
    /// The file and line that each of its lines comes from.
    origins: Vec<Origin>,
    /// Names of its parameters.
    pub uses: BTreeSet<String>,
    /// The tables whose changes change its answer, whatever is chosen.
    tables: Vec<String>,
    /// Tables that a variable's filter looks words up in, by the variable: they count while something is chosen.
    looked_up: Lookups,
}

/// Tables by the variable that they are looked up for.
pub type Lookups = BTreeMap<String, Vec<String>>;

/// A line of one of the template's files.
type Origin = (String, usize);

/// What a template says of a statement beside its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'t> {
    pub(super) path: &'t str,
    pub(super) fragments: &'t [String],
    pub(super) depends_on: &'t [String],
    /// The line of `template.toml` that says so.
    pub(super) line: usize,
}

impl Statement {
    /// Reads a file of the template and puts the fragments, its own or those of a template it requires, before its steps.
    /// Refuses it with all that is wrong.
    pub(super) fn load(
        family: &Family,
        told: &Told<'_>,
        lookups: &Lookups,
        types: &Types,
    ) -> Result<Self, Vec<Finding>> {
        let composed = Composed::load(family, told)?;
        let text = blanked(&composed.sql, Left::CodeAndTexts);
        let uses: BTreeSet<String> = sql::parameters(&text)
            .into_iter()
            .map(|parameter| parameter.name.to_owned())
            .collect();
        let mut looked_up = lookups.clone();
        looked_up.retain(|variable, _| uses.contains(variable));
        let listed = told.depends_on.iter().chain(looked_up.values().flatten());
        let listed: BTreeSet<&str> = listed.map(String::as_str).collect();
        let mut findings = lint::parameters(&composed, types);
        findings.extend(lint::functions(&composed));
        findings.extend(lint::unlisted(&composed, &listed));
        findings.extend(lint::tenant(&composed));
        let said = family.members().map(|template| &template.manifest().personal);
        let open = personal::open(&text, said, &listed).into_iter();
        findings.extend(open.map(|(at, message)| composed.finding(at, message)));
        findings.extend(unread(&composed, told));
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(Self {
            name: composed.name,
            filters: Filters::of(&composed.sql),
            sql: composed.sql,
            origins: composed.origins,
            uses,
            tables: told.depends_on.to_vec(),
            looked_up,
        })
    }

    /// A statement made of this one, which reads the same tables and may limit its rows. What it adds is no line of a file.
    pub(super) fn made_into(&self, what: &str, sql: String) -> Self {
        let text = blanked(&sql, Left::CodeAndTexts);
        let uses = sql::parameters(&text);
        let uses = uses
            .into_iter()
            .map(|parameter| parameter.name.to_owned())
            .collect();
        Self {
            name: format!("{} {what}", self.name),
            origins: Vec::new(),
            uses,
            filters: Filters::of(&sql),
            sql,
            ..self.clone()
        }
    }

    /// What is sent: the statement without the filters that nothing is chosen for.
    pub fn asked(&self, is_nothing_chosen: impl Fn(&str) -> bool) -> Cow<'_, str> {
        self.filters.left_in(&self.sql, is_nothing_chosen)
    }

    /// Where a line of the statement, from 1, comes from: file and line.
    pub fn origin(&self, line: usize) -> (&str, usize) {
        let origin = self.origins.get(line.saturating_sub(1));
        origin.map_or((self.name.as_str(), 1), |(file, line)| (file.as_str(), *line))
    }

    /// All tables it is said to read, whatever is chosen.
    pub fn listed(&self) -> BTreeSet<&str> {
        let tables = self.tables.iter().chain(self.looked_up.values().flatten());
        tables.map(String::as_str).collect()
    }

    /// The tables whose changes change the answer to these choices.
    pub fn tables<'s>(&'s self, state: &'s State) -> impl Iterator<Item = &'s str> {
        let is_chosen = |variable: &str| {
            state
                .values
                .get(variable)
                .is_some_and(|values| !values.is_empty())
        };
        let looked_up = self
            .looked_up
            .iter()
            .filter(move |(variable, _)| is_chosen(variable));
        let tables = self.tables.iter().chain(looked_up.flat_map(|(_, tables)| tables));
        tables.map(String::as_str)
    }
}

/// Tables that are listed and not read.
fn unread(composed: &Composed, told: &Told<'_>) -> Vec<Finding> {
    let code = blanked(&composed.sql, Left::Code);
    let read: BTreeSet<&str> = sql::tables_read(&code)
        .into_iter()
        .map(|(_, table)| table)
        .collect();
    let unread = told
        .depends_on
        .iter()
        .filter(|table| !read.contains(table.as_str()));
    unread
        .map(|table| {
            let message = format!("depends_on lists {table}, which {} does not read", told.path);
            Finding::new(super::MANIFEST, told.line, message)
        })
        .collect()
}

/// A statement's text with its fragments, before anything was judged.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) name: String,
    pub(super) sql: String,
    origins: Vec<Origin>,
}

impl Composed {
    fn load(family: &Family, told: &Told<'_>) -> Result<Self, Vec<Finding>> {
        let missing =
            |file: &str| Finding::new(super::MANIFEST, told.line, format!("there is no file {file}"));
        let mut findings = Vec::new();
        let own = family.file(told.path);
        if own.is_none() {
            findings.push(missing(told.path));
        }
        let mut steps = Vec::new();
        for name in told.fragments {
            let file = format!("fragments/{name}.sql");
            match family.file(&file) {
                Some(text) if family.head().file(&file).is_some() => steps.push((file, text.trim_end())),
                // Of a template that this one requires.
                Some(text) => steps.push((format!("…/{file}"), text.trim_end())),
                None => findings.push(missing(&file)),
            }
        }
        match own {
            Some(own) if findings.is_empty() => Self::compose(told.path, own, &steps).ok_or_else(|| {
                let message = "has neither WITH nor SELECT alone on a line";
                vec![Finding::new(told.path, 1, message)]
            }),
            _ => Err(findings),
        }
    }

    /// The fragments become the first steps of the statement's WITH.
    fn compose(path: &str, own: &str, steps: &[(String, &str)]) -> Option<Self> {
        let lines: Vec<&str> = own.split_inclusive('\n').collect();
        let alone = |word: &str| lines.iter().position(|line| line.trim_end() == word);
        let with = alone("WITH");
        let cut = with.map(|at| at + 1).or_else(|| alone("SELECT"))?;
        let mut sql = String::new();
        let mut origins: Vec<Origin> = Vec::new();
        let own_lines = |sql: &mut String, origins: &mut Vec<Origin>, from: usize, to: usize| {
            for (at, line) in lines.iter().enumerate().take(to).skip(from) {
                sql.push_str(line);
                origins.push((path.to_owned(), at + 1));
            }
        };
        own_lines(&mut sql, &mut origins, 0, cut);
        if with.is_none() && !steps.is_empty() {
            sql.push_str("WITH\n");
            origins.push((path.to_owned(), cut + 1));
        }
        for (place, (file, text)) in steps.iter().enumerate() {
            let is_last = place + 1 == steps.len() && with.is_none();
            sql.push_str(text);
            sql.push_str(if is_last { "\n" } else { ",\n" });
            let count = text.lines().count();
            origins.extend((1..=count).map(|line| (file.clone(), line)));
        }
        own_lines(&mut sql, &mut origins, cut, lines.len());
        Some(Self {
            name: path.to_owned(),
            sql,
            origins,
        })
    }

    #[cfg(test)]
    pub(super) fn of_text(path: &str, sql: &str) -> Self {
        let lines = 1..=sql.lines().count();
        Self {
            name: path.to_owned(),
            sql: sql.to_owned(),
            origins: lines.map(|line| (path.to_owned(), line)).collect(),
        }
    }

    /// Something about the byte at this place.
    pub(super) fn finding(&self, at: usize, message: impl Into<String>) -> Finding {
        let line = line_of(&self.sql, at);
        let origin = self.origins.get(line - 1);
        let (file, line) = origin.map_or((self.name.as_str(), 1), |(file, line)| (file, *line));
        Finding::new(file, line, message)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn compose(own: &str, steps: &[&str]) -> Option<Composed> {
        let name = |at| format!("fragments/{at}.sql");
        let steps: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(at, text)| (name(at), *text))
            .collect();
        Composed::compose("panels/p.sql", own, &steps)
    }

    #[test]
    fn fragments_become_the_first_steps() {
        let own = "-- what?\nWITH\n    b AS (SELECT 2)\nSELECT\n    1\n";
        let composed = compose(own, &["a AS (SELECT 1)"]).unwrap();
        assert_eq!(
            composed.sql,
            "-- what?\nWITH\na AS (SELECT 1),\n    b AS (SELECT 2)\nSELECT\n    1\n"
        );
        assert_eq!(
            compose("SELECT\n 1", &["a AS (SELECT 1)"]).unwrap().sql,
            "WITH\na AS (SELECT 1)\nSELECT\n 1"
        );
        assert_eq!(compose("SELECT\n 1", &[]).unwrap().sql, "SELECT\n 1");
        assert!(compose("UPDATE", &[]).is_none());
    }

    #[test]
    fn every_line_knows_where_it_comes_from() {
        for (own, line_of_x) in [
            ("WITH\n    b AS (SELECT 2)\nSELECT\n    x\n", 4),
            ("SELECT\n    x\n", 2),
        ] {
            let composed = compose(own, &["a AS (\n    SELECT y\n)", "c AS (SELECT z)"]).unwrap();
            for (word, file, line) in [
                ("y", "fragments/0.sql", 2),
                ("z", "fragments/1.sql", 1),
                ("x", "panels/p.sql", line_of_x),
            ] {
                let found = composed.finding(composed.sql.find(word).unwrap(), "");
                assert_eq!((found.file.as_str(), found.line), (file, line), "{own}");
            }
        }
    }
}
