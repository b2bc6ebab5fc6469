//! The order to forget a person, or to let it come back; in its place among the person's own events.

use event::erasure::{self, Erasure};
use event::note::{PENDING, Pending};
use event::{Headers, Object};
use kafka::{Outgoing, Record};

use super::{Enricher, errands};
use crate::emit;
use crate::key::{Key, PersonKey};
use crate::store::StoreError;

/// The rule that leaves out an event of a person who is kept out.
pub(super) const SUPPRESSED: &str = "suppressed";

impl Enricher {
    /// Obeys, and passes the order on: its end is on record like any other's.
    pub(super) fn erase(
        &mut self,
        record: &Record,
        headers: &Headers,
        company_id: u64,
        erasure: &Erasure,
    ) -> Result<Outgoing, StoreError> {
        let person = PersonKey {
            partition: record.partition,
            company_id,
            person_id: erasure.person_id,
        };
        if erasure.lifted {
            self.states.let_in(&person, headers);
        } else {
            self.states.erase(&person, headers)?;
            self.forget_waiting(&person, headers)?;
            // Nobody waits for it any longer.
            self.completions.hear(person.record_key());
        }
        self.done.count("passed", headers.kind.as_str());
        Ok(emit::passed(record))
    }

    /// Events that wait to be completed keep their bodies: those that say who the person is stay as they went on.
    fn forget_waiting(&mut self, person: &PersonKey, headers: &Headers) -> Result<(), StoreError> {
        let mut notes: Vec<Key> = self.states.new_notes().cloned().collect();
        self.states.store().each_note(person.partition, |key, _| {
            notes.push(key);
            Ok(())
        })?;
        let pending = event::note::key(person.company_id, PENDING, "");
        notes.retain(|note| note.text.starts_with(&pending));
        for note in notes {
            let kept = self.states.note_kept(&note)?;
            let says_who = |pending: Pending| is_about(&pending, person.person_id);
            if kept.as_deref().and_then(Pending::read).is_some_and(says_who) {
                self.states.keep_note(note.clone(), None, headers);
                self.completions.decide(note, Vec::new());
            }
        }
        Ok(())
    }
}

fn is_about(pending: &Pending, person_id: u64) -> bool {
    let Some((mut change, _)) = errands::read(pending) else {
        return false;
    };
    let is_own = change.object == Object::Person && change.id.as_u64() == Some(person_id);
    is_own || erasure::strip_change(&mut change, &|id| id == person_id)
}
