//! What a browser is told when rows land, and what it is not.
use std::time::Duration;

use serde_json::Value;

use warehouse::Warehouse;

use crate::fixture::{Database, Order, panel_count, panels_reading};
use crate::listener::Listener;
use crate::served::{DEAL_TABLES, Served};

const ANSWERED: &str = r#"omni_reporting_queries_total{outcome="answered"}"#;
const UNCHANGED: &str = r#"omni_reporting_outcomes_total{outcome="held",reason="unchanged"}"#;

async fn served() -> Served {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start(database).await;
    // The tables were asked: the company is known.
    served
        .until("the company is known", async || {
            served
                .get("/api/v1/boards/pipedrive-deals")
                .await
                .1
                .contains("1001")
        })
        .await;
    served
}

fn won(data: &Value) -> Option<&str> {
    data["rows"][0][1].as_str()
}

#[tokio::test]
async fn a_landed_row_leads_to_one_message_of_each_panel_it_changes() {
    let served = served().await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    let hello = listener.next().await.unwrap();
    assert_eq!(hello.name, "hello");
    assert_eq!(hello.data["template"], "pipedrive-deals/2.0");
    assert_eq!(hello.data["panels"].as_array().unwrap().len(), panel_count());
    let fresh = listener.next_named("fresh").await;
    assert_eq!(fresh.data["last_event_at"], "2026-03-31T22:00:00.000000Z");
    let first = listener.first_answers().await;
    let won_value = first
        .iter()
        .find(|event| event.data["panel"] == "won_value")
        .unwrap();
    assert_eq!(won_value.data["state"], "ok");
    assert_eq!(won(&won_value.data), None);

    served.win(501, 250, "google").await;
    let event = listener.panel("won_value").await;
    assert_eq!(won(&event.data), Some("250"));
    assert!(event.data["seq"].as_u64().unwrap() > won_value.data["seq"].as_u64().unwrap());
    // No second message of the same answer comes before that of the next row.
    served.win(502, 1, "google").await;
    assert_eq!(won(&listener.panel("won_value").await.data), Some("251"));
    served.stop().await;
}

#[tokio::test]
async fn an_unrelated_table_and_another_company_wake_nobody() {
    let served = served().await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    listener.first_answers().await;
    let before = served.metric(ANSWERED).await;
    let compared = served.metric(UNCHANGED).await;
    served.notice(&["raw_events", "filtered_events"], &[1001]).await;
    served
        .notice(&["deal_events", "deals", "deal_facts"], &[2002])
        .await;
    assert_eq!(served.metric(ANSWERED).await, before);
    // A table under one panel, and under no other.
    served.notice(&["load_batches"], &[]).await;
    served
        .until("one question was asked", async || {
            served.metric(ANSWERED).await == before + 1
        })
        .await;
    served
        .until("one answer was compared", async || {
            served.metric(UNCHANGED).await > compared
        })
        .await;
    assert_eq!(served.metric(UNCHANGED).await, compared + 1);
    served.stop().await;
}

#[tokio::test]
async fn a_heartbeat_is_told_and_asks_nothing() {
    let served = served().await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    listener.first_answers().await;
    let before = served.metric(ANSWERED).await;
    served.heartbeat("2099-01-01T00:00:00Z").await;
    let fresh = listener.next_named("fresh").await;
    assert_eq!(fresh.data["heartbeat_at"], "2099-01-01T00:00:00.000000Z");
    assert_eq!(served.metric(ANSWERED).await, before);
    served.stop().await;
}

/// Three weeks of a webhook a minute, up to two hours ago.
const ARRIVED: &str = "INSERT INTO raw_events (event_company_id, event_received_at, event_uuid, event_kind) \
    SELECT 1001, now64(6) - INTERVAL 2 HOUR - toIntervalMinute(number), generateUUIDv4(number), 'webhook' \
    FROM numbers(30240)";

#[tokio::test]
async fn silence_is_told_when_events_are_due_and_the_pipeline_is_well() {
    let database = Database::new().await;
    let warehouse = Warehouse::connect(&database.config).unwrap();
    warehouse.execute(ARRIVED).await.unwrap();
    let served = Served::start(database).await;
    served.notice(DEAL_TABLES, &[1001]).await;
    let mut listener = Listener::open(&served, "?period=today&company=1001", None).await;
    let soon = stage::clock::rfc3339_micro(stage::clock::now_micro() + 3_600_000_000);
    served.heartbeat(&soon).await;
    let due = loop {
        let fresh = listener.next_named("fresh").await;
        if let Some(due) = fresh.data["events_due"].as_u64() {
            break due;
        }
    };
    // The notice told of an event now; the heartbeat is an hour later.
    assert!((40..=70).contains(&due), "{due}");
    served.stop().await;
}

#[tokio::test]
async fn a_notice_without_a_change_of_the_answer_is_not_pushed() {
    let served = served().await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    listener.first_answers().await;
    served.notice(&["deals"], &[1001]).await;
    served
        .until("the answers were compared", async || {
            served.metric(UNCHANGED).await >= 4
        })
        .await;
    served.win(503, 99, "google").await;
    let event = listener.panel("won_value").await;
    assert_eq!(won(&event.data), Some("99"));
    served.stop().await;
}

#[tokio::test]
async fn many_viewers_of_the_same_cost_one_question_a_panel() {
    let served = served().await;
    let before = served.metric(ANSWERED).await;
    let panels = panel_count() as u64;
    let mut listeners = Vec::new();
    for at in 0..20 {
        // The same choices, told in different ways.
        let query = if at % 2 == 0 {
            "?period=today&source=google,facebook"
        } else {
            "?source=facebook,google&period=today&x=1"
        };
        listeners.push(Listener::open(&served, query, None).await);
    }
    for listener in &mut listeners {
        listener.first_answers().await;
    }
    assert_eq!(served.metric(ANSWERED).await, before + panels);
    assert_eq!(served.metric("omni_reporting_viewers").await, 20);
    assert_eq!(served.metric("omni_reporting_live_questions").await, panels);

    served.win(503, 10, "google").await;
    for listener in &mut listeners {
        assert_eq!(won(&listener.panel("won_value").await.data), Some("10"));
    }
    // Those that read a table that changed were asked, each once for all twenty.
    let touched = panels_reading(DEAL_TABLES) as u64;
    assert!(touched < panels, "a panel of other tables is left alone");
    served
        .until("those were asked again", async || {
            served.metric(ANSWERED).await == before + panels + touched
        })
        .await;
    drop(listeners);
    served
        .until("nobody looks", async || {
            served.metric("omni_reporting_live_questions").await == 0
        })
        .await;
    served.stop().await;
}

#[tokio::test]
async fn who_comes_back_gets_only_what_changed_meanwhile() {
    let served = served().await;
    let mut stays = Listener::open(&served, "?period=today", None).await;
    stays.first_answers().await;
    let mut leaves = Listener::open(&served, "?period=today", None).await;
    let last = leaves
        .first_answers()
        .await
        .into_iter()
        .filter_map(|event| event.id)
        .next_back()
        .unwrap();
    drop(leaves);
    served.win(504, 70, "google").await;
    assert_eq!(won(&stays.panel("won_value").await.data), Some("70"));
    let mut back = Listener::open(&served, "?period=today", Some(&last)).await;
    served.append_open_deal(600).await;
    let mut came = Vec::new();
    loop {
        let event = back.next_named("panel").await;
        let is_last = event.data["panel"] == "open_pipeline" && event.data["rows"][0][2] == "4";
        came.push(event);
        if is_last {
            break;
        }
    }
    let of = |panel: &str| came.iter().filter(|event| event.data["panel"] == panel).count();
    assert!(of("won_value") >= 1, "{came:?}");
    // It did not change while the viewer was away, so only the answer after the last row is sent.
    assert_eq!(of("open_pipeline"), 1, "{came:?}");
    // The number of an earlier process says nothing: all is sent.
    let mut stranger = Listener::open(&served, "?period=today", Some("0badf00d-999999")).await;
    assert_eq!(stranger.first_answers().await.len(), panel_count());
    served.stop().await;
}

#[tokio::test]
async fn rows_that_nobody_told_of_are_found_after_a_silence() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start_with(database, |config| config.reporting.silence_seconds_max = 1).await;
    let mut listener = Listener::open(&served, "?period=today&company=1001", None).await;
    listener.first_answers().await;
    served.load(505, 44, "google").await;
    loop {
        if won(&listener.panel("won_value").await.data) == Some("44") {
            break;
        }
    }
    served.stop().await;
}

#[tokio::test]
async fn the_first_event_of_an_empty_warehouse_fills_an_open_board() {
    let served = Served::start(Database::new().await).await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    listener.first_answers().await;
    served.win(506, 5, "google").await;
    assert_eq!(won(&listener.panel("won_value").await.data), Some("5"));
    served.stop().await;
}

#[tokio::test]
async fn a_panel_that_fails_keeps_its_last_rows_and_comes_back_by_itself() {
    let served = served().await;
    let mut listener = Listener::open(&served, "?period=today", None).await;
    listener.first_answers().await;
    served.win(507, 30, "google").await;
    assert_eq!(won(&listener.panel("won_value").await.data), Some("30"));
    served
        .database
        .warehouse
        .execute("RENAME TABLE fx_daily TO fx_away")
        .await
        .unwrap();
    served.win(508, 30, "google").await;
    // In whichever order: a panel that needs no rates goes on beside the one that fails.
    let mut answers = std::collections::BTreeMap::new();
    while !(answers.contains_key("won_value") && answers.contains_key("live_activity")) {
        let event = listener.next_named("panel").await;
        answers.insert(event.data["panel"].as_str().unwrap().to_owned(), event.data);
    }
    assert_eq!(answers["live_activity"]["state"], "ok");
    let failed = &answers["won_value"];
    assert_eq!(failed["state"], "failed");
    assert_eq!(won(failed), Some("30"));
    assert_eq!(failed["error"]["message"], "the warehouse has no such table yet");
    assert!(failed["error"]["id"].as_str().unwrap().len() > 30);
    served
        .database
        .warehouse
        .execute("RENAME TABLE fx_away TO fx_daily")
        .await
        .unwrap();
    let event = listener.panel("won_value").await;
    assert_eq!(
        (event.data["state"].as_str(), won(&event.data)),
        (Some("ok"), Some("60"))
    );
    served.stop().await;
}

#[tokio::test]
async fn a_stop_ends_open_streams_at_once() {
    let served = served().await;
    let mut listener = Listener::open(&served, "", None).await;
    listener.first_answers().await;
    let started = std::time::Instant::now();
    let (ended, ()) = tokio::join!(
        async {
            while listener.next().await.is_some() {}
            started.elapsed()
        },
        served.stop()
    );
    assert!(ended < Duration::from_secs(5), "{ended:?}");
}
