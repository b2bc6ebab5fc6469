//! A browser's end of a live stream.
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::fixture::panel_count;
use crate::served::{PATIENCE, Served};

/// One event as it came.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

pub(crate) struct Listener {
    response: reqwest::Response,
    rest: String,
}

impl Listener {
    pub(crate) async fn open(served: &Served, query: &str, last_id: Option<&str>) -> Self {
        let last_id = last_id.map(|id| ("last-event-id", id.to_owned()));
        Self::open_with(served, query, last_id).await
    }

    /// As who has this token.
    pub(crate) async fn open_by(served: &Served, token: &str) -> Self {
        Self::open_with(served, "", Some(("authorization", format!("Bearer {token}")))).await
    }

    async fn open_with(served: &Served, query: &str, header: Option<(&str, String)>) -> Self {
        let mut request =
            reqwest::Client::new().get(served.url(&format!("/api/v1/boards/pipedrive-deals/live{query}")));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache, no-transform");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            response,
            rest: String::new(),
        }
    }

    /// The next event, or none when the stream ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let event = read(event);
                self.rest = String::from(rest);
                return Some(event);
            }
            let chunk = timeout(PATIENCE, self.response.chunk())
                .await
                .expect("an event in time")
                .unwrap()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event of this name; others are passed over.
    pub(crate) async fn next_named(&mut self, name: &str) -> Event {
        self.next_that(name, |event| event.name == name).await
    }

    /// The next answer of a panel.
    pub(crate) async fn panel(&mut self, panel: &str) -> Event {
        self.next_that(panel, |event| {
            event.name == "panel" && event.data["panel"] == panel
        })
        .await
    }

    async fn next_that(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.next().await.expect("the stream goes on");
            if is_it(&event) {
                return event;
            }
            assert!(Instant::now() < deadline, "never came: {what}");
        }
    }

    /// The first answer of each panel.
    pub(crate) async fn first_answers(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < panel_count() {
            events.push(self.next_named("panel").await);
        }
        events
    }
}

fn read(text: &str) -> Event {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    };
    Event {
        id: field("id"),
        name: field("event").unwrap(),
        data: serde_json::from_str(&field("data").unwrap()).unwrap(),
    }
}
