//! Every number of every panel against the list behind it: the list adds up to the number, whatever was chosen.
//!
//! Driven by the manifest and by the panels' own cases, so a panel or a case that is added is held to it by itself.
use futures::StreamExt;
use omni_reporting::check::drills::{self, Claim, is_same};
use omni_reporting::check::expected::{Case, Expected};
use omni_reporting::state::State;
use rust_decimal::Decimal;
use serde_json::Value;
use template::Registry;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fixture::Order;
use crate::golden::{Asker, named, number};

/// Questions put at once.
const AT_ONCE: usize = 4;
/// Cases of a panel that are asked again when all was loaded twice and shuffled.
const CASES_AGAIN: usize = 2;

async fn holds(asker: &Asker, panel: &str, case: &Case, claim: Claim) {
    let now = OffsetDateTime::parse(&case.now, &Rfc3339).unwrap();
    let unequal = drills::unequal(&asker.questions, &claim, now).await.unwrap();
    assert!(unequal.is_empty(), "{panel}, {}: {unequal:#?}", case.name);
    // Of each drill one list is looked through, row by row.
    if claim.row != Some(0) {
        return;
    }
    let told = format!("{panel}, {}: {} {}", case.name, claim.list.id, claim.query);
    let state = State::read(&claim.query, &claim.list.declared).unwrap();
    let totals = named(&asker.put(&claim.list.totals, &state, &case.now, 1).await);
    let rows = asker.put(&claim.list.first, &state, &case.now, 1_000).await;
    let counted = ["deals", "contacts", "events", "leads", "activities", "rows"]
        .iter()
        .find_map(|name| totals[0].get(*name))
        .unwrap();
    assert_eq!(counted, &Value::from(named(&rows).len().to_string()), "{told}");
    if let (Some(value), Some(_)) = (totals[0].get("value"), totals.get(1)) {
        let sum: Decimal = named(&rows)
            .iter()
            .map(|row| number(row, "converted_value"))
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
                let claims = drills::claims(&asker.questions, panel, case, &rows);
                checked += claims.len();
                let held = futures::stream::iter(claims).map(|claim| holds(asker, &panel.id, case, claim));
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
