//! Lists by plain requests: rows and totals, order, refusals, the file, access, and the account's address.
use serde_json::Value;

use crate::fixture::{Database, Order};
use crate::served::Served;

const LISTS: &str = "/api/v1/boards/pipedrive-deals/lists";
const MARCH: &str = "period=custom&from=2026-03-01&to=2026-03-31&tz=Europe/Berlin";

async fn served() -> Served {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    Served::start(database).await
}

async fn json(served: &Served, path: &str) -> Value {
    let (status, body) = served.get(path).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn column(result: &Value, name: &str) -> Vec<Value> {
    let columns = result["columns"].as_array().unwrap();
    let at = columns.iter().position(|column| column["name"] == name).unwrap();
    let rows = result["rows"].as_array().unwrap();
    rows.iter().map(|row| row[at].clone()).collect()
}

/// A total over all rows.
fn total(result: &Value, name: &str) -> Value {
    let columns = result["total_columns"].as_array().unwrap();
    let at = columns.iter().position(|column| column["name"] == name).unwrap();
    result["totals"][0][at].clone()
}

#[tokio::test]
async fn the_first_rows_come_with_the_totals_of_all() {
    let served = served().await;
    let path = format!("{LISTS}/closed_deals?company=3003&status=won&shown=EUR&{MARCH}");
    let all = json(&served, &path).await;
    let some = json(&served, &format!("{path}&rows=2")).await;
    assert_eq!(column(&some, "deal_id").len(), 2);
    assert_eq!(column(&some, "deal_id"), column(&all, "deal_id")[..2]);
    assert_eq!(some["totals"], all["totals"]);
    assert_eq!(
        total(&all, "deals"),
        column(&all, "deal_id").len().to_string().as_str()
    );
    let panel = format!("/api/v1/boards/pipedrive-deals/panels/won_value?company=3003&{MARCH}");
    let panel = json(&served, &panel).await;
    let euro = panel["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row[0] == "EUR")
        .unwrap();
    assert_eq!(
        (total(&all, "value"), total(&all, "deals")),
        (euro[1].clone(), euro[2].clone())
    );
    served.stop().await;
}

#[tokio::test]
async fn a_list_is_put_in_order_before_it_is_cut() {
    let served = served().await;
    let path = format!("{LISTS}/closed_deals?company=3003&{MARCH}");
    let values = |result: &Value| -> Vec<f64> {
        let values = column(result, "value")
            .into_iter()
            .filter_map(|value| value.as_str()?.parse().ok());
        values.collect()
    };
    let down = values(&json(&served, &format!("{path}&sort=-cycle_days&rows=1000")).await);
    let mut own = values(&json(&served, &format!("{path}&rows=1000")).await);
    assert_ne!(down, own);
    let mut sorted = down.clone();
    sorted.sort_by(f64::total_cmp);
    own.sort_by(f64::total_cmp);
    assert_eq!(sorted, own);
    let titles = column(
        &json(&served, &format!("{path}&sort=title&rows=3")).await,
        "title",
    );
    let mut all: Vec<String> = column(&json(&served, &format!("{path}&rows=1000")).await, "title")
        .iter()
        .map(|title| title.as_str().unwrap().to_lowercase())
        .collect();
    all.sort();
    let first: Vec<_> = titles
        .iter()
        .map(|title| title.as_str().unwrap().to_lowercase())
        .collect();
    assert_eq!(first, all[..3]);
    served.stop().await;
}

#[tokio::test]
async fn what_a_list_does_not_take_is_refused_with_the_parameters_name() {
    let served = served().await;
    for (path, status, parameter) in [
        ("closed_deals?status=gone", 400, Some("status")),
        ("closed_deals?rows=5000", 400, Some("rows")),
        ("closed_deals?sort=deal_id%20DESC", 400, Some("sort")),
        ("closed_deals?bucket=yesterday", 400, Some("bucket")),
        ("closed_deals?organization=x", 400, Some("organization")),
        ("closed_deals?tz=Mars/Olympus", 400, Some("tz")),
        ("closed_deals.csv?only=all", 400, Some("only")),
        ("gone_deals", 404, None),
        ("gone_deals.csv", 404, None),
    ] {
        let (got, body) = served.get(&format!("{LISTS}/{path}")).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (got, body["error"]["parameter"].as_str()),
            (status, parameter),
            "{path}: {body}"
        );
    }
    served.stop().await;
}

#[tokio::test]
async fn a_companys_lists_are_for_those_who_may_see_the_company() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start_with(database, |config| {
        config.reporting.companies = vec![2002];
    })
    .await;
    for path in ["closed_deals", "closed_deals.csv", "deal_history?deal=1&"] {
        let mark = if path.contains('?') { "" } else { "?" };
        let (status, body) = served.get(&format!("{LISTS}/{path}{mark}company=1001")).await;
        assert_eq!(status, 403, "{path}: {body}");
    }
    // Whatever deal is named, it is looked for in the own company.
    let history = json(&served, &format!("{LISTS}/deal_history?deal=2,3,4,5")).await;
    assert_eq!(history["rows"], serde_json::json!([]));
    assert_eq!(history["totals"], serde_json::json!([[true, "0"]]));
    served.stop().await;
}

#[tokio::test]
async fn equal_requests_for_a_list_cost_its_two_questions_once() {
    let served = served().await;
    let answered = r#"omni_reporting_queries_total{outcome="answered"}"#;
    let before = served.metric(answered).await;
    let path = format!("{LISTS}/closed_deals?company=3003&{MARCH}");
    let bodies = futures::future::join_all((0..10).map(|_| json(&served, &path))).await;
    assert!(bodies.iter().all(|body| body["rows"] == bodies[0]["rows"]));
    assert_eq!(served.metric(answered).await, before + 2);
    served.stop().await;
}

/// Deals whose titles would be run by a spreadsheet, of an account whose address is known.
async fn many(database: &Database, count: u64) {
    let won = database
        .fixture_events()
        .into_iter()
        .find(|event| event["deal_status"] == "won")
        .unwrap();
    let many: Vec<_> = (1..=count)
        .map(|id| {
            let mut event = won.clone();
            event.insert("event_uuid".to_owned(), uuid::Uuid::new_v4().to_string().into());
            event.insert("deal_title".to_owned(), format!("=HYPERLINK(\"x\") {id}").into());
            event.insert("event_host".to_owned(), "acme.pipedrive.com".into());
            for (key, value) in [("event_company_id", 6006), ("event_id", id), ("deal_id", id)] {
                event.insert(key.to_owned(), value.into());
            }
            event
        })
        .collect();
    database.insert(&many).await;
}

#[tokio::test]
async fn a_file_has_every_row_and_none_is_a_formula() {
    let database = Database::new().await;
    many(&database, 3_000).await;
    let served = Served::start(database).await;
    let query = format!("?company=6006&{MARCH}");
    let asked = json(&served, &format!("{LISTS}/closed_deals{query}&rows=1000")).await;
    assert_eq!(total(&asked, "deals"), "3000");
    assert_eq!(column(&asked, "deal_id").len(), 1_000);
    assert_eq!(column(&asked, "link")[0], "https://acme.pipedrive.com/deal/1");
    let answer = reqwest::get(served.url(&format!("{LISTS}/closed_deals.csv{query}")))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let name = answer.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        name.starts_with("attachment; filename=\"pipedrive-deals_closed_deals_20"),
        "{name}"
    );
    let csv = answer.text().await.unwrap();
    assert_eq!(csv.lines().count(), 3_001);
    assert!(csv.starts_with("deal_id,title,owner,"), "{}", &csv[..80]);
    assert!(csv.lines().skip(1).all(|line| line.contains(",\"'=HYPERLINK(")));
    let value: rust_decimal::Decimal = total(&asked, "value").as_str().unwrap().parse().unwrap();
    let at = csv
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "converted_value")
        .unwrap();
    // The title, the only quoted cell, holds a comma-free formula.
    let sum = csv.lines().skip(1).map(|line| {
        line.split(',')
            .nth(at)
            .unwrap()
            .parse::<rust_decimal::Decimal>()
            .unwrap()
    });
    assert_eq!(sum.sum::<rust_decimal::Decimal>(), value);
    served.stop().await;
}

#[tokio::test]
async fn a_host_that_is_no_name_makes_no_address() {
    let database = Database::new().await;
    let mut event = database
        .fixture_events()
        .into_iter()
        .find(|event| event["deal_status"] == "open")
        .unwrap();
    event.insert("event_host".to_owned(), "evil.example/?x=".into());
    event.insert("event_company_id".to_owned(), 7007.into());
    database.insert(&[event]).await;
    let served = Served::start(database).await;
    let open = json(&served, &format!("{LISTS}/open_deals?company=7007")).await;
    assert_eq!(column(&open, "link"), [""]);
    served.stop().await;
}
