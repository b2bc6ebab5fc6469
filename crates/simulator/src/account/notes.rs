//! Notes: written about a deal, corrected, thrown away.

use std::sync::Arc;

use rand::RngExt;

use super::Account;
use crate::catalogue::NOTES;
use crate::change::Action;
use crate::entity::note::Note;
use crate::names::{chance, one_of};

impl Account {
    pub(super) fn add_note(&mut self) {
        let picked = self.book.open_deals.pick(&mut self.rng);
        let Some(deal) = picked.and_then(|id| self.book.deals.get(&id)) else {
            return;
        };
        let (deal, person, organization) = (deal.id, deal.person, deal.organization);
        let id = self.book.next_id();
        let at = self.stamp(self.clock);
        let note = Note {
            id,
            content: format!("<p>{}</p>", one_of(&mut self.rng, NOTES, "")),
            user: self.actor,
            deal: Some(deal),
            person,
            organization,
            pinned: chance(&mut self.rng, 100),
            deleted: false,
            added: at,
            updated: at,
        };
        self.book.put_note(note.clone());
        self.record(Action::Added, at, None, Some(Arc::new(note)));
    }

    pub(super) fn edit_note(&mut self) {
        let Some(before) = self.a_note() else { return };
        let more = one_of(&mut self.rng, NOTES, "");
        let at = self.stamp(before.updated);
        let after = Note {
            content: format!("<p>{more}</p><p>(corrected)</p>"),
            updated: at,
            ..before.clone()
        };
        self.book.put_note(after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    pub(super) fn delete_note(&mut self) {
        let Some(before) = self.a_note() else { return };
        let at = self.stamp(before.updated);
        self.book.put_note(Note {
            deleted: true,
            updated: at,
            ..before.clone()
        });
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    fn a_note(&mut self) -> Option<Note> {
        let place = self.rng.random_range(0..self.book.notes.len().max(1));
        let note = self.book.notes.values().nth(place)?;
        (!note.deleted).then(|| note.clone())
    }
}
