//! The numbers of a panel against the lists behind them: a list adds up to the number it came from.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::Value;
use template::Finding;
use time::OffsetDateTime;

use super::MANIFEST;
use super::answers::{AskError, Asked, Asker};
use super::expected::Case;
use crate::api::{Drill, Panel};
use crate::board::List;
use crate::state::{State, query};

/// Of numbers that are nothing, so many of a drill are asked about.
const NOTHINGS: usize = 1;

/// A row of a panel, by column.
pub type Row = BTreeMap<String, Value>;

/// What a list is asked, and what it must come to.
#[derive(Debug, Clone)]
pub struct Claim {
    pub list: Arc<List>,
    /// The place of the drill among those of its panel.
    pub drill: usize,
    pub query: String,
    pub numbers: Vec<Number>,
    /// The place of the row; none for a note, which tells of all rows together.
    pub row: Option<usize>,
}

/// A number of a panel, and the list's total that is the same.
#[derive(Debug, Clone)]
pub struct Number {
    pub column: String,
    pub total: String,
    pub told: Value,
}

/// All that the rows of a panel claim of the lists behind them.
pub fn claims(asker: &Asker, panel: &Panel, case: &Case, rows: &[Row]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (at, drill) in panel.drill.iter().enumerate() {
        let Some(list) = asker.board.list(&drill.list) else {
            continue;
        };
        let claim = |row: Option<usize>, values: &[(String, Vec<String>)], numbers| Claim {
            list: Arc::clone(list),
            drill: at,
            query: asked(values, case),
            numbers,
            row,
        };
        let mut nothings = 0;
        for (place, row) in rows.iter().enumerate() {
            let numbers = numbers(drill, row);
            if numbers.iter().all(|number| is_nothing(&number.told)) {
                nothings += 1;
                if nothings > NOTHINGS {
                    continue;
                }
            }
            claims.push(claim(Some(place), &given(drill, panel, row, rows), numbers));
        }
        let of_notes = of_notes(drill, panel, rows).map(|number| claim(None, &set(drill), vec![number]));
        claims.extend(of_notes);
    }
    claims
}

/// In words, each number that the list does not come to.
pub async fn unequal(asker: &Asker, claim: &Claim, now: OffsetDateTime) -> Result<Vec<String>, AskError> {
    let list = &claim.list;
    let state = match State::read(&claim.query, &list.declared) {
        Ok(state) => state,
        Err(refusal) => return Ok(vec![format!("list {} cannot be asked: {refusal}", list.id)]),
    };
    let choice = Asked {
        state: &state,
        now,
        top: 1,
    };
    let totals = asker.ask(&list.totals, &choice).await?;
    let totals = totals.named();
    let found = |total: &str| totals.first().and_then(|row| row.get(total).copied());
    let unequal = claim.numbers.iter().filter_map(|number| {
        let found = found(&number.total).unwrap_or(&Value::Null);
        let message = || {
            format!(
                "list {} comes to {found} ({}), and the panel says {} ({}); asked: {}",
                list.id, number.total, number.told, number.column, claim.query
            )
        };
        (!is_same(found, &number.told)).then(message)
    });
    Ok(unequal.collect())
}

/// Where a claim of the panel at this place stands, with what is wrong.
pub(super) fn finding(
    places: &template::places::Places,
    panel: usize,
    claim: &Claim,
    message: String,
) -> Finding {
    let line = places.line(&format!("/panel/{panel}/drill/{}", claim.drill));
    Finding::new(MANIFEST, line, message)
}

fn numbers(drill: &Drill, row: &Row) -> Vec<Number> {
    let named = drill.numbers.iter().filter(|(_, total)| !total.is_empty());
    named
        .map(|(column, total)| Number {
            column: column.clone(),
            total: total.clone(),
            told: row.get(column).cloned().unwrap_or_default(),
        })
        .collect()
}

/// A note tells of all rows together, so its list is not narrowed to one.
fn of_notes<'a>(drill: &'a Drill, panel: &'a Panel, rows: &'a [Row]) -> impl Iterator<Item = Number> + 'a {
    let notes = drill
        .numbers
        .iter()
        .filter(|(column, _)| panel.notes.contains(column));
    notes.map(|(column, total)| {
        let sum: Decimal = rows.iter().filter_map(|row| exact(row.get(column)?)).sum();
        Number {
            column: column.clone(),
            total: total.clone(),
            told: sum.to_string().into(),
        }
    })
}

fn set(drill: &Drill) -> Vec<(String, Vec<String>)> {
    let set = drill.set.iter();
    set.map(|(name, value)| (name.clone(), vec![value.clone()]))
        .collect()
}

/// The values that a row gives a list, as the page gives them.
fn given(drill: &Drill, panel: &Panel, row: &Row, rows: &[Row]) -> Vec<(String, Vec<String>)> {
    let text = |row: &Row, column: &str| match row.get(column) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    let mut values = set(drill);
    let other = panel.encode.get("other").and_then(Value::as_str);
    let is_other = |row: &Row| {
        let told = other.and_then(|column| row.get(column));
        told.is_some_and(|told| *told == Value::Bool(true) || *told == 1)
    };
    let replaced: BTreeSet<&String> = if is_other(row) {
        drill.other.values().collect()
    } else {
        BTreeSet::new()
    };
    let kept = || drill.from.iter().filter(|(_, column)| !replaced.contains(column));
    values.extend(kept().map(|(name, column)| (name.clone(), vec![text(row, column)])));
    if is_other(row) {
        let beside =
            |one: &&Row| !is_other(one) && kept().all(|(_, column)| one.get(column) == row.get(column));
        for (name, column) in &drill.other {
            let beside = rows.iter().filter(beside).map(|one| text(one, column));
            values.push((name.clone(), beside.collect()));
        }
    }
    values
}

/// The values before the case's own, for of a name that comes twice the first counts.
fn asked(values: &[(String, Vec<String>)], case: &Case) -> String {
    let mut text = String::new();
    for (name, values) in values {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        query::append(&mut text, name, &values);
    }
    format!("{text}&{}", case.query)
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || exact(value).is_some_and(|number| number.is_zero())
}

fn exact(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Amounts and counts to the last digit, rates as closely as the two ways to compute them allow.
pub fn is_same(total: &Value, number: &Value) -> bool {
    if let (Some(total), Some(number)) = (total.as_f64(), number.as_f64()) {
        return (total - number).abs() <= 1e-9 * number.abs().max(1.0);
    }
    match (exact(total), exact(number)) {
        (Some(total), Some(number)) => total == number,
        _ => is_nothing(total) && is_nothing(number),
    }
}
