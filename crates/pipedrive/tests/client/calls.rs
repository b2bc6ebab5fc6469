//! One call: where it goes, what is made of its answer, when it is repeated.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use pipedrive::{Account, Class, Client, Config, Error, Kind, Limit, Priority};
use stage::outbound::Addresses;

use super::server::{Reply, Server, TOKEN};
use super::{SOON, client, client_with, ok};

#[tokio::test]
async fn a_state_keeps_every_digit_of_its_numbers() {
    let server = Server::start(vec![ok(r#"{"id":7,"value":12345678901234.5600}"#)]).await;
    let call = client(&server, Config::default())
        .get(Kind::Deal, "7", Priority::Live, SOON)
        .await;
    assert_eq!(call.result.unwrap()["value"].to_string(), "12345678901234.5600");
    assert_eq!(
        (call.facts.endpoint, call.facts.requests, call.facts.tokens),
        ("deal", 1, 1)
    );
    assert_eq!(server.seen(), ["/api/v2/deals/7"]);
}

#[tokio::test]
async fn each_kind_is_asked_where_it_lives() {
    let lead = "adf21080-0e10-11eb-879b-05d71fb426ec";
    let cases = [
        (Kind::Person, "1", "/api/v2/persons/1"),
        (Kind::Organization, "2", "/api/v2/organizations/2"),
        (Kind::Stage, "3", "/api/v2/stages/3"),
        (Kind::Pipeline, "4", "/api/v2/pipelines/4"),
        (Kind::User, "5", "/api/v1/users/5"),
        (
            Kind::Lead,
            lead,
            "/api/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec",
        ),
    ];
    let server = Server::start(vec![ok("{}")]).await;
    let client = client(&server, Config::default());
    for (kind, id, _) in cases {
        client.get(kind, id, Priority::Live, SOON).await.result.unwrap();
    }
    assert_eq!(server.seen(), cases.map(|(_, _, path)| path));
}

#[tokio::test]
async fn a_wrong_token_is_fatal_and_told_nowhere() {
    let server = Server::start(vec![ok("{}")]).await;
    let client = client_with(&server, "not-the-token", Config::default());
    let error = client
        .get(Kind::Deal, "7", Priority::Live, SOON)
        .await
        .result
        .unwrap_err();
    assert_eq!(error.class(), Class::Fatal);
    let told = format!("{error} {error:?} {client:?}");
    assert!(!told.contains("not-the-token"), "{told}");
}

#[tokio::test]
async fn what_is_gone_is_asked_for_once() {
    let body = r#"{"success":false,"error":"Deal not found","data":null}"#;
    let server = Server::start(vec![Reply::json(StatusCode::NOT_FOUND, body)]).await;
    let call = client(&server, Config::default())
        .get(Kind::Deal, "7", Priority::Live, SOON)
        .await;
    assert!(matches!(
        call.result,
        Err(Error::NotFound { endpoint: "deal", .. })
    ));
    assert_eq!(call.facts.requests, 1);
}

#[tokio::test]
async fn a_server_error_is_repeated_once() {
    let server = Server::start(vec![Reply::status(StatusCode::BAD_GATEWAY), ok(r#"{"id":1}"#)]).await;
    let call = client(&server, Config::default())
        .get(Kind::Person, "1", Priority::Live, SOON)
        .await;
    assert!(call.result.is_ok());
    assert_eq!(call.facts.requests, 2);

    let dead = Server::start(vec![Reply::status(StatusCode::SERVICE_UNAVAILABLE)]).await;
    let call = client(&dead, Config::default())
        .get(Kind::Person, "1", Priority::Live, SOON)
        .await;
    assert!(matches!(call.result, Err(Error::Unavailable { status: 503, .. })));
    assert_eq!((call.facts.requests, dead.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_burst_429_is_waited_out_inside_the_deadline() {
    let limited = || Reply::status(StatusCode::TOO_MANY_REQUESTS).header("x-ratelimit-reset", "1");
    let server = Server::start(vec![limited(), ok(r#"{"id":1}"#)]).await;
    let start = Instant::now();
    let call = client(&server, Config::default())
        .get(Kind::Person, "1", Priority::Live, SOON)
        .await;
    assert!(call.result.is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));

    let server = Server::start(vec![limited()]).await;
    let client = client(&server, Config::default());
    let call = client
        .get(Kind::Person, "1", Priority::Live, Duration::from_millis(500))
        .await;
    assert!(matches!(
        call.result,
        Err(Error::RateLimited {
            limit: Limit::Burst,
            ..
        })
    ));
    assert_eq!(call.facts.requests, 1);
}

#[tokio::test]
async fn a_spent_day_stops_all_calls_without_asking_again() {
    let spent = Reply::status(StatusCode::TOO_MANY_REQUESTS).header("x-daily-ratelimit-token-remaining", "0");
    let server = Server::start(vec![spent]).await;
    let client = client(&server, Config::default());
    for id in ["1", "2", "3"] {
        let call = client.get(Kind::Person, id, Priority::Live, SOON).await;
        assert!(matches!(
            call.result,
            Err(Error::RateLimited {
                limit: Limit::Daily,
                ..
            })
        ));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_403_page_stops_all_calls_without_asking_again() {
    let page = Reply::page(
        StatusCode::FORBIDDEN,
        "<html>Attention Required! | Cloudflare</html>",
    );
    let server = Server::start(vec![page]).await;
    let client = client(&server, Config::default());
    for id in ["1", "2"] {
        let call = client.get(Kind::Person, id, Priority::Live, SOON).await;
        assert!(matches!(call.result, Err(Error::Banned { .. })));
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_json_403_concerns_one_entity_only() {
    let body = r#"{"success":false,"error":"Forbidden"}"#;
    let server = Server::start(vec![Reply::json(StatusCode::FORBIDDEN, body), ok(r#"{"id":2}"#)]).await;
    let client = client(&server, Config::default());
    assert!(matches!(
        client.get(Kind::Person, "1", Priority::Live, SOON).await.result,
        Err(Error::Forbidden { .. })
    ));
    assert!(
        client
            .get(Kind::Person, "2", Priority::Live, SOON)
            .await
            .result
            .is_ok()
    );
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_deadline() {
    let server = Server::start(vec![ok("{}").after(Duration::from_secs(30))]).await;
    let start = Instant::now();
    let call = client(&server, Config::default())
        .get(Kind::Stage, "1", Priority::Live, Duration::from_millis(200))
        .await;
    assert!(matches!(call.result, Err(Error::Timeout { .. })));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(call.facts.requests, 1);
}

#[tokio::test]
async fn an_answer_in_another_shape_is_malformed() {
    for body in [
        "<html>",
        r#"{"success":true,"data":[1]}"#,
        r#"{"success":false,"data":{}}"#,
        "{\"success\":tr",
    ] {
        let server = Server::start(vec![Reply::json(StatusCode::OK, body)]).await;
        let call = client(&server, Config::default())
            .get(Kind::Stage, "1", Priority::Live, SOON)
            .await;
        assert!(matches!(call.result, Err(Error::Malformed { .. })), "{body}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let server = Server::start(vec![ok(&format!(r#"{{"title":"{}"}}"#, "x".repeat(4_000)))]).await;
    let config = Config {
        answer_bytes_max: 1_000,
        ..Config::default()
    };
    let call = client(&server, config)
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await;
    assert!(matches!(
        call.result,
        Err(Error::TooLarge {
            limit_bytes: 1_000,
            ..
        })
    ));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(vec![
        Reply::status(StatusCode::FOUND).header("location", "/elsewhere"),
    ])
    .await;
    let call = client(&server, Config::default())
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await;
    assert!(matches!(call.result, Err(Error::Refused { status: 302, .. })));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let account = Account::with_token("http://127.0.0.1:9".parse().unwrap(), TOKEN);
    let client = Client::new(&account, Config::default()).unwrap();
    let error = client
        .get(Kind::Deal, "1", Priority::Live, SOON)
        .await
        .result
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    assert_eq!(error.class(), Class::Retry);
}

#[tokio::test]
async fn an_address_inside_is_not_called_unless_it_is_allowed_or_written_as_this_machines() {
    let server = Server::start(vec![ok("{}")]).await;
    let asked = async |api_url: &str, addresses| {
        let mut account = Account::with_token(api_url.parse().unwrap(), TOKEN);
        account.addresses = addresses;
        let client = Client::new(&account, Config::default()).unwrap();
        client.get(Kind::Deal, "1", Priority::Live, SOON).await.result
    };
    for url in [
        "http://169.254.169.254",
        "http://10.0.0.1",
        "http://0x0a000001",
        "https://[fd00::1]",
    ] {
        let refused = asked(url, Addresses::PublicOnly).await.unwrap_err();
        assert!(matches!(refused, Error::Guarded { .. }), "{url}: {refused:?}");
        assert_eq!(
            (refused.class(), refused.reason()),
            (Class::Fatal, "private_address")
        );
    }
    // Another spelling of this machine, which only a setting allows.
    let port = server.url().parse::<url::Url>().unwrap().port().unwrap();
    let spelt = format!("http://0.0.0.0:{port}");
    assert!(asked(&spelt, Addresses::PublicOnly).await.is_err());
    assert!(asked(&spelt, Addresses::Any).await.is_ok());
    assert!(asked(server.url(), Addresses::PublicOnly).await.is_ok());
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_allowed() {
    let server = Server::start(vec![ok("{}").after(Duration::from_millis(50))]).await;
    let config = Config {
        in_flight_max: 3,
        burst_requests_max: Some(100),
        ..Config::default()
    };
    let client = std::sync::Arc::new(client(&server, config));
    let calls: Vec<_> = (0..12)
        .map(|id| {
            let client = client.clone();
            tokio::spawn(async move {
                client
                    .get(Kind::Deal, &id.to_string(), Priority::Live, SOON)
                    .await
                    .result
                    .unwrap()
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(server.seen().len(), 12);
    assert!(server.most_at_once() <= 3, "{}", server.most_at_once());
}
