//! What is on a screen comes first when the database has no time for everything.
use serde_json::{Value, json};

use crate::fixture::{Database, Order};
use crate::listener::Listener;
use crate::opened::BOARD;
use crate::served::Served;

/// Changed by any won deal, and neither cheap nor first on the board.
const SEEN: &str = "leaderboard";

async fn told(served: &Served, body: &Value) -> u16 {
    let url = served.url(&format!("{BOARD}/on-screen"));
    let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn the_panel_on_the_screen_is_among_the_first_that_are_new() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    // An answer is more than it has time for in a second or two, so the others stand in a line.
    let served = Served::start_with(database, |config| config.reporting.database_share = 0.01).await;
    // Nothing else wakes a panel from here on.
    served
        .until("the tables were asked", async || {
            served.get(BOARD).await.1.contains("1001")
        })
        .await;
    let mut listener = Listener::open(&served, "?period=today&company=1001", None).await;
    let hello = listener.next_named("hello").await;
    listener.first_answers().await;
    let body = json!({"stream": hello.data["stream"], "panels": [SEEN]});
    assert_eq!(told(&served, &body).await, 204);
    served.win(501, 250, "google").await;
    // Two at most were let through before it stood in the line.
    let mut first = Vec::new();
    while first.len() < 3 {
        let event = listener.next_named("panel").await;
        first.push(event.data["panel"].as_str().unwrap().to_owned());
    }
    assert!(first.iter().any(|panel| panel == SEEN), "{first:?}");
    served.stop().await;
}

#[tokio::test]
async fn nobody_speaks_for_a_stream_that_is_not() {
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    let served = Served::start(database).await;
    let gone = {
        let mut listener = Listener::open(&served, "?company=1001", None).await;
        listener.next_named("hello").await.data["stream"].clone()
    };
    for stream in [json!("00000000-0000-0000-0000-000000000000"), json!("x' OR 1=1")] {
        let body = json!({"stream": stream, "panels": [SEEN]});
        assert_eq!(told(&served, &body).await, 404, "{body}");
    }
    let body = json!({"stream": gone, "panels": [SEEN]});
    served
        .until("a closed stream is forgotten", async || {
            told(&served, &body).await == 404
        })
        .await;
    served.stop().await;
}
