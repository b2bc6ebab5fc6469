//! A state that the API gave, as an event of its own (DESIGN 4): what `omni backfill` puts on `omni.raw`.
//!
//! Its body has the shape of a webhook v2 with the state as fetched, so that whoever looks into the topic or the archive
//! finds what stands beside it. It tells of no moment but the state's own: the same state is the same event, whenever and
//! however often it is fetched.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::webhook::{Refusal, Webhook};
use crate::{Action, EntityId, Headers, Kind, Map, Object, Version, moment, normalize, prevalidate};

/// The event of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub id: EntityId,
    pub uuid: Uuid,
    /// [`changed_at`], the start of its second.
    pub time_micro: i64,
    pub body: Vec<u8>,
}

/// Why a state makes no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSnapshot {
    #[error("the state has no id")]
    NoId,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Header `origin` of what `omni backfill` sends.
pub const BACKFILL: &str = "backfill";
/// Header `origin` of what was found missing when the account was held against the warehouse.
pub const RECONCILE: &str = "reconcile";

/// How the events of an account's rows are marked.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    pub company_id: u64,
    pub source: &'a str,
    /// What sends them: [`BACKFILL`], [`RECONCILE`].
    pub origin: &'static str,
    pub now_micro: i64,
}

impl Snapshot {
    /// The event that a row of the API makes: `added`, at the start of the second in which it was changed last.
    ///
    /// # Errors
    /// A row without `id` (of a definition of a field: `field_code`), or one that prevalidation refuses.
    pub fn of(company_id: u64, object: &Object, state: &Map) -> Result<Self, NoSnapshot> {
        let time_micro = moment::start_of_second(changed_at(|key| state.get(key)).unwrap_or(0));
        Self::made(company_id, object, state, "create", time_micro)
    }

    /// The event of an entity that is gone: its last state, and the second in which it went.
    ///
    /// # Errors
    /// As [`Snapshot::of`].
    pub fn of_gone(
        company_id: u64,
        object: &Object,
        state: &Map,
        gone_micro: i64,
    ) -> Result<Self, NoSnapshot> {
        let time_micro = moment::start_of_second(gone_micro);
        Self::made(company_id, object, state, "delete", time_micro)
    }

    /// What its record on `omni.raw` says of it.
    pub fn headers(&self, marks: Marks<'_>, object: &Object, action: &Action) -> Headers {
        let mut headers = Headers::new(self.uuid, Kind::Backfill, marks.source, marks.now_micro);
        headers.webhook_version = Some(Version::V2);
        headers.object = Some(object.to_string());
        headers.action = Some(action.to_string());
        headers.origin = Some(marks.origin.to_owned());
        headers
    }

    fn made(
        company_id: u64,
        object: &Object,
        state: &Map,
        action: &str,
        time_micro: i64,
    ) -> Result<Self, NoSnapshot> {
        let id = ["id", "field_code"].iter().find_map(|key| state.get(*key));
        let id = id.and_then(EntityId::from_value).ok_or(NoSnapshot::NoId)?;
        let meta = json!({
            "version": "2.0",
            "action": action,
            "entity": object.as_str(),
            "entity_id": id.to_string(),
            "company_id": company_id.to_string(),
            "timestamp": moment::to_rfc3339(time_micro),
        });
        let body = match action {
            "delete" => json!({"data": null, "meta": meta, "previous": state}),
            _ => json!({"data": state, "meta": meta, "previous": null}),
        };
        let body = body.to_string().into_bytes();
        let webhook = Webhook::parse(&body)?;
        prevalidate::check(&webhook).map_err(Refusal::Invalid)?;
        let uuid = normalize::envelope(&webhook)?.uuid;
        Ok(Self {
            id,
            uuid,
            time_micro,
            body,
        })
    }
}

/// When a state was changed last, as it says itself: a user says `modified`, what never was changed only when it was
/// added. `None` when it does not say (definitions of fields).
pub fn changed_at<'s>(field: impl Fn(&str) -> Option<&'s Value>) -> Option<i64> {
    ["update_time", "modified", "add_time", "created"]
        .iter()
        .find_map(|key| field(key)?.as_str().and_then(moment::parse))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Action, Change, Ver};

    fn map(value: Value) -> Map {
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    fn deal() -> Map {
        let text = r#"{"id":17,"title":"Roof","value":10.50,"update_time":"2026-02-03T10:20:30.750Z","add_time":"2026-01-01T00:00:00Z"}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_state_is_an_event_of_the_second_it_was_changed_in() {
        let snapshot = Snapshot::of(7, &Object::Deal, &deal()).unwrap();
        let change = Change::from_state(&snapshot.body).unwrap();
        assert_eq!(
            (change.action, change.company_id, change.id.to_string()),
            (Action::Added, 7, "17".to_owned())
        );
        assert_eq!(change.uuid, snapshot.uuid);
        assert_eq!(change.time_micro, moment::parse("2026-02-03T10:20:30Z").unwrap());
        assert_eq!(change.ver, Ver::of_api_state(change.time_micro));
        assert_eq!(change.current.unwrap().get("value").unwrap().to_string(), "10.50");
    }

    #[test]
    fn the_same_state_is_the_same_event() {
        let once = Snapshot::of(7, &Object::Deal, &deal()).unwrap();
        assert_eq!(Snapshot::of(7, &Object::Deal, &deal()).unwrap(), once);
        let mut changed = deal();
        changed.insert("title".to_owned(), "Wall".into());
        assert_ne!(Snapshot::of(7, &Object::Deal, &changed).unwrap().uuid, once.uuid);
        assert_ne!(Snapshot::of(8, &Object::Deal, &deal()).unwrap().uuid, once.uuid);
    }

    #[test]
    fn what_is_gone_is_deleted_with_its_last_state() {
        let gone_at = moment::parse("2026-02-04T00:00:00.5Z").unwrap();
        let snapshot = Snapshot::of_gone(7, &Object::Deal, &deal(), gone_at).unwrap();
        let change = Change::from_state(&snapshot.body).unwrap();
        assert_eq!(
            (change.action, change.id.to_string()),
            (Action::Deleted, "17".to_owned())
        );
        assert_eq!(change.ver, Ver::of_api_state(moment::start_of_second(gone_at)));
        assert!(change.current.is_none() && change.state().is_some());
        let added = Change::from_state(&Snapshot::of(7, &Object::Deal, &deal()).unwrap().body).unwrap();
        assert!(change.ver > added.ver && change.uuid != added.uuid);
    }

    #[test]
    fn each_kind_of_row_says_when_it_was_changed() {
        let at = |state: Value| changed_at(|key| state.get(key)).map(moment::to_rfc3339);
        let expected = Some("2026-02-03T10:20:30.000000Z".to_owned());
        for state in [
            json!({"update_time": "2026-02-03T10:20:30Z", "add_time": "2025-01-01T00:00:00Z"}),
            json!({"modified": "2026-02-03 10:20:30", "created": "2025-01-01 00:00:00"}),
            json!({"update_time": null, "add_time": "2026-02-03T10:20:30Z"}),
        ] {
            assert_eq!(at(state), expected);
        }
        assert_eq!(at(json!({"field_code": "x"})), None);
    }

    #[test]
    fn a_field_goes_by_its_code_and_a_row_without_id_makes_no_event() {
        let field = Object::from("deal_field");
        let row = map(json!({"field_code": "channel", "field_name": "Channel"}));
        let snapshot = Snapshot::of(7, &field, &row).unwrap();
        assert_eq!(
            (snapshot.id.to_string(), snapshot.time_micro),
            ("channel".to_owned(), 0)
        );
        assert_eq!(
            Snapshot::of(7, &field, &map(json!({"name": "x"}))),
            Err(NoSnapshot::NoId)
        );
    }

    #[test]
    fn a_state_never_goes_before_an_event_of_its_second_and_its_revisions_follow_it() {
        let change = Change::from_state(&Snapshot::of(7, &Object::Deal, &deal()).unwrap().body).unwrap();
        let first = change.ver;
        let second = change.revised(1);
        assert_eq!(second.ver, Ver(first.0 + 1));
        assert_eq!(second.ver.revision(), 1);
    }
}
