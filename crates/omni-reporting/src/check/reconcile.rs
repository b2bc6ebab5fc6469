//! Sums that must be one: figures of several panels under the same choices, and of one list however many rows it shows.
use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::Value;
use template::Finding;
use template::manifest::Reconcile;
use time::OffsetDateTime;

use super::MANIFEST;
use super::answers::{AskError, Asked, Asker, Rows};
use crate::state::State;

/// How many rows lists show: a list that drops the rest instead of gathering it shows it at the least.
const TOPS: [u32; 2] = [1, 20];

/// Choices under which sums are compared.
#[derive(Debug, Clone)]
pub struct Choices {
    pub query: String,
    pub now: OffsetDateTime,
}

/// Sums by the word of the column they stand apart by; those of 0 are left out, since a list need not have a row in which
/// there is nothing.
type Sums = BTreeMap<String, Decimal>;

/// The answers under one choice, each asked once.
struct Book<'a> {
    asker: &'a Asker,
    state: State,
    choices: &'a Choices,
    answers: HashMap<(String, u32), Rows>,
}

/// Holds figures against each other under these choices; each set comes with the line where the manifest tells of it.
pub async fn hold(
    asker: &Asker,
    reconciles: &[(&Reconcile, usize)],
    choices: &Choices,
) -> Result<Vec<Finding>, AskError> {
    let state = match State::read(&choices.query, &asker.board.declared) {
        Ok(state) => state,
        Err(refusal) => {
            let message = format!("{}: {refusal}", choices.query);
            return Ok(vec![Finding::new(MANIFEST, 1, message)]);
        }
    };
    let mut book = Book {
        asker,
        state,
        choices,
        answers: HashMap::new(),
    };
    let mut findings = Vec::new();
    for (reconcile, line) in reconciles {
        if let Some(message) = book.hold(reconcile).await? {
            findings.push(Finding::new(MANIFEST, *line, message));
        }
    }
    Ok(findings)
}

impl Book<'_> {
    /// The first figure that is another than the ones before it.
    async fn hold(&mut self, reconcile: &Reconcile) -> Result<Option<String>, AskError> {
        let mut first: Option<(String, Sums)> = None;
        for name in &reconcile.equal {
            let Some((panel, column)) = name.split_once('.') else {
                continue;
            };
            for top in TOPS {
                let Some(rows) = self.rows(panel, top).await? else {
                    continue;
                };
                let sums = match sums(rows, column, reconcile.by.as_deref()) {
                    Ok(sums) => sums,
                    Err(message) => return Ok(Some(format!("{name}: {message}"))),
                };
                let told = format!("{name} of the first {top}");
                match &first {
                    Some((other, expected)) if *expected != sums => {
                        let (is, was) = (shown(&sums), shown(expected));
                        let Choices { query, now } = self.choices;
                        return Ok(Some(format!(
                            "{told} is {is}, and {other} is {was}, with `{query}` at {now}"
                        )));
                    }
                    Some(_) => {}
                    None => first = Some((told, sums)),
                }
            }
        }
        Ok(None)
    }

    async fn rows(&mut self, panel: &str, top: u32) -> Result<Option<&Rows>, AskError> {
        let Some(panel) = self.asker.board.panel(panel) else {
            return Ok(None);
        };
        let key = (panel.id.clone(), top);
        if !self.answers.contains_key(&key) {
            let choice = Asked {
                state: &self.state,
                now: self.choices.now,
                top,
            };
            let rows = self.asker.ask(&panel.statement, &choice).await?;
            self.answers.insert(key.clone(), rows);
        }
        Ok(self.answers.get(&key))
    }
}

fn sums(rows: &Rows, column: &str, by: Option<&str>) -> Result<Sums, String> {
    let place = |name: &str| {
        let found = rows.columns.iter().position(|one| one.name == name);
        found.ok_or_else(|| format!("there is no column {name}"))
    };
    let (at, by) = (place(column)?, by.map(place).transpose()?);
    let mut sums = Sums::new();
    for row in &rows.rows {
        let key = by
            .and_then(|by| row.get(by))
            .and_then(Value::as_str)
            .unwrap_or_default();
        *sums.entry(key.to_owned()).or_default() += amount(row.get(at).unwrap_or(&Value::Null))?;
    }
    sums.retain(|_, sum| !sum.is_zero());
    Ok(sums)
}

/// A number, a list of them, or nothing.
fn amount(cell: &Value) -> Result<Decimal, String> {
    match cell {
        Value::Null => Ok(Decimal::ZERO),
        Value::Array(cells) => cells.iter().map(amount).sum(),
        Value::String(text) => text.parse().map_err(|_| format!("`{text}` is no number")),
        other => {
            let text = other.to_string();
            text.parse().map_err(|_| format!("{text} cannot be added up"))
        }
    }
}

fn shown(sums: &Sums) -> String {
    if sums.is_empty() {
        return "0".to_owned();
    }
    let all: Vec<String> = sums
        .iter()
        .map(|(key, sum)| format!("{} {key}", sum.normalize()).trim_end().to_owned())
        .collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows() -> Rows {
        serde_json::from_str(
            r#"{"meta": [{"name": "currency", "type": "String"}, {"name": "n", "type": "UInt64"}, {"name": "run", "type": "Array"}],
                "data": [["EUR", "2", ["0.5", null]], ["EUR", 3, []], ["USD", "0", ["1"]]]}"#,
        )
        .unwrap()
    }

    #[test]
    fn sums_stand_apart_and_zeros_are_left_out() {
        let of = |column, by| shown(&sums(&rows(), column, by).unwrap());
        assert_eq!(of("n", Some("currency")), "5 EUR");
        assert_eq!(of("run", Some("currency")), "0.5 EUR, 1 USD");
        assert_eq!(of("run", None), "1.5");
        assert!(sums(&rows(), "m", None).is_err() && sums(&rows(), "currency", None).is_err());
    }
}
