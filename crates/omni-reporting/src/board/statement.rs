//! One SQL statement of a template: fragments put in, parameters found, tenant checked.
//!
//! Refuses a statement that reads a table of several companies without asking for one: every such table must be read
//! with `event_company_id = {company:UInt64}`; and one that reads of persons without asking who looks. Values are never put into the text; it goes to the server as it is.
use std::collections::{BTreeMap, BTreeSet};

use template::Family;

use super::{BoardError, personal};
use crate::state::State;

/// Tables that belong to no company.
const SHARED_TABLES: &[&str] = &["accepted_counts", "fx_daily", "load_batches"];
const TENANT: &str = "event_company_id = {company:UInt64}";

/// A statement ready to be asked, and what it depends on.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it is called in logs and keys: `panels/won_value.sql`.
    pub name: String,
    pub sql: String,
    /// Names of its parameters.
    pub uses: BTreeSet<String>,
    /// The tables whose changes change its answer, whatever is chosen.
    tables: Vec<String>,
    /// Tables that a variable's filter looks words up in, by the variable: they count while something is chosen.
    looked_up: Lookups,
}

/// Tables by the variable that they are looked up for.
pub type Lookups = BTreeMap<String, Vec<String>>;

impl Statement {
    /// Reads a file of the template and puts the fragments, its own or those of a template it requires, before its steps.
    pub fn load(
        family: &Family,
        path: &str,
        fragments: &[String],
        depends_on: &[String],
        lookups: &Lookups,
    ) -> Result<Self, BoardError> {
        let refused = |reason: String| BoardError::Statement {
            template: family.head().key().to_owned(),
            file: path.to_owned(),
            reason,
        };
        let own = family
            .head()
            .file(path)
            .ok_or_else(|| refused("no such file".to_owned()))?;
        let mut steps = Vec::new();
        for name in fragments {
            let text = family
                .fragment(name)
                .ok_or_else(|| refused(format!("no such file: fragments/{name}.sql")))?;
            steps.push(text.trim_end());
        }
        let sql = compose(own, &steps)
            .ok_or_else(|| refused("has neither WITH nor SELECT at the start of a line".to_owned()))?;
        let code = without_comments(&sql);
        let uses = parameters(&code);
        let mut looked_up = lookups.clone();
        looked_up.retain(|variable, _| uses.contains(variable));
        let tables = tables_read(&code);
        let declared = depends_on.iter().chain(looked_up.values().flatten());
        let declared: BTreeSet<&str> = declared.map(String::as_str).collect();
        if tables != declared {
            return Err(refused(format!(
                "reads {tables:?} and depends_on says {declared:?}"
            )));
        }
        check_tenant(&code).map_err(refused)?;
        let told = family.members().map(|template| &template.manifest().personal);
        personal::check(&code, told, &tables).map_err(refused)?;
        Ok(Self {
            name: path.to_owned(),
            uses,
            sql,
            tables: depends_on.to_vec(),
            looked_up,
        })
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

/// The fragments become the first steps of the statement's WITH.
fn compose(own: &str, steps: &[&str]) -> Option<String> {
    let line = |word: &str| {
        let mut at = 0;
        own.split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            (line.trim_end() == word).then_some((start, at))
        })
    };
    let steps = steps.join(",\n");
    if let Some((_, after)) = line("WITH") {
        let (head, tail) = own.split_at(after);
        let comma = if steps.is_empty() { "" } else { ",\n" };
        return Some(format!("{head}{steps}{comma}{tail}"));
    }
    let (start, _) = line("SELECT")?;
    let (head, tail) = own.split_at(start);
    let with = if steps.is_empty() {
        String::new()
    } else {
        format!("WITH\n{steps}\n")
    };
    Some(format!("{head}{with}{tail}"))
}

fn without_comments(sql: &str) -> String {
    sql.lines()
        .map(|line| line.split_once("--").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Names in `{name:Type}`.
fn parameters(code: &str) -> BTreeSet<String> {
    code.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once(':'))
        .filter(|(name, _)| is_name(name))
        .map(|(name, _)| name.to_owned())
        .collect()
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Every name after FROM or JOIN that no step of the statement has.
fn names_read(code: &str) -> Vec<&str> {
    let words: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .collect();
    let steps: BTreeSet<&str> = words
        .windows(3)
        .filter_map(|three| match three {
            [name, "AS", next] if next.starts_with('(') => Some(*name),
            _ => None,
        })
        .collect();
    words
        .windows(2)
        .filter_map(|two| match two {
            [word, name] if matches!(word.trim_start_matches('('), "FROM" | "JOIN") => {
                Some(name.trim_end_matches(')'))
            }
            _ => None,
        })
        .filter(|name| is_name(name) && !steps.contains(name))
        .collect()
}

fn tables_read(code: &str) -> BTreeSet<&str> {
    names_read(code).into_iter().collect()
}

fn check_tenant(code: &str) -> Result<(), String> {
    let of_companies = names_read(code)
        .into_iter()
        .filter(|table| !SHARED_TABLES.contains(table))
        .count();
    let asked = code.matches(TENANT).count();
    if asked < of_companies {
        return Err(format!(
            "reads tables of several companies {of_companies} times and asks `{TENANT}` {asked} times"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fragments_become_the_first_steps() {
        let own = "-- what?\nWITH\n    b AS (SELECT 2)\nSELECT\n    1\n";
        let sql = compose(own, &["a AS (SELECT 1)"]).unwrap();
        assert_eq!(
            sql,
            "-- what?\nWITH\na AS (SELECT 1),\n    b AS (SELECT 2)\nSELECT\n    1\n"
        );
        assert_eq!(
            compose("SELECT\n 1", &["a AS (SELECT 1)"]).unwrap(),
            "WITH\na AS (SELECT 1)\nSELECT\n 1"
        );
        assert_eq!(compose("SELECT\n 1", &[]).unwrap(), "SELECT\n 1");
        assert_eq!(compose("UPDATE", &[]), None);
    }

    #[test]
    fn finds_parameters_and_tables_but_not_in_comments() {
        let code = without_comments(
            "-- {not:this} FROM nowhere\nWITH a AS (SELECT x FROM deals FINAL WHERE t > {from:DateTime64(3, 'UTC')})\n\
             SELECT {source:Array(String)} FROM a LEFT ANY JOIN entities ON true",
        );
        assert_eq!(
            parameters(&code),
            BTreeSet::from(["from".to_owned(), "source".to_owned()])
        );
        assert_eq!(tables_read(&code), BTreeSet::from(["deals", "entities"]));
    }

    #[test]
    fn a_table_read_without_its_company_is_refused() {
        let asked = format!("SELECT 1 FROM deals WHERE {TENANT}");
        assert_eq!(check_tenant(&asked), Ok(()));
        assert!(
            check_tenant(&format!(
                "{asked} AND deal_id IN (SELECT deal_id FROM deal_facts)"
            ))
            .is_err()
        );
        assert!(check_tenant("SELECT 1 FROM (SELECT 2 FROM deal_events)").is_err());
        assert_eq!(check_tenant("SELECT 1 FROM fx_daily"), Ok(()));
    }
}
