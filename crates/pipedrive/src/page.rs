//! Reads a list page by page, to its end or to the cap, whichever comes first.
//!
//! Promises: one deadline for all pages; a cursor that comes twice is an error, so that no server can make
//! us walk in circles; a list cut by the cap says so.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::answer::{Asked, Envelope};
use crate::{Call, Client, Error, Facts, List, State};

/// What was read of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Pages {
    pub items: Vec<State>,
    /// False when the cap was reached before the end.
    pub complete: bool,
}

impl Client {
    /// Reads the list, at most `pages_max` pages of `page_rows`, within one deadline counted from now.
    pub async fn list(&self, list: &List, deadline: Duration) -> Call<Pages> {
        let start = Instant::now();
        let mut facts = Facts::of(list.endpoint());
        let result = self.walk(list, start + deadline, &mut facts).await;
        facts.took = start.elapsed();
        Call { result, facts }
    }

    async fn walk(&self, list: &List, until: Instant, facts: &mut Facts) -> Result<Pages, Error> {
        let endpoint = list.endpoint();
        if !list.exists() {
            return Err(Error::BadId { endpoint });
        }
        let mut pages = Pages {
            items: Vec::new(),
            complete: false,
        };
        let mut seen = BTreeSet::new();
        let mut cursor: Option<String> = None;
        for _ in 0..self.config.pages_max {
            let url = list.address(self.base(), self.config.page_rows, cursor.as_deref());
            let asked = Asked { endpoint, id: "list" };
            let call = self
                .ask(
                    asked,
                    url,
                    list.tokens(),
                    until.saturating_duration_since(Instant::now()),
                )
                .await;
            add(facts, &call.facts);
            cursor = take(endpoint, call.result?, &mut pages.items)?;
            let Some(next) = &cursor else {
                pages.complete = true;
                break;
            };
            if !seen.insert(next.clone()) {
                return Err(Error::RepeatedCursor { endpoint });
            }
        }
        Ok(pages)
    }
}

/// Moves the rows of a page into `items`; gives the cursor of the next page.
fn take(endpoint: &'static str, page: Envelope, items: &mut Vec<State>) -> Result<Option<String>, Error> {
    let rows = match page.data {
        Value::Array(rows) => rows,
        Value::Null => Vec::new(),
        _ => {
            return Err(Error::Malformed {
                endpoint,
                why: "data is no list",
            });
        }
    };
    for row in rows {
        let Value::Object(row) = row else {
            return Err(Error::Malformed {
                endpoint,
                why: "a row is no object",
            });
        };
        items.push(row);
    }
    Ok(page
        .additional_data
        .and_then(|more| more.next_cursor)
        .filter(|cursor| !cursor.is_empty()))
}

fn add(sum: &mut Facts, page: &Facts) {
    sum.requests += page.requests;
    sum.tokens += page.tokens;
    sum.waited += page.waited;
    sum.daily_tokens_left = page.daily_tokens_left.or(sum.daily_tokens_left);
    sum.burst_requests_left = page.burst_requests_left.or(sum.burst_requests_left);
}
