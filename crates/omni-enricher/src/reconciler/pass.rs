//! One pass over an account's lists: each row that changed since the last one is held against the record of its entity.

use std::time::Duration;

use event::reconcile::{Difference, Finding, Known, Row, Window};
use event::snapshot::{Marks, RECONCILE};
use event::state::LightRecord;
use event::{EntityId, Object, identity, moment};
use futures::{StreamExt as _, TryStreamExt as _};
use kafka::{Outgoing, Placement, Topic};
use pipedrive::{COMPARED, Class, List, Page, Place, State};
use tokio::time::Instant;

use super::{Own, Reconciler};
use crate::key::Key;
use crate::store::{Store, StoreError};

/// One page may take so long, waiting for our own limits included.
const PAGE_MAX: Duration = Duration::from_mins(1);
/// A pass looks back this much before the end of the one before: two clocks never agree.
const OVERLAP_MICRO: i64 = 600 * moment::SECOND;
/// A list that cannot be asked for changes alone is read whole, and so seldom.
const WHOLE_EVERY_MICRO: i64 = 24 * 3_600 * moment::SECOND;
/// Records on their way to Kafka at once.
const IN_FLIGHT_MAX: usize = 100;

/// Why a pass ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the account does not answer, or its budget is spent")]
    Account(#[from] pipedrive::Error),
    #[error("the last states cannot be read")]
    Store(#[from] StoreError),
    #[error("kafka did not take an event")]
    Kafka(#[from] kafka::Error),
    #[error("reading the last states ended unexpectedly")]
    Part(#[from] tokio::task::JoinError),
}

impl Trouble {
    /// How long it lasts, where that is known.
    pub(super) fn pause(&self) -> Duration {
        match self {
            Self::Account(error) => error.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }
}

/// Until when each list was compared; in memory, since the first pass looks back a day.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// By the list's place in [`COMPARED`].
    lists: std::collections::BTreeMap<(usize, usize), i64>,
    reads_all: bool,
}

impl Since {
    /// The next pass reads the long lists too.
    pub(super) fn read_all(&mut self) {
        self.reads_all = true;
    }
}

pub(super) struct Pass<'a> {
    pub(super) reconciler: &'a Reconciler,
    pub(super) own: Own,
    /// Where a list begins that was not compared yet.
    pub(super) first_micro: i64,
    pub(super) until_micro: i64,
    pub(super) now_micro: i64,
}

impl Pass<'_> {
    /// Goes through all lists: how many events were sent, and whether that was all of it.
    pub(super) async fn run(&self, since: &mut Since) -> (u64, Result<(), Trouble>) {
        let mut sent = 0;
        for (at, (object, lists)) in COMPARED.iter().enumerate() {
            let object = Object::from(*object);
            for (number, list) in lists.iter().enumerate() {
                let place = (at, number);
                let before = since.lists.get(&place).copied();
                let is_due = list.tells_of_changes()
                    || since.reads_all
                    || before.is_none_or(|before| before <= self.until_micro - WHOLE_EVERY_MICRO);
                if !is_due {
                    continue;
                }
                let from_micro = before.map_or(self.first_micro, |before| before - OVERLAP_MICRO);
                if let Err(trouble) = self.list(&object, list, from_micro, &mut sent).await {
                    return (sent, Err(trouble));
                }
                since.lists.insert(place, self.until_micro);
            }
        }
        since.reads_all = false;
        (sent, Ok(()))
    }

    async fn list(
        &self,
        object: &Object,
        list: &List,
        from_micro: i64,
        sent: &mut u64,
    ) -> Result<(), Trouble> {
        let asked = list
            .clone()
            .changed_since(pipedrive::Since::from_micro(from_micro)?);
        let window = Window {
            since_micro: Some(from_micro),
            until_micro: self.until_micro,
        };
        let mut place = Place::Beginning;
        loop {
            let page = match self
                .reconciler
                .api
                .page(&asked, &place, Instant::now() + PAGE_MAX)
                .await
            {
                Ok(page) => page,
                // A list that the account does not show.
                Err(error) if error.class() == Class::Abort => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let next = page.next.clone();
            *sent += self.page(object, page, list.tells_of_gone(), window).await?;
            match next {
                Some(next) => place = next,
                None => return Ok(()),
            }
        }
    }

    /// Compares a page, and sends what was not told.
    async fn page(&self, object: &Object, page: Page, is_gone: bool, window: Window) -> Result<u64, Trouble> {
        let (store, own, known_as) = (self.reconciler.store.clone(), self.own, object.clone());
        let compared = move || -> Result<Vec<Difference>, StoreError> {
            let mut differences = Vec::new();
            for state in &page.items {
                differences.extend(compare(&store, own, &known_as, state, is_gone, window)?);
            }
            Ok(differences)
        };
        let differences = tokio::task::spawn_blocking(compared).await??;
        for difference in &differences {
            let finding = difference.finding;
            self.reconciler
                .metrics
                .found(&self.reconciler.source, object, finding);
        }
        let sent = differences.len() as u64;
        let records = differences
            .into_iter()
            .map(|difference| self.outgoing(object, difference));
        futures::stream::iter(records)
            .map(|record| self.reconciler.producer.send(record))
            .buffer_unordered(IN_FLIGHT_MAX)
            .try_for_each(|_| std::future::ready(Ok(())))
            .await?;
        Ok(sent)
    }

    fn outgoing(&self, object: &Object, difference: Difference) -> Outgoing {
        let Difference { finding, snapshot } = difference;
        let marks = Marks {
            company_id: self.own.company_id,
            source: &self.reconciler.source,
            origin: RECONCILE,
            now_micro: self.now_micro,
        };
        let headers = snapshot.headers(marks, object, &finding.action());
        Outgoing {
            topic: Topic::Raw,
            placement: Placement::By(identity::partition_text(Some(marks.company_id), marks.source)),
            key: identity::message_key(marks.company_id, object, &snapshot.id).into_bytes(),
            headers: headers.to_pairs().into(),
            payload: Some(snapshot.body),
        }
    }
}

/// What a row tells that was not told.
fn compare(
    store: &Store,
    own: Own,
    object: &Object,
    state: &State,
    is_gone: bool,
    window: Window,
) -> Result<Option<Difference>, StoreError> {
    let Some(id) = state.get("id").and_then(EntityId::from_value) else {
        return Ok(None);
    };
    let record = store.record(&Key::new(own.partition, own.company_id, object, &id))?;
    let row = Row {
        company_id: own.company_id,
        object,
        state,
        is_gone,
    };
    Ok(difference(&row, record.as_ref(), window))
}

/// What a row tells beyond the record of its entity. A row that makes no event is none here: it cannot be told.
fn difference(row: &Row<'_>, record: Option<&LightRecord>, window: Window) -> Option<Difference> {
    let told = record.filter(|record| !record.seen.is_empty());
    let known = told.map(|record| Known::of(record.ver, record.gone.is_some()));
    let against = |known| row.against(known, window).ok().flatten();
    let found = against(known);
    if found.is_some() || row.is_gone {
        return found;
    }
    // The state itself was fetched, for the sake of other events; whether it was told, the events that were seen say.
    let fetched = told.filter(|record| record.ver.is_of_api_state())?;
    let again = against(None).filter(|again| !fetched.has_seen(&again.snapshot.uuid))?;
    Some(Difference {
        finding: Finding::Older,
        ..again
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use event::{Change, Document};
    use serde_json::json;

    use super::*;

    const WINDOW: Window = Window {
        since_micro: Some(0),
        until_micro: i64::MAX,
    };

    fn state(second: u32, title: &str) -> State {
        let value =
            json!({"id": 31, "title": title, "update_time": format!("2026-02-03T10:20:{second:02}Z")});
        value.as_object().unwrap().clone()
    }

    fn row(state: &State) -> Row<'_> {
        Row {
            company_id: 7,
            object: &Object::Deal,
            state,
            is_gone: false,
        }
    }

    /// A webhook within that second.
    fn told(second: u32, title: &str) -> Change {
        let meta = json!({"version": "2.0", "action": "change", "entity": "deal", "entity_id": "31", "company_id": "7",
                          "timestamp": format!("2026-02-03T10:20:{second:02}.250Z")});
        let body = json!({"data": state(second, title), "previous": null, "meta": meta}).to_string();
        Change::from_webhook(body.as_bytes()).unwrap()
    }

    fn record() -> LightRecord {
        LightRecord::blank(7, Object::Deal, EntityId::from(31))
    }

    fn finding(state: &State, record: &LightRecord) -> Option<Finding> {
        difference(&row(state), Some(record), WINDOW).map(|difference| difference.finding)
    }

    #[test]
    fn what_a_webhook_told_is_no_difference_and_what_came_after_it_is() {
        let mut record = record();
        record.apply(&told(10, "one"), 1);
        assert_eq!(finding(&state(10, "one"), &record), None);
        assert_eq!(finding(&state(9, "before"), &record), None);
        assert_eq!(finding(&state(11, "two"), &record), Some(Finding::Older));
        let nothing = difference(&row(&state(11, "two")), None, WINDOW);
        assert_eq!(nothing.unwrap().finding, Finding::Missing);
    }

    /// A contact that was looked up for a deal's sake is known here, and nobody was told of it.
    #[test]
    fn a_state_that_was_only_fetched_was_not_told() {
        let fetched = Document::from(state(10, "fetched"));
        let mut never = record();
        never.apply_api_state(&fetched);
        assert_eq!(finding(&state(10, "fetched"), &never), Some(Finding::Missing));
        let mut before = record();
        before.apply(&told(5, "one"), 1);
        before.apply_api_state(&fetched);
        assert_eq!(finding(&state(10, "fetched"), &before), Some(Finding::Older));
    }

    #[test]
    fn what_was_sent_is_not_found_again() {
        let state = state(10, "missed");
        let mut record = record();
        record.apply(&told(5, "one"), 1);
        let sent = difference(&row(&state), Some(&record), WINDOW).unwrap();
        record.apply(&Change::from_state(&sent.snapshot.body).unwrap(), 2);
        assert_eq!(finding(&state, &record), None);
    }

    #[test]
    fn a_deal_that_is_gone_is_told_once() {
        let state = state(12, "gone");
        let mut record = record();
        record.apply(&told(10, "one"), 1);
        let gone = Row {
            is_gone: true,
            ..row(&state)
        };
        let sent = difference(&gone, Some(&record), WINDOW).unwrap();
        assert_eq!(sent.finding, Finding::Gone);
        record.apply(&Change::from_state(&sent.snapshot.body).unwrap(), 2);
        assert!(record.gone.is_some());
        assert_eq!(difference(&gone, Some(&record), WINDOW), None);
        assert_eq!(
            difference(&gone, None, WINDOW),
            None,
            "nobody was told that it was there"
        );
    }
}
