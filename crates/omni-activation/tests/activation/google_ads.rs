//! Conversions on real Kafka, to an account that checks its tokens and refuses clicks it does not know.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use event::Kind;
use kafka::{Outgoing, Topic};
use omni_activation::destination::google_ads;
use omni_activation::{Config, DestinationKind, DestinationSettings, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Running, all, behind, corner, destination, headers, outgoing, send, until};

const ACTION: &str = "customers/1234567890/conversionActions/111";
const UNKNOWN: &str = "not-of-google";

/// What the account knows.
#[derive(Clone, Default)]
struct Account(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// How many tokens it gave; only the newest is good.
    tokens: usize,
    conversions: Vec<Value>,
    retracted: Vec<String>,
    /// How many conversions were in each request that it took.
    together: Vec<usize>,
}

async fn token(State(account): State<Account>, form: String) -> Response {
    assert!(form.contains("grant_type=refresh_token") && form.contains("refresh_token=refresh"));
    let mut known = account.0.lock().unwrap();
    known.tokens += 1;
    // One is renewed a minute before its end: the first after a second.
    let seconds = if known.tokens == 1 { 61 } else { 3_599 };
    let token = json!({"access_token": format!("t{}", known.tokens), "expires_in": seconds});
    axum::Json(token).into_response()
}

async fn upload(State(account): State<Account>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let mut known = account.0.lock().unwrap();
    let bearer = format!("Bearer t{}", known.tokens);
    if headers["authorization"] != *bearer {
        let error = json!({"error": {"code": 401, "status": "UNAUTHENTICATED"}});
        return (StatusCode::UNAUTHORIZED, axum::Json(error)).into_response();
    }
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["partialFailure"], json!(true));
    if uri.path().ends_with(":uploadConversionAdjustments") {
        for adjustment in told["conversionAdjustments"].as_array().unwrap() {
            assert_eq!(adjustment["adjustmentType"], "RETRACTION");
            known
                .retracted
                .push(adjustment["orderId"].as_str().unwrap().to_owned());
        }
        return axum::Json(json!({"results": []})).into_response();
    }
    let conversions = told["conversions"].as_array().unwrap();
    known.together.push(conversions.len());
    let mut errors = Vec::new();
    for (index, conversion) in conversions.iter().enumerate() {
        if conversion["gclid"] == UNKNOWN {
            errors.push(json!({
                "errorCode": {"conversionUploadError": "UNPARSEABLE_GCLID"},
                "message": "The imported gclid could not be decoded.",
                "location": {"fieldPathElements": [{"fieldName": "conversions", "index": index}, {"fieldName": "gclid"}]},
            }));
        } else {
            known.conversions.push(conversion.clone());
        }
    }
    let failed = json!({"code": 3, "message": "", "details": [{"errors": errors}]});
    let answer = if errors.is_empty() {
        json!({"results": []})
    } else {
        json!({"partialFailureError": failed, "results": []})
    };
    axum::Json(answer).into_response()
}

async fn listen() -> (Account, String) {
    let account = Account::default();
    let router = Router::new()
        .route("/token", post(token))
        .fallback(upload)
        .with_state(account.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (account, at)
}

fn ads(at: &str) -> DestinationSettings {
    let named = |when: &str, retract: bool| json!({"name": "111", "when": when, "retract": retract});
    let events = json!([
        named("deal_status == 'won'", false),
        named("deal_prev_status == 'won'", true)
    ]);
    let own = json!({
        "customer_id": "1234567890",
        "client_id": "client",
        "client_secret": "hush",
        "token_url": format!("{at}/token"),
    });
    DestinationSettings {
        kind: DestinationKind::GoogleAds,
        secret: "refresh".into(),
        consent: Some("true".parse().unwrap()),
        events: serde_json::from_value(events).unwrap(),
        google_ads: Some(serde_json::from_value::<google_ads::Settings>(own).unwrap()),
        batch_wait_ms: 300,
        ..destination(format!("{at}/"))
    }
}

fn deal(number: u128, id: u32, change: &Value) -> Outgoing {
    let mut flat = json!({
        "event_object": "deal", "event_id": id, "event_company_id": 7, "event_timestamp": stage::clock::now_micro() / 1_000_000,
        "deal_value": 10.5, "deal_currency": "EUR", "deal_custom_gclid": format!("click-{id}"),
    });
    flat.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    let headers = headers(Uuid::from_u128(number), Kind::Webhook);
    let bytes = flat.to_string().into_bytes();
    outgoing(Topic::Flat, "7", &format!("deal:{id}"), &headers, &bytes)
}

fn won(id: u32) -> Outgoing {
    deal(u128::from(id), id, &json!({"deal_status": "won"}))
}

fn order_ids(ids: impl Iterator<Item = u32>) -> BTreeSet<String> {
    ids.map(|id| format!("7-deal-{id}")).collect()
}

impl Account {
    fn tokens(&self) -> usize {
        self.0.lock().unwrap().tokens
    }

    /// The order ids of what it took, and the most it took together.
    fn taken(&self) -> (BTreeSet<String>, usize) {
        let known = self.0.lock().unwrap();
        let of_ours = |taken: &&Value| taken["conversionAction"] == ACTION;
        let taken = known.conversions.iter().filter(of_ours);
        let order_id = |taken: &Value| taken["orderId"].as_str().unwrap().to_owned();
        (
            taken.map(order_id).collect(),
            known.together.iter().copied().max().unwrap_or_default(),
        )
    }
}

/// What was given up: event, reason, answer.
async fn given_up(config: &Config) -> Vec<Value> {
    let told = all(config, Topic::Deliveries).await;
    let told = told
        .iter()
        .map(|record| serde_json::from_slice::<Value>(record.value()).unwrap());
    told.filter(|told| told["outcome"] == "gave_up")
        .map(|told| json!([told["event_uuid"], told["reason"], told["answer"]]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_a_request_has_its_own_verdict_and_what_is_lost_again_is_taken_back() {
    let mut config = corner(&[Role::Delivery]).await;
    let (account, at) = listen().await;
    config.destination.insert("ads".to_owned(), ads(&at));
    let mut events: Vec<Outgoing> = (1..=20).map(won).collect();
    let change = json!({"deal_status": "won", "deal_custom_gclid": UNKNOWN});
    events.push(deal(21, 21, &change));
    let change = json!({"deal_status": "open", "deal_prev_status": "won"});
    events.push(deal(22, 3, &change));
    send(&config, events).await;
    let stage = Running::start(&config).await;
    until("all are settled", async || {
        behind(&config, "delivery-ads").await == Some(0)
    })
    .await;
    let (taken, together) = account.taken();
    assert_eq!(taken, order_ids(1..=20));
    assert!(together > 5, "{together}");
    assert_eq!(account.0.lock().unwrap().retracted, ["7-deal-3"]);
    let words = "UNPARSEABLE_GCLID: The imported gclid could not be decoded.";
    assert_eq!(
        given_up(&config).await,
        [json!([Uuid::from_u128(21), "click_id", words])]
    );
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_is_old_is_renewed() {
    let mut config = corner(&[Role::Delivery]).await;
    let (account, at) = listen().await;
    config.destination.insert("ads".to_owned(), ads(&at));
    let stage = Running::start(&config).await;
    let mut sent = 0;
    until("the first token was old", async || {
        sent += 1;
        send(&config, vec![won(sent)]).await;
        until("it is settled", async || account.taken().0.len() == sent as usize).await;
        account.tokens() == 2
    })
    .await;
    assert_eq!(account.taken().0, order_ids(1..=sent));
    assert!(given_up(&config).await.is_empty());
    stage.stop().await;
}
