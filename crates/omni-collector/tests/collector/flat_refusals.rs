//! Requests to `POST /events/flat` that are refused before any work; Kafka is not even there.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{BASIC, FLAT_PATH, TOKENS, start_without_kafka, status};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_that_a_source_knows_it_is_401_and_asks_for_one() {
    let omni = start_without_kafka(|_| {}).await;
    let post = || {
        let request = reqwest::Client::new().post(omni.url(FLAT_PATH));
        request.header("content-type", "application/json").body("{}")
    };
    let requests = [
        post(),
        post().bearer_auth("omni_flat_other"),
        post().bearer_auth(""),
        post().header("authorization", BASIC),
        post().header("authorization", TOKENS[0]),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"omni\"");
        assert!(answer.text().await.unwrap().contains("\"wrong_token\""));
    }
    let (_, metrics) = omni.admin("/metrics").await;
    assert!(
        metrics.contains("omni_collector_refused_total{reason=\"wrong_token\",status=\"401\"} 5"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_a_token_takes_no_flat_events() {
    let omni = start_without_kafka(|config| {
        for source in config.source.values_mut() {
            source.flat_token_sha256.clear();
        }
    })
    .await;
    let answer = omni.flat(TOKENS[0]).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_405_and_another_path_404() {
    let omni = start_without_kafka(|_| {}).await;
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = reqwest::Client::new().request(method.clone(), omni.url(FLAT_PATH));
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &"POST".parse().unwrap()),
            "{method}"
        );
    }
    for path in ["/events", "/events/flat/", "/events/flat/crm", "/events/nested"] {
        assert_eq!(omni.post(path, "{}").await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_in_order_before_the_body_is_looked_at() {
    let omni = start_without_kafka(|_| {}).await;
    // Nothing of the promised body is ever sent.
    let head = |more: &str| {
        format!("POST {FLAT_PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n{more}\r\n")
    };
    let with_token = format!("authorization: Bearer {}\r\n", TOKENS[1]);
    let json = "content-type: application/json\r\n";
    for (more, expected) in [
        (json.to_owned(), "401"),
        (with_token.clone(), "415"),
        (format!("{with_token}{json}content-encoding: br\r\n"), "415"),
        (format!("{with_token}{json}"), "413"),
    ] {
        let answer = omni.raw(head(&more).as_bytes()).await;
        assert_eq!(status(&answer), expected, "{more}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_body_and_too_long_a_list_are_413() {
    let omni = start_without_kafka(|_| {}).await;
    let too_large = vec![b' '; 1024 * 1024 + 1];
    let answer = omni.flat(TOKENS[0]).body(too_large.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&too_large).unwrap();
    let request = omni.flat(TOKENS[0]).header("content-encoding", "gzip");
    let answer = request.body(bomb.finish().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    let (status, answer) = omni.post_flat(format!("[{}]", vec!["{}"; 501].join(","))).await;
    assert_eq!((status, answer["error"].as_str()), (413, Some("too_many")));
    let (status, answer) = omni.post_flat(format!("[{}]", vec!["{}"; 500].join(","))).await;
    assert_eq!(
        (status, answer["error"].as_str()),
        (503, Some("not_taken")),
        "500 are read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_503_and_nothing_is_promised_of_any() {
    let omni = start_without_kafka(|config| {
        config.collector.ack_ms_max = 100;
        config.collector.spool_after_ms = 100;
    })
    .await;
    for body in ["[{}, 7]", "{}", "no json"] {
        let answer = omni.flat(TOKENS[0]).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{body}");
        assert!(answer.headers().contains_key("retry-after"), "{body}");
    }
    let (_, metrics) = omni.admin("/metrics").await;
    assert!(!metrics.contains("omni_collector_accepted_total{"), "{metrics}");
}
