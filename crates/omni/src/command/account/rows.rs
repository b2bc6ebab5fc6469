//! Rows of the API as records of `omni.raw`.

use event::snapshot::Marks;
use event::{Action, Object, Snapshot, identity};
use kafka::{Outgoing, Placement, Topic};
use pipedrive::State;

/// The record of one row; why it makes none.
pub(crate) fn record(marks: Marks<'_>, object: &Object, row: &State) -> Result<Outgoing, String> {
    let snapshot = Snapshot::of(marks.company_id, object, row).map_err(|error| error.to_string())?;
    Ok(outgoing(marks, object, Action::Added, snapshot))
}

/// A snapshot as a record.
pub(crate) fn outgoing(marks: Marks<'_>, object: &Object, action: Action, snapshot: Snapshot) -> Outgoing {
    let headers = snapshot.headers(marks, object, &action);
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(Some(marks.company_id), marks.source)),
        key: identity::message_key(marks.company_id, object, &snapshot.id).into_bytes(),
        headers: headers.to_pairs().into(),
        payload: Some(snapshot.body),
    }
}

/// The greatest id of a page, where ids are numbers.
pub(crate) fn greatest_id(rows: &[State]) -> u64 {
    rows.iter()
        .filter_map(|row| row.get("id")?.as_u64())
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use event::{Headers, Kind};
    use serde_json::json;

    use super::*;

    fn marks() -> Marks<'static> {
        Marks {
            company_id: 7,
            source: "crm",
            origin: event::snapshot::BACKFILL,
            now_micro: 5,
        }
    }

    #[test]
    fn a_row_goes_where_the_events_of_its_entity_go() {
        let row = json!({"id": 17, "title": "Roof", "update_time": "2026-02-03T10:20:30Z"});
        let record = record(marks(), &Object::Deal, row.as_object().unwrap()).unwrap();
        assert_eq!(record.placement, Placement::By("7".to_owned()));
        assert_eq!(record.key, b"7:deal:17");
        let headers = Headers::from_pairs(&record.headers).unwrap();
        assert_eq!(headers.kind, Kind::Backfill);
        assert_eq!(headers.action.as_deref(), Some("added"));
        assert_eq!(headers.origin.as_deref(), Some("backfill"));
        let change = event::Change::read(headers.kind, &record.payload.unwrap()).unwrap();
        assert_eq!(change.uuid, headers.event_uuid);
    }

    #[test]
    fn a_row_without_an_id_says_so() {
        let row = State::new();
        let error = record(marks(), &Object::Deal, &row).unwrap_err();
        assert_eq!(error, "the state has no id");
    }
}
