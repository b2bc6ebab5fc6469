//! Every number of every panel against the list behind it: the list adds up to the number, whatever was chosen.
//!
//! Driven by the manifest and by the panels' own cases, so a panel or a case that is added is held to it by itself.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use omni_reporting::api::{Drill, Panel};
use omni_reporting::board::List;
use omni_reporting::check::expected::{Case, Expected};
use omni_reporting::state::{State, query};
use rust_decimal::Decimal;
use serde_json::Value;
use template::Registry;

use crate::fixture::Order;
use crate::golden::{Asker, Rows, named, number};

/// Questions put at once.
const AT_ONCE: usize = 4;
/// Of numbers that are nothing, so many of a panel are asked about.
const NOTHINGS: usize = 1;
/// Cases of a panel that are asked again when all was loaded twice and shuffled.
const CASES_AGAIN: usize = 2;

type Row = BTreeMap<String, Value>;

/// What a list is asked, and what it must come to.
struct Claim {
    list: Arc<List>,
    query: String,
    /// Totals by the number that the panel tells.
    numbers: Vec<(String, Value)>,
    /// Whether its rows are looked at too, not their totals alone.
    is_looked_through: bool,
    told: String,
}

/// The values that a row gives a list, as the page gives them.
fn given(drill: &Drill, panel: &Panel, row: &Row, rows: &Rows) -> Vec<(String, Vec<String>)> {
    let text = |row: &Row, column: &str| match &row[column] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut values: Vec<_> = drill
        .set
        .iter()
        .map(|(name, value)| (name.clone(), vec![value.clone()]))
        .collect();
    let other = panel.encode.get("other").and_then(Value::as_str);
    let is_other =
        |row: &Row| other.is_some_and(|column| matches!(&row[column], Value::Bool(true)) || row[column] == 1);
    let replaced: BTreeSet<&String> = if is_other(row) {
        drill.other.values().collect()
    } else {
        BTreeSet::new()
    };
    let kept: Vec<_> = drill
        .from
        .iter()
        .filter(|(_, column)| !replaced.contains(column))
        .collect();
    values.extend(
        kept.iter()
            .map(|(name, column)| ((*name).clone(), vec![text(row, column)])),
    );
    if is_other(row) {
        let beside =
            |one: &&Row| !is_other(one) && kept.iter().all(|(_, column)| one[*column] == row[*column]);
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
        query::append(
            &mut text,
            name,
            &values.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    format!("{text}&{}", case.query)
}

/// All that the rows of a panel claim of the lists behind them.
fn claims(asker: &Asker, panel: &Panel, case: &Case, rows: &Rows) -> Vec<Claim> {
    let mut claims = Vec::new();
    for drill in &panel.drill {
        let list = asker.board.list(&drill.list).unwrap();
        let mut nothings = 0;
        for (place, row) in rows.iter().enumerate() {
            let numbers: Vec<_> = drill
                .numbers
                .iter()
                .filter(|(_, total)| !total.is_empty())
                .collect();
            let numbers: Vec<_> = numbers
                .iter()
                .map(|(column, total)| ((*total).clone(), row[*column].clone()))
                .collect();
            if numbers.iter().all(|(_, number)| is_nothing(number)) {
                nothings += 1;
                if nothings > NOTHINGS {
                    continue;
                }
            }
            claims.push(Claim {
                list: Arc::clone(list),
                query: asked(&given(drill, panel, row, rows), case),
                numbers,
                is_looked_through: place == 0,
                told: format!("{}, {}, {row:?}", panel.id, case.name),
            });
        }
        claims.extend(
            note_claims(drill, panel, case, rows).map(|(query, numbers)| Claim {
                list: Arc::clone(list),
                query,
                numbers,
                is_looked_through: false,
                told: format!("{}, {}, the note", panel.id, case.name),
            }),
        );
    }
    claims
}

/// A note tells of all rows together, so its list is not narrowed to one.
fn note_claims<'a>(
    drill: &'a Drill,
    panel: &'a Panel,
    case: &'a Case,
    rows: &'a Rows,
) -> impl Iterator<Item = (String, Vec<(String, Value)>)> + 'a {
    let notes = drill
        .numbers
        .iter()
        .filter(|(column, _)| panel.notes.contains(column));
    notes.map(move |(column, total)| {
        let set: Vec<_> = drill
            .set
            .iter()
            .map(|(name, value)| (name.clone(), vec![value.clone()]))
            .collect();
        let sum: Decimal = rows.iter().map(|row| number(row, column)).sum();
        (asked(&set, case), vec![(total.clone(), sum.to_string().into())])
    })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.parse::<Decimal>().is_ok_and(|number| number.is_zero()),
        other => other.as_f64() == Some(0.0),
    }
}

/// Amounts and counts to the last digit, rates as closely as the two ways to compute them allow.
fn is_same(total: &Value, number: &Value) -> bool {
    if let (Some(total), Some(number)) = (total.as_f64(), number.as_f64()) {
        return (total - number).abs() <= 1e-9 * number.abs().max(1.0);
    }
    let digits = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    match (digits(total), digits(number)) {
        (Some(total), Some(number)) => total == number,
        _ => is_nothing(total) && is_nothing(number),
    }
}

async fn holds(asker: &Asker, case: &Case, claim: Claim) {
    let state = State::read(&claim.query, &claim.list.declared).unwrap();
    let totals = asker.put(&claim.list.totals, &state, &case.now, 1).await;
    let totals = named(&totals);
    let told = format!("{}\n{} {}", claim.told, claim.list.id, claim.query);
    for (total, number) in &claim.numbers {
        let found = &totals[0][total];
        assert!(
            is_same(found, number),
            "{total} is {found}, the panel says {number}: {told}"
        );
    }
    if !claim.is_looked_through {
        return;
    }
    let rows = asker.put(&claim.list.first, &state, &case.now, 1_000).await;
    let counted = ["deals", "contacts", "events", "leads", "activities", "rows"]
        .iter()
        .find_map(|name| totals[0].get(*name))
        .unwrap();
    assert_eq!(counted, &Value::from(named(&rows).len().to_string()), "{told}");
    if let (Some(value), Some(_)) = (totals[0].get("value"), totals.get(1)) {
        let sum: Decimal = named(&rows)
            .iter()
            .map(|row| self::number(row, "converted_value"))
            .sum();
        let is_one = totals.len() == 2;
        assert!(
            !is_one || is_same(value, &sum.to_string().into()),
            "{value} is not {sum}: {told}"
        );
    }
}

async fn all_add_up(order: Order, cases_max: usize) -> usize {
    let mut checked = 0;
    for template in Registry::builtin().unwrap().iter() {
        if template.manifest().panels.is_empty() {
            continue;
        }
        let native = Asker::of(template.key(), order).await;
        let converted = Asker::of(template.key(), order).await;
        converted.database.load_rates().await;
        for panel in &native.board.manifest.panels {
            let file = format!("fixtures/expected/{}.json", panel.id);
            let Some(text) = template.file(&file) else {
                continue;
            };
            let expected: Expected = serde_json::from_str(text).unwrap();
            for case in expected.cases.iter().take(cases_max) {
                let asker = if case.rates { &converted } else { &native };
                let rows = named(&asker.ask(&panel.id, &case.query, &case.now, case.top).await);
                let claims = claims(asker, panel, case, &rows);
                checked += claims.len();
                let held = futures::stream::iter(claims).map(|claim| holds(asker, case, claim));
                held.buffer_unordered(AT_ONCE).collect::<()>().await;
            }
        }
    }
    checked
}

#[tokio::test]
async fn every_list_adds_up_to_its_number() {
    let checked = all_add_up(Order::AsWritten, usize::MAX).await;
    assert!(
        checked > 1_000,
        "only {checked} numbers were held against their lists"
    );
}

#[tokio::test]
async fn every_list_adds_up_to_its_number_when_all_was_loaded_twice_and_shuffled() {
    let checked = all_add_up(Order::DoubledAndShuffled, CASES_AGAIN).await;
    assert!(
        checked > 200,
        "only {checked} numbers were held against their lists"
    );
}
