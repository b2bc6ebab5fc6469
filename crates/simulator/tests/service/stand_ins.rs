//! The neighbours: a GTM data client and an e-mail verifier.

use crate::receiver::{Running, client};
use serde_json::{Value, json};
use simulator::Config;

async fn running() -> Running {
    Running::start(Config {
        rate: 0.0,
        history_events: 0,
        ..Config::default()
    })
    .await
}

#[tokio::test]
async fn the_data_client_takes_one_object_and_names_it() {
    let running = running().await;
    let post = async |body: String| {
        let request = client()
            .post(format!("{}/data?v=2&event=fallback", running.url))
            .body(body);
        let answer = request
            .header("x-gtm-server-preview", "abc")
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap_or_default(),
        )
    };
    let (status, answer) =
        post(json!({"event_name": "pipedrive_deal_change", "deal_value": 12.5}).to_string()).await;
    assert_eq!(status, 200);
    assert!(answer["timestamp"].is_u64() && answer["unique_event_id"].as_str().unwrap().contains('_'));
    let (_, kept) = post(json!({"unique_event_id": "ours"}).to_string()).await;
    assert_eq!(kept["unique_event_id"], "ours");
    assert_eq!(
        post("[{}]".to_owned()).await.0,
        400,
        "a list needs a setting that is off"
    );
    let (_, received) = running.get("/simulator/gtm").await;
    assert_eq!(received["count"], 2);
    assert_eq!(received["requests"][0]["event_name"], "pipedrive_deal_change");
    assert_eq!(received["requests"][0]["event"]["deal_value"].to_string(), "12.5");
    assert_eq!(received["requests"][0]["headers"]["x-gtm-server-preview"], "abc");
    assert_eq!(received["requests"][1]["event_name"], "fallback");

    let faults = client()
        .put(format!("{}/simulator/faults", running.url))
        .json(&json!({"gtm": "down"}));
    faults.send().await.unwrap();
    assert_eq!(post("{}".to_owned()).await.0, 503);
    running.stop().await;
}

#[tokio::test]
async fn the_reporting_tag_posts_on_what_the_client_took_with_what_it_added() {
    let running = running().await;
    // Another container's client is as good an address as any, and says what it got.
    let other = self::running().await;
    let tag = json!({"url": format!("{}/data", other.url), "token": "t"});
    let control = format!("{}/simulator/gtm/reporting", running.url);
    let set = client().put(&control).json(&tag).send().await.unwrap();
    assert_eq!(set.status(), 204);
    let post = client().post(format!("{}/data?event=fallback", running.url));
    let post = post
        .header("user-agent", "omni")
        .body(r#"{"deal_value":1200.50,"timestamp":7}"#);
    assert_eq!(post.send().await.unwrap().status(), 200);
    let (_, received) = other.get("/simulator/gtm").await;
    let event = &received["requests"][0]["event"];
    assert_eq!(event["deal_value"].to_string(), "1200.50");
    for (key, value) in [
        ("timestamp", json!(7)),
        ("event_name", json!("fallback")),
        ("user_agent", json!("omni")),
        ("user_data", json!({})),
    ] {
        assert_eq!(event[key], value, "{key}");
    }
    for key in ["unique_event_id", "client_id", "ip_override"] {
        assert!(event[key].is_string(), "{key}");
    }
    let (_, told) = running.get("/simulator/gtm/reporting").await;
    assert_eq!(
        (&told["answers"], &told["tag"]["token"]),
        (&json!({"200": 1}), &json!(null))
    );
    client().delete(&control).send().await.unwrap();
    let post = client().post(format!("{}/data", running.url)).body("{}");
    assert_eq!(post.send().await.unwrap().status(), 200);
    let (_, received) = other.get("/simulator/gtm").await;
    assert_eq!(received["count"], 1, "the tag is off");
    running.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn the_verifier_answers_the_same_for_the_same_address() {
    let running = running().await;
    let ask = async |email: &str| {
        running
            .get(&format!("/v2/email-verifier?api_key=k&email={email}"))
            .await
    };
    let (status, first) = ask("anna.berg@nordlicht-solar.example").await;
    assert_eq!(
        (status, &first),
        (200, &ask("anna.berg@nordlicht-solar.example").await.1)
    );
    let data = &first["data"];
    for key in ["status", "result", "email"] {
        assert!(data[key].is_string(), "{key}");
    }
    for key in [
        "regexp",
        "gibberish",
        "disposable",
        "webmail",
        "mx_records",
        "smtp_server",
        "smtp_check",
        "accept_all",
        "block",
    ] {
        assert!(data[key].is_boolean(), "{key}");
    }
    assert!(data["score"].as_u64().unwrap() <= 100 && data["sources"].is_array());
    assert_eq!(
        first["meta"]["params"]["email"],
        "anna.berg@nordlicht-solar.example"
    );
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..200 {
        let (_, answer) = ask(&format!("person{number}@firm.example")).await;
        seen.insert(answer["data"]["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    running.stop().await;
}

#[tokio::test]
async fn the_verifier_refuses_as_hunter_does() {
    let running = running().await;
    let cases = [
        ("pending@firm.example", 202),
        ("unsure@firm.example", 222),
        ("claimed@firm.example", 451),
        ("throttled@firm.example", 429),
        ("nobody", 400),
        ("", 400),
    ];
    for (email, status) in cases {
        assert_eq!(
            running
                .get(&format!("/v2/email-verifier?api_key=k&email={email}"))
                .await
                .0,
            status,
            "{email}"
        );
    }
    let (status, answer) = running.get("/v2/email-verifier?email=a@b.example").await;
    assert_eq!((status, &answer["errors"][0]["code"]), (401, &json!(401)));
    running.stop().await;
}
