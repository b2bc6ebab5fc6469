//! What is put away or deleted is where Pipedrive's API tells of it, and nowhere else.

use serde_json::{Value, json};
use simulator::Config;

use crate::api::{config, told_by};
use crate::receiver::Running;

async fn ids(running: &Running, path: &str) -> Vec<Value> {
    let (status, answer) = running.get(path).await;
    assert_eq!(status, 200, "{path}");
    let rows = answer["data"].as_array().unwrap();
    rows.iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test]
async fn an_archived_deal_is_listed_among_the_archived_alone() {
    let (running, _) = told_by(Config {
        everything: true,
        ..config()
    })
    .await;
    let (_, answer) = running.get("/api/v2/deals/archived?limit=500").await;
    let archived = answer["data"].as_array().unwrap();
    assert!(archived.len() > 3);
    let plain = ids(&running, "/api/v2/deals?limit=500").await;
    for deal in archived {
        assert!(deal["is_archived"] == true && deal["archive_time"].is_string());
        assert!(!plain.contains(&deal["id"]));
        let (status, one) = running.get(&format!("/api/v2/deals/{}", deal["id"])).await;
        assert_eq!((status, &one["data"]["is_archived"]), (200, &json!(true)));
    }
    let person = archived.iter().find(|deal| deal["person_id"].is_u64()).unwrap()["person_id"].clone();
    let of_person = ids(&running, &format!("/api/v2/deals/archived?person_id={person}")).await;
    let expected = archived.iter().filter(|deal| deal["person_id"] == person);
    assert_eq!(of_person.len(), expected.count());
    running.stop().await;
}

#[tokio::test]
async fn leads_are_open_or_archived_and_paged_by_start() {
    let (running, _) = told_by(config()).await;
    for (path, archived) in [("/v1/leads", false), ("/api/v1/leads/archived", true)] {
        let mut seen = Vec::new();
        let mut start = Some(0);
        while let Some(from) = start {
            let (_, page) = running.get(&format!("{path}?start={from}&limit=7")).await;
            for lead in page["data"].as_array().unwrap() {
                assert_eq!(lead["is_archived"], archived);
                assert!(!seen.contains(&lead["id"]));
                seen.push(lead["id"].clone());
            }
            start = page["additional_data"]["pagination"]["next_start"].as_u64();
        }
        assert_eq!(seen, ids(&running, &format!("{path}?limit=500")).await);
        assert!(!seen.is_empty(), "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn the_lists_of_settings_are_there() {
    let (running, _) = told_by(config()).await;
    let first = async |path: &str| running.get(path).await.1["data"][0].clone();
    assert_eq!(first("/v1/leadLabels").await["name"], "Hot");
    assert_eq!(first("/v1/leadSources").await["name"], "Manually created");
    assert_eq!(first("/v1/currencies").await["code"], "EUR");
    assert!(first("/v1/leadFields").await["key"].is_string());
    let (_, me) = running.get("/v1/users/me").await;
    for key in ["company_id", "company_domain", "company_name"] {
        assert!(!me["data"][key].is_null(), "{key}");
    }
    assert_eq!(running.get("/v1/users/1").await.0, 404);
    assert_eq!(running.get("/v1/leads/1").await.0, 400);
    running.stop().await;
}

#[tokio::test]
async fn lists_come_in_the_order_asked_for() {
    let (running, _) = told_by(config()).await;
    for (by, key) in [("update_time", "update_time"), ("add_time", "add_time")] {
        let path = format!("/api/v2/deals?limit=500&sort_by={by}&sort_direction=desc");
        let (_, answer) = running.get(&path).await;
        let times: Vec<&str> = answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|deal| deal[key].as_str().unwrap())
            .collect();
        assert!(
            times.len() > 40 && times.is_sorted_by(|first, next| first >= next),
            "{by}"
        );
    }
    assert_eq!(running.get("/api/v2/deals?sort_direction=down").await.0, 400);
    assert_eq!(running.get("/api/v2/deals?status=closed").await.0, 400);
    running.stop().await;
}

#[tokio::test]
async fn a_search_finds_by_name_and_pages() {
    let (running, _) = told_by(config()).await;
    let (_, page) = running.get("/api/v2/itemSearch?term=deal&limit=3").await;
    assert_eq!(page["data"]["items"].as_array().unwrap().len(), 3);
    assert_eq!(page["data"]["items"][0]["item"]["type"], "deal");
    let cursor = page["additional_data"]["next_cursor"].as_str().unwrap();
    let (_, next) = running
        .get(&format!("/api/v2/deals/search?term=deal&limit=3&cursor={cursor}"))
        .await;
    assert_ne!(
        next["data"]["items"][0]["item"]["id"],
        page["data"]["items"][0]["item"]["id"]
    );
    assert_eq!(running.get("/api/v2/persons/search?term=a").await.0, 400);
    running.stop().await;
}

#[tokio::test]
async fn notes_and_products_are_there_where_everything_is() {
    let (running, heard) = told_by(Config {
        everything: true,
        ..config()
    })
    .await;
    let mut compared = 0;
    for ((object, id), state) in heard {
        let (path, key) = match object.as_str() {
            "note" => ("/v1/notes", "content"),
            "product" => ("/api/v2/products", "prices"),
            _ => continue,
        };
        let (status, answer) = running.get(&format!("{path}/{id}")).await;
        if object == "note" && state.is_null() {
            assert_eq!(status, 404);
        } else if !state.is_null() {
            assert_eq!(
                (status, &answer["data"][key]),
                (200, &state[key]),
                "{object} {id}"
            );
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
    assert!(!ids(&running, "/v1/notes").await.is_empty());
    assert!(!ids(&running, "/api/v2/products").await.is_empty());
    running.stop().await;
}
