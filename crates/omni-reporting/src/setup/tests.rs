//! A test deal is a deal like any other on its way, and its proof is shown to the collector alone.
#![allow(clippy::unwrap_used)]
use std::sync::{Arc, Mutex as Shared};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use event::enriched::{Additions, compose};
use event::{Change, Headers, Kind};
use template::{Registry, RowContext};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-15 12:34:56.789 UTC);

#[test]
fn both_events_become_rows_of_every_board_for_deals() {
    let registry = Registry::builtin().unwrap();
    let context = RowContext {
        topic_id: "t",
        partition: 0,
        offset: 1,
        batch_first_offset: 1,
        kind: "webhook",
    };
    for (event, action) in [(TestEvent::Send, "added"), (TestEvent::Remove, "deleted")] {
        let body = deal::body(event, COMPANY, "EUR", Uuid::new_v4(), NOW).to_string();
        let change = Change::from_webhook(body.as_bytes()).unwrap();
        assert_eq!((change.object.as_str(), change.action.as_str()), ("deal", action));
        let received = 1_773_578_096_789_000;
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", received);
        let enriched = compose(&change, &headers, &Additions::default(), received);
        let flat = event::flatten::flatten(&serde_json::from_slice(&enriched).unwrap()).unwrap();
        let template = registry.get("pipedrive-deals/2.0").unwrap();
        assert!(template.picks("deal", action));
        let checked = template.check(flat).unwrap();
        template.row(&checked, &context).unwrap();
    }
}

fn settings(url: &str) -> Settings {
    Settings {
        collector_url: url.to_owned(),
        source: "crm".to_owned(),
        user: "u".to_owned(),
        password: "secret".into(),
        ..Settings::default()
    }
}

#[tokio::test]
async fn the_event_goes_in_by_the_front_door() {
    let seen: Arc<Shared<Vec<(String, String)>>> = Arc::default();
    let kept = Arc::clone(&seen);
    let door = move |headers: HeaderMap, body: Bytes| {
        let proof = headers.get("authorization").unwrap().to_str().unwrap().to_owned();
        kept.lock()
            .unwrap()
            .push((proof, String::from_utf8(body.to_vec()).unwrap()));
        async {}
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/webhooks/pipedrive/crm", post(door));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let setup = Setup::new(&settings(&url), &[], "PLN").unwrap();
    setup.send(TestEvent::Send).await.unwrap();
    setup.send(TestEvent::Remove).await.unwrap();
    serving.abort();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    // `u:secret`
    assert!(seen.iter().all(|(proof, _)| proof == "Basic dTpzZWNyZXQ="));
    assert!(
        seen.iter()
            .all(|(_, body)| body.contains("\"company_id\":\"9000000000000\""))
    );
    assert!(seen.first().unwrap().1.contains("\"currency\":\"PLN\""));
}

#[test]
fn tells_the_address_and_user_and_nothing_secret() {
    let setup = Setup::new(&settings("https://hooks.example.com/"), &[7, 5], "EUR").unwrap();
    let (url, source, user) = setup.address().unwrap();
    assert_eq!(url, "https://hooks.example.com/webhooks/pipedrive/crm");
    assert_eq!((source, user), ("crm", "u"));
    assert_eq!(setup.test_company(), Some(7));
    assert!(!format!("{setup:?}").contains("secret"));
    let bare = Setup::new(&Settings::default(), &[], "EUR").unwrap();
    assert_eq!((bare.address(), bare.test_company()), (None, None));
}

#[tokio::test]
async fn without_a_collector_nothing_is_sent() {
    let bare = Setup::new(&Settings::default(), &[], "EUR").unwrap();
    assert!(matches!(
        bare.send(TestEvent::Send).await,
        Err(NotSent::NotConfigured)
    ));
    let away = Setup::new(&settings("http://127.0.0.1:9"), &[], "EUR").unwrap();
    assert!(matches!(
        away.send(TestEvent::Send).await,
        Err(NotSent::Unreachable(_))
    ));
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["hooks.example.com", "ftp://hooks.example.com", "https://"] {
        assert!(settings(url).check().is_err(), "{url}");
    }
    assert!(settings("https://hooks.example.com").check().is_ok());
    let nameless = Settings {
        source: String::new(),
        ..settings("https://hooks.example.com")
    };
    assert!(nameless.check().is_err());
}
