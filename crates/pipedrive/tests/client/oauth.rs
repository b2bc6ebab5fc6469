//! An account that OAuth 2 opens: who renews, how often, and what is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pipedrive::{Account, Class, Client, Config, Credentials, Error, Keeper, Kind, OAuth, Priority};
use secrecy::ExposeSecret;
use stage::outbound::Addresses;

use super::SOON;

/// Gives `access-1`, `access-2` and so on, and takes the newest only.
#[derive(Default)]
struct Office {
    renewals: AtomicUsize,
    asked: Mutex<Vec<String>>,
    url: Mutex<String>,
    slow: Duration,
    life_seconds: u64,
    refuses: bool,
    rotates: bool,
}

async fn renew(State(office): State<Arc<Office>>, headers: HeaderMap, form: String) -> Response {
    let basic = headers["authorization"].to_str().unwrap().to_owned();
    office.asked.lock().unwrap().push(format!("{basic} {form}"));
    let number = office.renewals.fetch_add(1, Ordering::SeqCst) + 1;
    if office.refuses {
        return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response();
    }
    let refresh = if office.rotates {
        format!("refresh-{number}")
    } else {
        "refresh-0".to_owned()
    };
    let url = office.url.lock().unwrap().clone();
    let life = office.life_seconds;
    let body = format!(
        r#"{{"access_token":"access-{number}","token_type":"Bearer","refresh_token":"{refresh}",
            "expires_in":{life},"scope":"base","api_domain":"{url}/company"}}"#
    );
    tokio::time::sleep(office.slow).await;
    body.into_response()
}

async fn one(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    let newest = format!("Bearer access-{}", office.renewals.load(Ordering::SeqCst));
    if headers.get("authorization").is_some_and(|given| *given == newest) {
        r#"{"success":true,"data":{"id":1}}"#.into_response()
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

struct Bench {
    office: Arc<Office>,
    client: Arc<Client>,
    kept: Arc<Mutex<Vec<String>>>,
    account: Account,
}

async fn bench(office: Office) -> Bench {
    let office = Arc::new(office);
    let app = Router::new()
        .route("/oauth/token", post(renew))
        .route("/company/api/v2/deals/{id}", get(one))
        .with_state(office.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    office.url.lock().unwrap().clone_from(&url);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let oauth = OAuth {
        client_id: "our-app".to_owned(),
        client_secret: "our-secret".into(),
        refresh_token: "refresh-0".into(),
        token_url: format!("{url}/oauth/token").parse().unwrap(),
        keeper: Keeper::new(move |token| keep.lock().unwrap().push(token.expose_secret().to_owned())),
    };
    let account = Account {
        api_url: url.parse().unwrap(),
        credentials: Credentials::OAuth(oauth),
        addresses: Addresses::PublicOnly,
    };
    let client = Arc::new(Client::new(&account, Config::default()).unwrap());
    Bench {
        office,
        client,
        kept,
        account,
    }
}

fn hour() -> Office {
    Office {
        life_seconds: 3_600,
        ..Office::default()
    }
}

impl Bench {
    async fn deal(&self) -> Result<(), Error> {
        let call = self.client.get(Kind::Deal, "1", Priority::Live, SOON).await;
        call.result.map(drop)
    }

    fn renewals(&self) -> usize {
        self.office.renewals.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn many_calls_renew_once_and_go_where_the_answer_says() {
    let bench = bench(Office {
        slow: Duration::from_millis(100),
        ..hour()
    })
    .await;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = bench.client.clone();
            tokio::spawn(async move { client.get(Kind::Deal, "1", Priority::Live, SOON).await.result })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(bench.renewals(), 1);
    let asked = bench.office.asked.lock().unwrap().clone();
    // `our-app:our-secret` in base 64.
    let expected = "Basic b3VyLWFwcDpvdXItc2VjcmV0 grant_type=refresh_token&refresh_token=refresh-0";
    assert_eq!(asked, [expected]);
    assert!(bench.kept.lock().unwrap().is_empty(), "nothing new to keep");
}

#[tokio::test]
async fn an_access_token_is_renewed_before_its_end() {
    let bench = bench(Office {
        life_seconds: 1,
        ..Office::default()
    })
    .await;
    bench.deal().await.unwrap();
    bench.deal().await.unwrap();
    assert_eq!(bench.renewals(), 1);
    let start = Instant::now();
    while bench.renewals() < 2 {
        bench.deal().await.unwrap();
        assert!(start.elapsed() < SOON, "not renewed");
    }
}

#[tokio::test]
async fn a_401_renews_once_and_the_call_is_repeated() {
    let bench = bench(hour()).await;
    bench.deal().await.unwrap();
    // Somebody else renews: ours is no longer good.
    bench.office.renewals.fetch_add(1, Ordering::SeqCst);
    let call = bench.client.get(Kind::Deal, "1", Priority::Live, SOON).await;
    assert!(call.result.is_ok());
    assert_eq!(
        (call.facts.requests, call.facts.tokens, bench.renewals()),
        (2, 2, 3)
    );
}

#[tokio::test]
async fn a_new_refresh_token_is_kept_even_when_the_call_was_given_up() {
    let bench = bench(Office {
        slow: Duration::from_millis(300),
        rotates: true,
        ..hour()
    })
    .await;
    let soon = Duration::from_millis(50);
    let call = bench.client.get(Kind::Deal, "1", Priority::Live, soon).await;
    assert!(matches!(call.result, Err(Error::Timeout { .. })));
    bench.deal().await.unwrap();
    assert_eq!(bench.renewals(), 1, "the next call took what the first had begun");
    assert_eq!(*bench.kept.lock().unwrap(), ["refresh-1"]);
    bench.office.renewals.fetch_add(1, Ordering::SeqCst);
    bench.deal().await.unwrap();
    let last = bench.office.asked.lock().unwrap().last().cloned().unwrap();
    assert!(last.ends_with("refresh_token=refresh-1"), "{last}");
}

#[tokio::test]
async fn a_refused_grant_is_fatal_and_asked_about_once() {
    let bench = bench(Office {
        refuses: true,
        ..hour()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(bench.deal().await.unwrap_err().class(), Class::Fatal);
    }
    assert_eq!(bench.renewals(), 1);
}

#[tokio::test]
async fn no_secret_is_told_anywhere() {
    let good = bench(hour()).await;
    good.deal().await.unwrap();
    let refused = bench(Office {
        refuses: true,
        ..hour()
    })
    .await;
    let error = refused.deal().await.unwrap_err();
    let Credentials::OAuth(oauth) = good.account.credentials.clone() else {
        panic!("oauth");
    };
    let nobody = OAuth {
        token_url: "http://127.0.0.1:9/oauth/token".parse().unwrap(),
        ..oauth
    };
    let account = Account {
        credentials: Credentials::OAuth(nobody),
        ..good.account.clone()
    };
    let lost = Client::new(&account, Config::default()).unwrap();
    let unreachable = lost.get(Kind::Deal, "1", Priority::Live, SOON).await;
    let unreachable = unreachable.result.unwrap_err();
    let source = std::error::Error::source(&unreachable).unwrap();
    let with_token = Account::with_token("http://127.0.0.1:9".parse().unwrap(), "plain-token");
    let token = Client::new(&with_token, Config::default()).unwrap();
    let call = token.get(Kind::Deal, "1", Priority::Live, SOON).await;
    let told = format!(
        "{error} {error:?} {unreachable} {unreachable:?} {source} {source:?} {:?} {:?} {:?} {with_token:?} \
         {token:?} {call:?} {:?}",
        good.client,
        good.account,
        lost,
        good.client.snapshot(),
    );
    for secret in ["our-secret", "b3VyLWFwcD", "refresh-0", "access-1", "plain-token"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}
