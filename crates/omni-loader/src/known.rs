//! Events that may be in the table already although they come for the first time here: replays, backfills, and flat events
//! from outside. The table is asked for them, after the insert before was acknowledged; and a batch may hold one twice.
use event::{HeadersRef, Kind, header};
use hashbrown::HashMap;
use kafka::Record;
use template::Envelope;
use uuid::Uuid;
use warehouse::Loaded;

use crate::kept_out::KeptOut;
use crate::origin::company_of;

/// Greatest revision by company and event.
#[derive(Debug, Default)]
pub(crate) struct Known {
    revisions: HashMap<(u64, Uuid), u8>,
    pub(crate) kept_out: KeptOut,
}

impl Known {
    /// Nothing to ask for.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// What the table said of the candidates.
    pub(crate) fn learn(&mut self, loaded: Vec<Loaded>) {
        for event in loaded {
            if let Ok(uuid) = Uuid::parse_str(&event.uuid) {
                self.add((event.company_id, uuid), event.revision);
            }
        }
    }

    /// And who is kept out of archives.
    pub(crate) fn keep_out(&mut self, kept_out: KeptOut) {
        self.kept_out = kept_out;
    }

    /// Company and event of a record that must be asked for.
    pub(crate) fn candidate(record: &Record) -> Option<(u64, String)> {
        let kind = record.header(header::KIND)?;
        let may_be_there = record.header(header::REPLAY).is_some()
            || [Kind::Backfill, Kind::Flat].map(Kind::as_str).contains(&kind);
        if !may_be_there {
            return None;
        }
        let headers = HeadersRef::from_pairs(&record.headers).ok()?;
        Some((company_of(record)?, headers.event_uuid.to_string()))
    }

    /// Whether the table, or this batch, has this event in this revision or a later one.
    pub(crate) fn has(&self, envelope: &Envelope) -> bool {
        let revision = self.revisions.get(&(envelope.company_id, envelope.uuid));
        revision.is_some_and(|revision| *revision >= envelope.revision)
    }

    /// Its row is part of the batch.
    pub(crate) fn loads(&mut self, envelope: &Envelope) {
        self.add((envelope.company_id, envelope.uuid), envelope.revision);
    }

    fn add(&mut self, event: (u64, Uuid), revision: u8) {
        let known = self.revisions.entry(event).or_insert(revision);
        *known = (*known).max(revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(company_id: u64, revision: u8) -> Envelope {
        Envelope {
            company_id,
            uuid: Uuid::from_u128(5),
            ver: 0,
            revision,
            time_micro: 0,
            received_at_micro: 0,
        }
    }

    #[test]
    fn an_event_is_there_in_its_revision_or_a_later_one() {
        let mut known = Known::nothing();
        known.learn(vec![Loaded {
            company_id: 7,
            uuid: Uuid::from_u128(5).to_string(),
            revision: 1,
        }]);
        assert!(known.has(&envelope(7, 0)) && known.has(&envelope(7, 1)));
        assert!(!known.has(&envelope(7, 2)) && !known.has(&envelope(8, 0)));
        known.loads(&envelope(7, 2));
        assert!(known.has(&envelope(7, 2)), "twice in one batch");
    }
}
