//! Values that try to be SQL, over HTTP against a real ClickHouse: each is a value or is refused, and nothing else happens.
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;
use warehouse::Param;

use crate::fixture::{Database, Order};
use crate::served::Served;

const PANEL: &str = "/api/v1/boards/pipedrive-deals/panels/won_by_source?period=last_month";

fn encoded(value: &str) -> String {
    let bytes: Vec<String> = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

async fn get(served: &Served, query: &str) -> (u16, Value) {
    let (status, body) = served.get(&format!("{PANEL}&{query}")).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn what_looks_like_sql_is_a_value_or_is_refused() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start(database).await;
    served
        .until("the company is known", async || {
            served
                .get("/api/v1/boards/pipedrive-deals")
                .await
                .1
                .contains("1001")
        })
        .await;
    let long = "x".repeat(201);
    for value in [
        "x') OR 1=1 --",
        "x'] OR 1=1 --",
        "it's",
        "\"",
        "`",
        "a\\",
        "\\'",
        "\\N",
        "tab\there",
        "line\nbreak\r",
        "nul\0here",
        "😀",
        "{company:UInt64}",
        "[]",
        "']",
        "%27",
        "; DROP TABLE deals",
    ] {
        for name in ["source", "campaign", "industry", "size"] {
            let (status, body) = get(&served, &format!("{name}={}", encoded(value))).await;
            if value.contains('\0') {
                assert_eq!((status, body["error"]["parameter"].as_str()), (400, Some(name)));
                continue;
            }
            assert_eq!(status, 200, "{name}={value:?}: {body}");
            assert_eq!(body["rows"], serde_json::json!([]), "{name}={value:?}");
        }
        for name in [
            "owner", "pipeline", "tz", "currency", "period", "compare", "company",
        ] {
            // Of a name that comes twice the first counts, so the period is asked for alone.
            let path = format!(
                "/api/v1/boards/pipedrive-deals/panels/won_by_source?{name}={}",
                encoded(value)
            );
            let (status, body) = served.get(&path).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (status, body["error"]["parameter"].as_str()),
                (400, Some(name)),
                "{value:?}: {body}"
            );
        }
    }
    // The grain and the parameters of the server are no choices; unknown names are passed over.
    let (_, plain) = get(&served, "").await;
    for query in [
        "grain=day'%20OR%201",
        "asof=now()",
        "top=1",
        "pii=0",
        "nothing=x') OR 1=1 --",
    ] {
        let (status, body) = get(&served, query).await;
        assert_eq!((status, &body["rows"]), (200, &plain["rows"]), "{query}");
    }
    let many = (0..51).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for value in [many, encoded(&long)] {
        let (status, body) = get(&served, &format!("source={value}")).await;
        assert_eq!(
            (status, body["error"]["parameter"].as_str()),
            (400, Some("source")),
            "{body}"
        );
    }
    // The tables are as they were.
    let (_, after) = get(&served, "").await;
    assert_eq!(after["rows"], plain["rows"]);
    served.stop().await;
}

/// Texts of letters that mean something to a parser, and of any others.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let wicked = prop::sample::select(vec![
        "'", "\"", "\\", "`", "\t", "\n", "\r", "\0", "\u{8}", "\u{c}", "[", "]", "(", ")", "{", "}", ",",
        ";", "--", "/*", "%", "😀", "\u{feff}", "NULL", "\\N", "\\x41", "",
    ]);
    let letter = prop_oneof![
        wicked.prop_map(str::to_owned),
        any::<char>().prop_map(|c| c.to_string())
    ];
    let text = prop::collection::vec(letter, 0..12).prop_map(|letters| letters.concat());
    prop::collection::vec(text, 0..6)
}

#[tokio::test]
async fn any_list_of_texts_comes_back_as_it_was_sent() {
    let database = Database::new().await;
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    for _ in 0..256 {
        let list = texts().new_tree(&mut runner).unwrap().current();
        let parameters = [("list", Param::Texts(list.clone()))];
        let sql = "SELECT {list:Array(String)}";
        let rows: Vec<(Vec<String>,)> = database.warehouse.select(sql, &parameters).await.unwrap();
        assert_eq!(rows[0].0, list);
        if let Some(first) = list.first() {
            let parameters = [("text", Param::Text(first.clone()))];
            let sql = "SELECT {text:String}";
            let rows: Vec<(String,)> = database.warehouse.select(sql, &parameters).await.unwrap();
            assert_eq!(rows[0].0, *first);
        }
    }
}
