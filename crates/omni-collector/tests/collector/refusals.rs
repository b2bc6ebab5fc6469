//! Requests that are refused, each with its status; Kafka is not even there.

use crate::support::{BASIC, PATH, head, start_without_kafka, status};

fn client() -> reqwest::Client {
    reqwest::Client::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_or_source_is_404() {
    let omni = start_without_kafka(|_| {}).await;
    for path in [
        "/",
        "/webhooks/pipedrive",
        "/webhooks/pipedrive/",
        "/webhooks/pipedrive/other",
        "/webhooks/pipedrive/%ff",
        "/webhooks/pipedrive/crm/more",
        "/webhooks/hubspot/crm",
    ] {
        assert_eq!(omni.post(path, "{}").await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_405_and_says_which_is_allowed() {
    let omni = start_without_kafka(|_| {}).await;
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let answer = client()
            .request(method.clone(), omni.url(PATH))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 405, "{method}");
        assert_eq!(answer.headers()["allow"], "POST", "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_wrong_secret_is_401_and_asks_for_one() {
    let omni = start_without_kafka(|_| {}).await;
    let post = || {
        client()
            .post(omni.url(PATH))
            .header("content-type", "application/json")
            .body("{}")
    };
    let requests = [
        post(),
        post().basic_auth("omni", Some("wrong")),
        post().basic_auth("wrong", Some("s3cret")),
        post().basic_auth("omni", None::<&str>),
        post().bearer_auth("s3cret"),
        post().header("authorization", "Basic !!!"),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(
            answer.headers()["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Basic realm=")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_not_json_is_415() {
    let omni = start_without_kafka(|_| {}).await;
    let post = || {
        client()
            .post(omni.url(PATH))
            .header("authorization", BASIC)
            .body("{}")
    };
    let requests = [
        post(),
        post().header("content-type", "text/plain"),
        post().header("content-type", "application/x-www-form-urlencoded"),
        post()
            .header("content-type", "application/json")
            .header("content-encoding", "br"),
    ];
    for request in requests {
        assert_eq!(request.send().await.unwrap().status(), 415);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_in_order_before_the_body_is_looked_at() {
    let omni = start_without_kafka(|_| {}).await;
    // Everything is wrong; nothing of the promised body is ever sent.
    let answer = omni
        .raw(b"POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n")
        .await;
    assert_eq!(status(&answer), "404");
    let wrong_method = format!("PUT {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n");
    assert_eq!(status(&omni.raw(wrong_method.as_bytes()).await), "405");
    let no_secret = format!("POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n");
    assert_eq!(status(&omni.raw(no_secret.as_bytes()).await), "401");
    assert_eq!(
        status(&omni.raw(head("content-length: 99999999\r\n").as_bytes()).await),
        "413"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_to_prometheus() {
    let omni = start_without_kafka(|_| {}).await;
    client().post(omni.url(PATH)).send().await.unwrap();
    let (_, metrics) = omni.admin("/metrics").await;
    let line = "omni_collector_refused_total{reason=\"wrong_secret\",status=\"401\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}
