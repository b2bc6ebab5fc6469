//! The client against a real server on loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod names;
mod proxy;
mod spelling;

use std::net::SocketAddr;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use super::*;

async fn server() -> SocketAddr {
    let router = Router::new()
        .route("/ok", get(|| async { "fine" }))
        .route("/large", get(|| async { "x".repeat(10_000) }))
        .route("/away", get(|| async { Redirect::temporary("/ok") }))
        .route("/slow", get(|| async { std::future::pending::<()>().await }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn client(addresses: Addresses) -> Outbound {
    Outbound::new(OutboundSettings {
        call_max: Duration::from_millis(300),
        answer_bytes_max: 9_999,
        addresses,
        ..OutboundSettings::default()
    })
    .unwrap()
}

async fn call(client: &Outbound, url: &str) -> Result<Answer, OutboundError> {
    client
        .call(client.request(Method::GET, url.parse().unwrap()))
        .await
}

#[tokio::test]
async fn loopback_is_refused_by_address_and_by_name() {
    let address = server().await;
    let guarded = client(Addresses::PublicOnly);
    for url in [
        format!("http://{address}/ok"),
        format!("http://localhost:{}/ok", address.port()),
    ] {
        let refused = call(&guarded, &url).await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::Guarded { .. }),
            "{url}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_allowed_address_answers() {
    let address = server().await;
    let answer = call(&client(Addresses::Any), &format!("http://{address}/ok"))
        .await
        .unwrap();
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"fine"[..]));
}

#[tokio::test]
async fn a_redirect_is_an_answer_not_a_second_call() {
    let address = server().await;
    let answer = call(&client(Addresses::Any), &format!("http://{address}/away"))
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn the_head_of_an_answer_comes_before_its_body() {
    let address = server().await;
    let open = client(Addresses::Any);
    let url = format!("http://{address}/large?api_token=hidden")
        .parse()
        .unwrap();
    let head = open.begin(open.request(Method::GET, url)).await.unwrap();
    assert_eq!(
        (head.status, &head.headers["content-length"]),
        (StatusCode::OK, &header::HeaderValue::from_static("10000"))
    );
    assert!(!format!("{head:?}").contains("hidden"), "{head:?}");
    let body = head.body().await.unwrap_err();
    assert!(matches!(body, OutboundError::TooLarge { .. }), "{body:?}");
}

#[tokio::test]
async fn of_a_large_answer_the_beginning_is_the_answer_where_it_may_be_cut() {
    let address = server().await;
    let cutting = Outbound::new(OutboundSettings {
        answer_bytes_max: 9_999,
        overlong: Overlong::Cut,
        addresses: Addresses::Any,
        ..OutboundSettings::default()
    })
    .unwrap();
    let answer = call(&cutting, &format!("http://{address}/large")).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 9_999));
}

#[tokio::test]
async fn a_large_and_a_late_answer_are_refused() {
    let address = server().await;
    let open = client(Addresses::Any);
    let large = call(&open, &format!("http://{address}/large")).await.unwrap_err();
    assert!(
        matches!(
            large,
            OutboundError::TooLarge {
                limit_bytes: 9_999,
                ..
            }
        ),
        "{large:?}"
    );
    let late = call(&open, &format!("http://{address}/slow")).await.unwrap_err();
    assert!(
        matches!(late, OutboundError::Late { limit_ms: 300, .. }),
        "{late:?}"
    );
}

#[tokio::test]
async fn a_message_never_holds_the_query() {
    let open = client(Addresses::Any);
    let error = call(&open, "http://127.0.0.1:1/x?api_token=hidden")
        .await
        .unwrap_err();
    let mut text = format!("{error} {error:?}");
    if let OutboundError::Unreachable { source, .. } = &error {
        text.push_str(&source.to_string());
    }
    assert!(!text.contains("hidden"), "{text}");
}
