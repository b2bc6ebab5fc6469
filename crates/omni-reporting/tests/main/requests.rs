//! Plain requests: one panel, CSV, options, refusals, headers, the page itself.
use serde_json::Value;

use crate::fixture::{Database, Order};
use crate::listener::Listener;
use crate::served::Served;

const BOARD: &str = "/api/v1/boards/pipedrive-deals";
const MARCH: &str = "period=custom&from=2026-03-01&to=2026-03-31&tz=Europe/Berlin";

async fn served() -> Served {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start(database).await;
    served
        .until("the company is known", async || {
            served.get(BOARD).await.1.contains("1001")
        })
        .await;
    served
}

async fn json(served: &Served, path: &str) -> Value {
    let (status, body) = served.get(path).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn a_request_the_stream_and_csv_agree() {
    let served = served().await;
    let asked = json(&served, &format!("{BOARD}/panels/won_by_source?{MARCH}")).await;
    let pushed = Listener::open(&served, &format!("?{MARCH}"), None)
        .await
        .panel("won_by_source")
        .await;
    for key in ["panel", "state", "columns", "rows"] {
        assert_eq!(asked[key], pushed.data[key], "{key}");
    }
    assert_eq!(asked["rows"][0][3], "1450.5");
    assert_eq!(asked["columns"][3]["type"], "Nullable(Decimal(38, 16))");
    let answer = reqwest::get(served.url(&format!("{BOARD}/panels/won_by_source.csv?{MARCH}")))
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let name = answer.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        name.starts_with("attachment; filename=\"pipedrive-deals_won_by_source_20"),
        "{name}"
    );
    let csv = answer.text().await.unwrap();
    assert!(csv.starts_with("currency,source,won_deals,total_value,"), "{csv}");
    assert!(
        csv.contains("\r\nEUR,facebook,3,1450.5,483.5,0,1,0,0,1\r\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 1 + asked["rows"].as_array().unwrap().len());
    served.stop().await;
}

#[tokio::test]
async fn equal_requests_at_once_cost_one_question() {
    let served = served().await;
    let answered = r#"omni_reporting_queries_total{outcome="answered"}"#;
    let before = served.metric(answered).await;
    let path = format!("{BOARD}/panels/won_by_source?{MARCH}");
    let bodies = futures::future::join_all((0..20).map(|_| json(&served, &path))).await;
    assert!(bodies.iter().all(|body| body == &bodies[0]));
    let csv = served
        .get(&format!("{BOARD}/panels/won_by_source.csv?{MARCH}"))
        .await;
    assert_eq!(csv.0, 200);
    assert_eq!(served.metric(answered).await, before + 1);
    served.stop().await;
}

#[tokio::test]
async fn what_is_not_allowed_is_refused_with_the_parameters_name() {
    let served = served().await;
    for (path, status, parameter) in [
        ("panels/won_value?tz=Mars/Olympus", 400, Some("tz")),
        ("panels/won_value.csv?period=forever", 400, Some("period")),
        ("live?currency=%27%20OR%201", 400, Some("currency")),
        ("options/source?owner=x", 400, Some("owner")),
        ("panels/nothing", 404, None),
        ("options/period", 404, None),
    ] {
        let (got, body) = served.get(&format!("{BOARD}/{path}")).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (got, body["error"]["parameter"].as_str()),
            (status, parameter),
            "{path}: {body}"
        );
    }
    assert_eq!(served.get("/api/v1/boards/other").await.0, 404);
    assert_eq!(served.get("/api/v1/nothing").await.0, 404);
    served.stop().await;
}

#[tokio::test]
async fn only_configured_companies_are_shown_on_every_route() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start_with(database, |config| {
        config.reporting.companies = vec![2002];
    })
    .await;
    let shown = json(&served, &format!("{BOARD}/panels/won_value?{MARCH}")).await;
    assert_eq!(shown["rows"][0][1], "77777");
    assert_eq!(
        json(&served, BOARD).await["companies"],
        serde_json::json!([{"id": "2002"}])
    );
    for path in [
        "panels/won_value",
        "panels/won_value.csv",
        "options/source",
        "live",
    ] {
        let (status, body) = served.get(&format!("{BOARD}/{path}?company=1001")).await;
        assert_eq!(status, 403, "{path}: {body}");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_page_elsewhere_that_points_its_name_at_us_reads_nothing() {
    let served = served().await;
    for path in ["/", "/api/v1/boards", "/api/v1/boards/pipedrive-deals/live"] {
        let request = reqwest::Client::new()
            .get(served.url(path))
            .header("host", "rebound.example.com");
        assert_eq!(request.send().await.unwrap().status(), 403, "{path}");
    }
    served.stop().await;
}

#[tokio::test]
async fn options_tell_how_many_deals_each_value_has_whatever_is_chosen_of_them() {
    let served = served().await;
    let options = json(&served, &format!("{BOARD}/options/source?source=google")).await;
    assert_eq!(
        options["options"][0],
        serde_json::json!({"value": "google", "label": "google", "count": "10"})
    );
    assert_eq!(options["options"].as_array().unwrap().len(), 5);
    let owners = json(&served, &format!("{BOARD}/options/owner?source=facebook")).await;
    assert_eq!(
        owners["options"][0],
        serde_json::json!({"value": "7", "label": "Ada Lovelace", "count": "2"})
    );
    served.stop().await;
}

#[tokio::test]
async fn the_page_is_served_with_strict_headers_and_hashed_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(
        folder.path().join("index.html"),
        "<!doctype html><title>Omni</title>",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("assets/index-abc123.js"),
        "export {};".repeat(200),
    )
    .unwrap();
    let path = folder.path().to_owned();
    let served = Served::start_with(Database::new().await, |config| {
        config.reporting.web_dir = path;
    })
    .await;
    let page = reqwest::get(served.url("/")).await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert!(page.text().await.unwrap().contains("Omni"));
    let request = reqwest::Client::new()
        .get(served.url("/assets/index-abc123.js"))
        .header("accept-encoding", "br");
    let script = request.send().await.unwrap();
    assert_eq!(
        script.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(script.headers()["content-encoding"], "br");
    assert_eq!(served.get("/nothing.js").await.0, 404);
    served.stop().await;
}

#[tokio::test]
async fn a_page_that_was_not_built_says_what_builds_it() {
    let nowhere = tempfile::tempdir().unwrap();
    let path = nowhere.path().join("dist");
    let served = Served::start_with(Database::new().await, |config| {
        config.reporting.web_dir = path;
    })
    .await;
    let (status, body) = served.get("/").await;
    assert_eq!(status, 503);
    assert!(body.contains("make web"), "{body}");
    assert_eq!(served.get("/api/v1/boards").await.0, 200);
    served.stop().await;
}
