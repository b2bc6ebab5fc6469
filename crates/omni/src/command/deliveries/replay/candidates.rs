//! Which events are sent again.

use std::collections::{HashMap, HashSet};

use event::Headers;
use kafka::Record;
use omni_activation::Selection;
use uuid::Uuid;
use warehouse::{Param, Warehouse};

const LAST: &str = include_str!("../../../../sql/deliveries_last.sql");
const DELIVERED: &str = "delivered";
const MICROS_PER_MILLI: i64 = 1_000;

/// What is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Only {
    /// What was given up, and not taken since
    Failed,
    /// Also what the destination has
    All,
}

/// What was asked for, and what the destination has of it.
#[derive(Debug)]
pub(super) struct Candidates {
    only: Only,
    selection: Selection,
    since_micro: i64,
    /// Whether it has it, of each event it was told of.
    has: HashMap<Uuid, bool>,
}

/// An event that is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) uuid: Uuid,
    /// The destination has it already.
    pub(super) is_there: bool,
}

impl Candidates {
    pub(super) async fn ask(
        warehouse: &Warehouse,
        destination: &str,
        selection: Selection,
        since_micro: i64,
        only: Only,
    ) -> anyhow::Result<Self> {
        let parameters = [
            ("destination", destination.into()),
            ("since", Param::Int(since_micro)),
        ];
        let rows: Vec<(Uuid, String)> = warehouse.select(LAST, &parameters).await?;
        let has = rows.into_iter().map(|(uuid, last)| (uuid, last == DELIVERED));
        Ok(Self {
            only,
            selection,
            since_micro,
            has: has.collect(),
        })
    }

    /// How many events were given up.
    pub(super) fn failed(&self) -> usize {
        self.has.values().filter(|is_there| !**is_there).count()
    }

    /// Where to begin reading: what was given up may be much older than that.
    pub(super) fn since_ms(&self) -> Option<i64> {
        (self.only == Only::All).then_some(self.since_micro / MICROS_PER_MILLI)
    }

    /// How many are looked for, where that is known.
    pub(super) fn wanted(&self) -> Option<usize> {
        (self.only == Only::Failed).then(|| self.failed())
    }

    /// Whether a record is one of them; `seen` holds those that were. Replays and revisions are no first sending.
    pub(super) fn pick(&self, record: &Record, seen: &mut HashSet<Uuid>) -> Option<Candidate> {
        let headers = Headers::from_pairs(&record.headers).ok()?;
        let uuid = headers.event_uuid;
        let known = self.has.get(&uuid).copied();
        let is_wanted = match self.only {
            Only::Failed => known == Some(false),
            Only::All => true,
        };
        let is_first = headers.replay.is_none() && self.selection.wants(record).is_ok();
        if !is_wanted || !is_first || !seen.insert(uuid) {
            return None;
        }
        let is_there = known.unwrap_or(false);
        Some(Candidate { uuid, is_there })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::Kind;
    use kafka::Topic;
    use omni_activation::DestinationSettings;

    fn record(number: u128, change: impl Fn(&mut Headers), flat: &str) -> Record {
        let mut headers = Headers::new(Uuid::from_u128(number), Kind::Webhook, "crm", 0);
        change(&mut headers);
        Record {
            topic: Topic::Flat,
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: Vec::new(),
            payload: Some(flat.as_bytes().to_vec()),
            headers: headers.to_pairs().into(),
        }
    }

    fn candidates(only: Only) -> Candidates {
        let settings = DestinationSettings {
            filter: "deal_id != 4".parse().ok(),
            ..DestinationSettings::default()
        };
        Candidates {
            only,
            selection: Selection::new("tags", &settings),
            since_micro: 7_000_000,
            has: [(Uuid::from_u128(1), false), (Uuid::from_u128(2), true)].into(),
        }
    }

    fn picked(only: Only, records: &[Record]) -> Vec<u128> {
        let (candidates, mut seen) = (candidates(only), HashSet::new());
        let picked = records
            .iter()
            .filter_map(|record| candidates.pick(record, &mut seen));
        picked.map(|candidate| candidate.uuid.as_u128()).collect()
    }

    #[test]
    fn only_what_was_given_up_is_sent_unless_all_is_asked_for() {
        let records = [1, 2, 3, 1].map(|number| record(number, |_| {}, "{}"));
        assert_eq!(picked(Only::Failed, &records), [1]);
        assert_eq!(picked(Only::All, &records), [1, 2, 3]);
        assert_eq!(
            (
                candidates(Only::Failed).wanted(),
                candidates(Only::All).since_ms()
            ),
            (Some(1), Some(7_000))
        );
    }

    #[test]
    fn replays_revisions_backfills_and_what_is_for_others_are_no_first_sending() {
        let records = [
            record(1, |_| {}, r#"{"deal_id":4}"#),
            record(1, |headers| headers.replay = Some("r".to_owned()), "{}"),
            record(1, |headers| headers.kind = Kind::Backfill, "{}"),
            record(1, |_| {}, r#"{"event_revision":1}"#),
        ];
        assert_eq!(picked(Only::All, &records), [0_u128; 0]);
    }
}
