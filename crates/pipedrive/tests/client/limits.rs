//! The governor through the client: what is not sent, what is waited for, what outlives the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use pipedrive::{Circuit, Config, Error, Kind, Limit, List, Place, Priority, Why};

use super::server::{Reply, Server};
use super::{SOON, client, ok};

fn edge() -> Reply {
    Reply::page(
        StatusCode::FORBIDDEN,
        "<html>Attention Required! | Cloudflare</html>",
    )
}

fn left(tokens: u64) -> Reply {
    ok("{}")
        .header("x-daily-ratelimit-token-limit", "1000")
        .header("x-daily-ratelimit-token-remaining", &tokens.to_string())
}

#[tokio::test]
async fn what_pipedrive_says_is_left_wins() {
    let server = Server::start(vec![left(500)]).await;
    let client = client(&server, Config::default());
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    let standing = client.standing();
    let day = (
        standing.day_tokens_limit,
        standing.day_tokens_spent,
        standing.day_tokens_left,
    );
    assert_eq!(day, (1_000, 1, 500));
}

#[tokio::test]
async fn a_day_that_begins_elsewhere_is_seen_by_what_is_left() {
    let server = Server::start(vec![left(10), left(999)]).await;
    let client = client(&server, Config::default());
    let list = List::Deals(None);
    for _ in 0..2 {
        client
            .page(&list, &Place::Beginning, Priority::Live, SOON)
            .await
            .result
            .unwrap_err();
    }
    let standing = client.standing();
    assert_eq!((standing.day_tokens_spent, standing.day_tokens_left), (10, 999));
}

#[tokio::test]
async fn history_stops_at_its_reserve_and_an_event_goes_on() {
    let server = Server::start(vec![left(405)]).await;
    let client = client(&server, Config::default());
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    let call = client
        .page(&List::Deals(None), &Place::Beginning, Priority::Backfill, SOON)
        .await;
    assert!(matches!(
        call.result,
        Err(Error::RateLimited {
            limit: Limit::Reserve,
            ..
        })
    ));
    assert_eq!((call.facts.requests, call.facts.tokens), (0, 0));
    let list = List::Deals(None);
    for priority in [Priority::Repair, Priority::Live] {
        let call = client.page(&list, &Place::Beginning, priority, SOON).await;
        assert!(matches!(call.result, Err(Error::Malformed { .. })), "it was sent");
    }
    assert_eq!(client.standing().day_tokens_spent, 21);
}

#[tokio::test]
async fn a_share_of_the_day_is_not_passed() {
    let server = Server::start(vec![left(1_000)]).await;
    let config = Config {
        budget_share: 0.002,
        ..Config::default()
    };
    let client = client(&server, config);
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    let third = client.get(Kind::Deal, "1", Priority::Live, SOON).await;
    assert_eq!(third.result.unwrap_err().reason(), "reserve_limited");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_block_is_told_to_the_caller_and_grows() {
    let server = Server::start(vec![edge().header("retry-after", "1")]).await;
    let client = client(&server, Config::default());
    let first = client.get(Kind::Deal, "1", Priority::Live, SOON).await;
    let pause = first.result.unwrap_err().retry_after().unwrap();
    assert_eq!((pause, client.standing().bans), (Duration::from_secs(1), 1));
    let second = client.get(Kind::Deal, "1", Priority::Live, SOON).await;
    let Err(Error::Banned { retry_after }) = second.result else {
        panic!("blocked again");
    };
    assert_eq!((retry_after, client.standing().bans), (Duration::from_secs(2), 2));
    assert_eq!(client.standing().hold.unwrap().why, Why::Banned);
}

#[tokio::test]
async fn a_block_without_a_time_is_waited_out_for_long() {
    let server = Server::start(vec![edge()]).await;
    let client = client(&server, Config::default());
    let call = client.get(Kind::Deal, "1", Priority::Live, SOON).await;
    assert_eq!(
        call.result.unwrap_err().retry_after(),
        Some(Duration::from_mins(5))
    );
}

#[tokio::test]
async fn a_503_says_when_to_come_back() {
    let busy = Reply::status(StatusCode::SERVICE_UNAVAILABLE).header("retry-after", "1");
    let server = Server::start(vec![busy, ok("{}")]).await;
    let start = Instant::now();
    let call = client(&server, Config::default())
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await;
    assert!(call.result.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn an_api_that_fails_again_and_again_is_left_alone() {
    let dead = || Reply::status(StatusCode::BAD_GATEWAY);
    let server = Server::start(vec![dead(), dead(), dead(), dead(), ok("{}")]).await;
    let config = Config {
        breaker_failures_max: 4,
        breaker_pause_ms: 300,
        ..Config::default()
    };
    let client = client(&server, config);
    for _ in 0..2 {
        client
            .get(Kind::Deal, "1", Priority::Live, SOON)
            .await
            .result
            .unwrap_err();
    }
    assert!(matches!(client.standing().circuit, Circuit::Open { .. }));
    let soon = Duration::from_millis(50);
    let refused = client.get(Kind::Deal, "1", Priority::Live, soon).await;
    assert!(matches!(refused.result, Err(Error::Open { .. })));
    assert_eq!(server.seen().len(), 4);
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    assert_eq!(client.standing().circuit, Circuit::Closed);
}

#[tokio::test]
async fn a_pause_and_the_day_outlive_the_process() {
    let server = Server::start(vec![left(500), edge()]).await;
    let first = client(&server, Config::default());
    for _ in 0..2 {
        let _ = first.get(Kind::Deal, "1", Priority::Live, SOON).await;
    }
    let kept = serde_json::to_string(&first.snapshot()).unwrap();
    assert!(kept.len() < 400, "{kept}");
    let second = client(&server, Config::default());
    second.restore(&serde_json::from_str(&kept).unwrap());
    let call = second.get(Kind::Deal, "1", Priority::Live, SOON).await;
    assert!(matches!(call.result, Err(Error::Banned { .. })));
    let standing = second.standing();
    assert_eq!(
        (standing.bans, standing.day_tokens_spent, standing.day_tokens_left),
        (1, 2, 499)
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn history_that_waits_for_answers_keeps_no_slot_from_an_event() {
    let slow = ok("[]").after(Duration::from_secs(2));
    let server = Server::start(vec![slow.clone(), slow, ok("{}")]).await;
    let config = Config {
        in_flight_max: 4,
        ..Config::default()
    };
    let client = Arc::new(client(&server, config));
    let history: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            let list = List::Deals(None);
            tokio::spawn(async move { client.list(&list, Priority::Backfill, SOON).await })
        })
        .collect();
    while server.seen().len() < 2 {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    for call in history {
        call.abort();
    }
}

#[tokio::test]
async fn who_would_be_late_is_refused_at_once() {
    let server = Server::start(vec![ok("{}")]).await;
    let config = Config {
        burst_requests_max: Some(2),
        ..Config::default()
    };
    let client = client(&server, config);
    for _ in 0..2 {
        client
            .get(Kind::Deal, "1", Priority::Live, SOON)
            .await
            .result
            .unwrap();
    }
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let call = client.get(Kind::Deal, "1", Priority::Live, second).await;
    assert_eq!(call.result.unwrap_err().reason(), "burst_limited");
    assert!(start.elapsed() < second && call.facts.requests == 0);
    let start = Instant::now();
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    assert!(start.elapsed() > second, "it waited for its place");
}

#[tokio::test]
async fn who_would_be_late_in_the_queue_is_refused_at_once() {
    let server = Server::start(vec![ok("{}")]).await;
    let config = Config {
        burst_requests_max: Some(1),
        ..Config::default()
    };
    let client = Arc::new(client(&server, config));
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.get(Kind::Deal, "1", Priority::Live, SOON).await.result }
    });
    tokio::task::yield_now().await;
    let start = Instant::now();
    let deadline = Duration::from_secs(3);
    let second = client.get(Kind::Deal, "1", Priority::Live, deadline).await;
    assert_eq!(second.result.unwrap_err().reason(), "burst_limited");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_that_is_given_up_gives_its_place_back() {
    let server = Server::start(vec![ok("{}").after(Duration::from_secs(30)), ok("{}")]).await;
    let config = Config {
        burst_requests_max: Some(1),
        in_flight_max: 1,
        ..Config::default()
    };
    let client = client(&server, config);
    let given_up = client.get(Kind::Deal, "1", Priority::Live, SOON);
    let soon = Duration::from_millis(200);
    tokio::time::timeout(soon, given_up).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
    client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap();
    assert_eq!(client.standing().day_tokens_spent, 2, "what was sent was spent");
}

#[tokio::test]
async fn an_api_that_stays_silent_counts_as_failing() {
    let server = Server::start(vec![ok("{}").after(Duration::from_secs(30))]).await;
    let config = Config {
        breaker_failures_max: 1,
        ..Config::default()
    };
    let client = client(&server, config);
    let impatient = Duration::from_millis(100);
    client
        .get(Kind::Deal, "1", Priority::Live, impatient)
        .await
        .result
        .unwrap_err();
    assert_eq!(client.standing().circuit, Circuit::Closed, "too soon to tell");
    let patient = Duration::from_millis(1_200);
    client
        .get(Kind::Deal, "1", Priority::Live, patient)
        .await
        .result
        .unwrap_err();
    assert_ne!(client.standing().circuit, Circuit::Closed);
}
