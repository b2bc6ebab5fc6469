//! Subscriptions: added once, replaced without a gap, and never two.

use axum::http::StatusCode;
use pipedrive::{Change, Client, Config, Error, Priority, Subscription, Version, Webhook};

use super::server::{Reply, Server};
use super::{SOON, client, ok};

fn wanted(server: &Server) -> Subscription {
    Subscription {
        url: format!("{}/webhooks/pipedrive/crm", server.url())
            .parse()
            .unwrap(),
        action: "*".to_owned(),
        object: "*".to_owned(),
        version: Version::V2,
        name: "Omni".to_owned(),
        user: "u".to_owned(),
        password: "s3cret".into(),
        user_id: None,
    }
}

fn listed(webhooks: &[String]) -> Reply {
    ok(&format!("[{}]", webhooks.join(",")))
}

/// A webhook of the subscription; its address is filled in by the server's own.
fn webhook(id: u64) -> String {
    format!(
        r#"{{"id":{id},"subscription_url":"URL/webhooks/pipedrive/crm","event_action":"*","event_object":"*",
            "version":"2.0","is_active":1,"last_http_status":200,"last_delivery_time":"2026-11-30T10:00:0{id}.000Z"}}"#
    )
}

fn added(id: u64) -> Reply {
    Reply::json(
        StatusCode::CREATED,
        &format!(r#"{{"success":true,"data":{}}}"#, webhook(id)),
    )
}

fn removed() -> Reply {
    Reply::json(StatusCode::OK, r#"{"status":"ok","success":true}"#)
}

fn nobody(_: &Webhook) -> bool {
    false
}

async fn keep(server: &Server, is_silent: impl Fn(&Webhook) -> bool) -> Result<pipedrive::Kept, Error> {
    let client: Client = client(server, Config::default());
    client
        .keep_webhooks(&[wanted(server)], is_silent, Priority::Repair, SOON)
        .await
}

#[tokio::test]
async fn one_that_may_have_been_added_is_not_added_again() {
    let server = Server::start(vec![Reply::status(StatusCode::BAD_GATEWAY), added(1)]).await;
    let client = client(&server, Config::default());
    let call = client.add_webhook(&wanted(&server), Priority::Repair, SOON).await;
    assert!(matches!(call.result, Err(Error::Unavailable { .. })));
    assert_eq!(server.seen(), ["POST /api/v1/webhooks"]);
}

#[tokio::test]
async fn a_refusal_says_what_pipedrive_said() {
    let body = r#"{"success":false,"errors":{"subscription_url":["invalid or non-reachable URL"]}}"#;
    let server = Server::start(vec![Reply::json(StatusCode::BAD_REQUEST, body)]).await;
    let client = client(&server, Config::default());
    let error = client
        .add_webhook(&wanted(&server), Priority::Repair, SOON)
        .await
        .result
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "webhooks was refused with status 400: subscription_url: invalid or non-reachable URL"
    );
}

#[tokio::test]
async fn what_is_whole_costs_one_look() {
    let server = Server::start_with(|url| vec![listed(&[webhook(1).replace("URL", url)])]).await;
    let kept = keep(&server, nobody).await.unwrap();
    assert!(kept.done.is_empty());
    assert_eq!((kept.listed.len(), kept.facts.tokens), (1, 10));
}

#[tokio::test]
async fn a_silent_one_is_replaced_and_what_somebody_else_added_meanwhile_goes() {
    let server = Server::start_with(|url| {
        let own = |id| webhook(id).replace("URL", url);
        vec![
            listed(&[own(1)]),
            added(2),
            removed(),
            listed(&[own(2), own(3)]),
            removed(),
            listed(&[own(3)]),
        ]
    })
    .await;
    let kept = keep(&server, |webhook| webhook.id == 1).await.unwrap();
    let path = "/api/v1/webhooks";
    let one = |id: u64| format!("DELETE {path}/{id}");
    assert_eq!(
        server.seen(),
        [
            path.to_owned(),
            format!("POST {path}"),
            one(1),
            path.to_owned(),
            one(2),
            path.to_owned()
        ]
    );
    assert_eq!(kept.listed.len(), 1);
}

#[tokio::test]
async fn at_the_quota_the_old_one_goes_first() {
    let full = Reply::json(
        StatusCode::UNPROCESSABLE_ENTITY,
        r#"{"success":false,"error":"webhooks limit reached"}"#,
    );
    let server = Server::start_with(|url| {
        let own = |id| webhook(id).replace("URL", url);
        let dead = own(1).replace("\"is_active\":1", "\"is_active\":0");
        vec![
            listed(&[dead]),
            full.clone(),
            removed(),
            added(2),
            listed(&[own(2)]),
        ]
    })
    .await;
    let kept = keep(&server, nobody).await.unwrap();
    let changes: Vec<_> = kept.done.iter().map(|done| done.change.clone()).collect();
    let object = "*".to_owned();
    assert_eq!(
        changes,
        [Change::Remove { id: 1 }, Change::Add { object, id: Some(2) }]
    );
    assert!(kept.done.iter().all(|done| done.error.is_none()));
}

#[tokio::test]
async fn a_silent_one_whose_successor_is_refused_stays() {
    let server = Server::start_with(|url| {
        let own = |id| webhook(id).replace("URL", url);
        vec![
            listed(&[own(1)]),
            Reply::json(StatusCode::BAD_REQUEST, r#"{"error":"no"}"#),
            listed(&[own(1)]),
        ]
    })
    .await;
    let kept = keep(&server, |_| true).await.unwrap();
    assert_eq!(kept.done.len(), 1);
    assert!(kept.done[0].error.is_some());
    assert!(!server.seen().iter().any(|seen| seen.starts_with("DELETE")));
}
