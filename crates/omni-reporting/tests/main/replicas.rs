//! Two servers of one deployment: each hears of what was loaded by itself, and both say the same.
use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixture::{Database, Order, panel_count};
use crate::listener::{Event, Listener};
use crate::opened::BOARD;
use crate::served::Served;

/// Of a day in the past, so that the clock moves nothing; freshness is about the clock, and is told apart.
const QUERY: &str = "?period=custom&from=2026-03-01&to=2026-03-31&company=1001";
const OF_NOW: [&str; 1] = ["freshness"];

/// The rows of each panel.
fn rows(events: &[Event]) -> BTreeMap<String, Value> {
    let told = events.iter().map(|event| {
        (
            event.data["panel"].as_str().unwrap().to_owned(),
            event.data["rows"].clone(),
        )
    });
    told.filter(|(panel, _)| !OF_NOW.contains(&panel.as_str()))
        .collect()
}

#[tokio::test]
async fn two_replicas_tell_the_same_before_and_after_rows_land() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let one = Served::start(database).await;
    let other = one.replica().await;
    let mut listeners = [
        Listener::open(&one, QUERY, None).await,
        Listener::open(&other, QUERY, None).await,
    ];
    let [first, second] = &mut listeners;
    let (of_one, of_other) = (first.first_answers().await, second.first_answers().await);
    assert_eq!(rows(&of_one).len(), panel_count() - OF_NOW.len());
    assert_eq!(rows(&of_one), rows(&of_other));

    // Loaded once, told once; nothing else is shared.
    one.append_open_deal(777).await;
    let [first, second] = &mut listeners;
    let (of_one, of_other) = (
        first.panel("open_pipeline").await,
        second.panel("open_pipeline").await,
    );
    assert_ne!(of_one.data["rows"], Value::Array(Vec::new()));
    assert_eq!(of_one.data["rows"], of_other.data["rows"]);
    for panel in ["won_value", "open_pipeline", "leaderboard", "pipeline_by_stage"] {
        let path = format!("{BOARD}/panels/{panel}.csv{QUERY}");
        assert_eq!(one.get(&path).await, other.get(&path).await, "{panel}");
    }
    one.stop().await;
    other.stop().await;
}
