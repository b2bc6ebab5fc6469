//! Lists: read to their end, cut at the cap, or a page at a time.

use axum::http::StatusCode;
use pipedrive::{Config, Error, Kind, List, Place, Priority};

use super::server::{Reply, Server};
use super::{SOON, client};

fn page(cursor: Option<&str>) -> Reply {
    let cursor = cursor.map_or("null".to_owned(), |text| format!("\"{text}\""));
    let body =
        format!(r#"{{"success":true,"data":[{{"id":1}}],"additional_data":{{"next_cursor":{cursor}}}}}"#);
    Reply::json(StatusCode::OK, &body)
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let server = Server::start(vec![page(Some("a")), page(Some("b")), page(None)]).await;
    let call = client(&server, Config::default())
        .list(&List::DealsOfPerson(9), Priority::Live, SOON)
        .await;
    let pages = call.result.unwrap();
    assert_eq!((pages.items.len(), pages.complete), (3, true));
    assert_eq!((call.facts.requests, call.facts.tokens), (3, 30));
    assert_eq!(server.seen()[2], "/api/v2/deals?limit=500&person_id=9&cursor=b");
}

#[tokio::test]
async fn a_cursor_that_comes_twice_ends_the_walk() {
    let server = Server::start(vec![page(Some("a"))]).await;
    let call = client(&server, Config::default())
        .list(&List::Stages, Priority::Live, SOON)
        .await;
    assert!(matches!(call.result, Err(Error::RepeatedCursor { .. })));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_list_beyond_the_cap_says_that_it_is_cut() {
    let server = Server::start(vec![page(Some("a")), page(Some("b")), page(Some("c"))]).await;
    let config = Config {
        pages_max: 2,
        ..Config::default()
    };
    let pages = client(&server, config)
        .list(&List::Pipelines, Priority::Live, SOON)
        .await
        .result
        .unwrap();
    assert_eq!((pages.items.len(), pages.complete), (2, false));
}

#[tokio::test]
async fn a_page_says_where_the_next_begins() {
    let server = Server::start(vec![page(Some("a")), page(None)]).await;
    let client = client(&server, Config::default());
    let list = List::Persons(None);
    let call = client
        .page(&list, &Place::Beginning, Priority::Backfill, SOON)
        .await;
    assert_eq!((call.facts.requests, call.facts.tokens), (1, 10));
    let next = call.result.unwrap().next.unwrap();
    assert_eq!(next, Place::Cursor("a".to_owned()));
    let end = client.page(&list, &next, Priority::Backfill, SOON).await;
    assert_eq!(end.result.unwrap().next, None);
    let all = "/api/v2/persons?limit=500&sort_by=id&sort_direction=asc";
    assert_eq!(server.seen(), [all.to_owned(), format!("{all}&cursor=a")]);
}

#[tokio::test]
async fn a_list_of_v1_is_read_by_its_starts() {
    let hash = "a".repeat(40);
    let part = |more: bool, next: u64| {
        let body = format!(
            r#"{{"success":true,"data":[{{"id":"x","{hash}":"spring"}}],"additional_data":{{"pagination":
                {{"start":0,"limit":1,"more_items_in_collection":{more},"next_start":{next}}}}}}}"#
        );
        Reply::json(StatusCode::OK, &body)
    };
    let server = Server::start(vec![part(true, 1), part(false, 2)]).await;
    let call = client(&server, Config::default())
        .list(&List::Leads(None), Priority::Backfill, SOON)
        .await;
    let pages = call.result.unwrap();
    assert_eq!(
        (pages.items.len(), pages.complete, call.facts.tokens),
        (2, true, 40)
    );
    assert_eq!(pages.items[0]["custom_fields"][&hash], "spring");
    assert_eq!(
        server.seen()[1],
        "/api/v1/leads?limit=500&sort=add_time+ASC&start=1"
    );
}

#[tokio::test]
async fn a_place_of_another_kind_of_list_is_not_asked_for() {
    let server = Server::start(vec![page(None)]).await;
    let client = client(&server, Config::default());
    let call = client
        .page(&List::Deals(None), &Place::Offset(5), Priority::Backfill, SOON)
        .await;
    assert!(matches!(call.result, Err(Error::BadId { endpoint: "deals" })));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn fields_of_leads_are_those_of_deals() {
    let body = r#"{"success":true,"data":[{"field_code":"c","field_name":"Priority","field_type":"enum",
        "is_custom_field":true,"options":[{"id":1,"label":"Low"}]},{"nothing":1}]}"#;
    let server = Server::start(vec![Reply::json(StatusCode::OK, body)]).await;
    let client = client(&server, Config::default());
    let call = client.fields(Kind::Lead, Priority::Live, SOON).await;
    let fields = call.result.unwrap();
    assert_eq!(fields.len(), 1);
    assert_eq!(
        (fields[0].name.as_str(), fields[0].options[0].label.as_str()),
        ("Priority", "Low")
    );
    assert_eq!(server.seen(), ["/api/v2/dealFields?limit=500"]);
    let none = client.fields(Kind::Stage, Priority::Live, SOON).await;
    assert!(matches!(none.result, Err(Error::BadId { .. })));
}
