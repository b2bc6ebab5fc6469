//! The page that shows the last deliveries.

use serde_json::json;
use simulator::Config;

use super::running;
use crate::receiver::client;

#[tokio::test]
async fn the_page_shows_what_was_sent_and_runs_none_of_it() {
    let running = running(Config::default()).await;
    let event =
        json!({"event_name": "<img src=x onerror=alert(1)>", "unique_event_id": "u-1", "deal_value": 7});
    let post = client().post(format!("{}/data", running.url)).json(&event);
    post.send().await.unwrap();
    let get = async |path: &str| {
        let answer = client()
            .get(format!("{}{path}", running.url))
            .send()
            .await
            .unwrap();
        let headers = answer.headers().clone();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        (headers, answer.text().await.unwrap())
    };
    let (headers, page) = get("/deliveries").await;
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;") && !page.contains("<img"));
    assert!(page.contains("u-1") && page.contains("1 accepted"));
    let (_, other) = get("/deliveries?destination=ga4").await;
    assert!(!other.contains("u-1") && other.contains("aria-current=\"page\"><strong>Google Analytics 4"));
    for (path, kind) in [
        ("/deliveries.css", "text/css"),
        ("/deliveries.js", "text/javascript"),
    ] {
        let (headers, text) = get(path).await;
        assert!(headers["content-type"].to_str().unwrap().starts_with(kind) && !text.is_empty());
        assert!(page.contains(path), "the page names it");
    }
    running.stop().await;
}
