//! Reads a list page by page: all of it at once, or one page from a place that can be kept.
//!
//! Promises: one deadline for all pages; a place that comes twice is an error, so that no server can make
//! us walk in circles; a list cut by the cap says so.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::answer::{self, Asked, Envelope};
use crate::client::{Request, Verb};
use crate::list::Paging;
use crate::{Call, Client, Error, Facts, List, Priority, State, lead};

/// Where a page begins. It can be kept: Pipedrive states no age at which a cursor ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    #[default]
    Beginning,
    /// `cursor` of v2.
    Cursor(String),
    /// `start` of v1.
    Offset(u64),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub items: Vec<State>,
    /// Where the next page begins; `None` at the end of the list.
    pub next: Option<Place>,
}

/// What was read of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Pages {
    pub items: Vec<State>,
    /// False when the cap was reached before the end.
    pub complete: bool,
}

impl Client {
    /// Reads the list, at most `pages_max` pages of `page_rows`, within one deadline counted from now.
    pub async fn list(&self, list: &List, priority: Priority, deadline: Duration) -> Call<Pages> {
        let start = Instant::now();
        let mut facts = Facts::of(list.endpoint());
        let result = self.walk(list, priority, start + deadline, &mut facts).await;
        facts.took = start.elapsed();
        Call { result, facts }
    }

    /// Reads one page of `page_rows`, from that place, within a deadline counted from now.
    pub async fn page(
        &self,
        list: &List,
        place: &Place,
        priority: Priority,
        deadline: Duration,
    ) -> Call<Page> {
        let endpoint = list.endpoint();
        if !list.exists() || !list.begins_at(place) {
            return Call {
                result: Err(Error::BadId { endpoint }),
                facts: Facts::of(endpoint),
            };
        }
        let request = Request {
            verb: Verb::Read,
            asked: Asked { endpoint, id: "list" },
            tokens: list.tokens(),
            priority,
        };
        let rows = self.config.page_rows;
        let call = self
            .ask(request, |base| list.address(base, rows, place), deadline)
            .await;
        Call {
            result: call.result.and_then(|body| list.read(place, &body)),
            facts: call.facts,
        }
    }

    async fn walk(
        &self,
        list: &List,
        priority: Priority,
        until: Instant,
        facts: &mut Facts,
    ) -> Result<Pages, Error> {
        let mut pages = Pages {
            items: Vec::new(),
            complete: false,
        };
        let mut seen = BTreeSet::new();
        let mut place = Place::Beginning;
        for _ in 0..self.config.pages_max {
            let left = until.saturating_duration_since(Instant::now());
            let call = self.page(list, &place, priority, left).await;
            facts.add(&call.facts);
            let page = call.result?;
            pages.items.extend(page.items);
            let Some(next) = page.next else {
                pages.complete = true;
                break;
            };
            if !seen.insert(next.clone()) {
                return Err(Error::RepeatedCursor {
                    endpoint: list.endpoint(),
                });
            }
            place = next;
        }
        Ok(pages)
    }
}

impl List {
    /// What a 2xx answer to a request for the page at `place` says; leads in the shape of REST v2.
    pub fn read(&self, place: &Place, body: &[u8]) -> Result<Page, Error> {
        let endpoint = self.endpoint();
        let mut envelope = answer::envelope(endpoint, body)?;
        let rows = answer::rows(endpoint, std::mem::take(&mut envelope.data))?;
        let next = match self.paging() {
            Paging::Cursor => next_cursor(envelope),
            Paging::Offset => next_offset(&envelope, place, rows.len() as u64),
            Paging::Whole => None,
        };
        // A place that leads to itself, or back.
        let goes_on = match (&next, place) {
            (Some(Place::Offset(next)), Place::Offset(this)) => next > this,
            (Some(Place::Offset(next)), _) => *next > 0,
            (Some(next), this) => next != this,
            (None, _) => true,
        };
        if !goes_on {
            return Err(Error::RepeatedCursor { endpoint });
        }
        let items = match self {
            Self::Leads(_) | Self::ArchivedLeads => rows.into_iter().map(lead::in_v2_shape).collect(),
            _ => rows,
        };
        Ok(Page { items, next })
    }
}

fn next_cursor(envelope: Envelope) -> Option<Place> {
    envelope
        .additional_data?
        .next_cursor
        .filter(|cursor| !cursor.is_empty())
        .map(Place::Cursor)
}

fn next_offset(envelope: &Envelope, place: &Place, rows: u64) -> Option<Place> {
    let pagination = envelope.additional_data.as_ref()?.pagination.as_ref()?;
    if !pagination.more_items_in_collection {
        return None;
    }
    let start = match place {
        Place::Offset(start) => *start,
        Place::Beginning | Place::Cursor(_) => 0,
    };
    Some(Place::Offset(
        pagination
            .next_start
            .unwrap_or_else(|| start.saturating_add(rows)),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn leads(place: &Place, pagination: &str) -> Result<Option<Place>, Error> {
        let body = format!(
            r#"{{"success":true,"data":[{{"id":"a"}},{{"id":"b"}}],"additional_data":{{"pagination":{pagination}}}}}"#
        );
        let page = List::Leads(None).read(place, body.as_bytes());
        page.map(|page| page.next)
    }

    #[test]
    fn a_list_of_v1_goes_on_where_it_says() {
        let more = r#"{"start":0,"limit":2,"more_items_in_collection":true,"next_start":2}"#;
        assert_eq!(leads(&Place::Beginning, more).unwrap(), Some(Place::Offset(2)));
        let silent = r#"{"more_items_in_collection":true}"#;
        assert_eq!(leads(&Place::Offset(4), silent).unwrap(), Some(Place::Offset(6)));
        let end = r#"{"start":4,"limit":2,"more_items_in_collection":false,"next_start":6}"#;
        assert_eq!(leads(&Place::Offset(4), end).unwrap(), None);
        assert_eq!(leads(&Place::Offset(4), "null").unwrap(), None);
        let back = leads(&Place::Offset(4), more);
        assert!(matches!(back, Err(Error::RepeatedCursor { .. })));
    }

    #[test]
    fn a_place_can_be_kept() {
        for place in [
            Place::Beginning,
            Place::Cursor("c".to_owned()),
            Place::Offset(500),
        ] {
            let kept = serde_json::to_string(&place).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&kept).unwrap(), place);
        }
    }
}
