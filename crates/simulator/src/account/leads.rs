//! Leads: they come in, are looked at, become deals or are put away.

use std::sync::Arc;

use rand::RngExt;

use super::Account;
use super::deals::Prospect;
use super::fields::Holder;
use crate::change::Action;
use crate::entity::lead::Lead;
use crate::names::chance;

/// Leads beyond which no further one comes in before another is settled.
const LEADS_OPEN_MAX: usize = 400;

impl Account {
    pub(super) fn new_lead(&mut self) {
        if self.book.open_leads.len() >= LEADS_OPEN_MAX {
            return;
        }
        let person = self.book.live_persons.pick(&mut self.rng);
        let organization = person
            .and_then(|id| self.book.persons.get(&id))
            .and_then(|person| person.organization);
        let origin = self.an_origin();
        let value = chance(&mut self.rng, 500).then(|| self.a_value(origin.channel));
        let at = self.stamp(self.clock);
        let sheet = self.a_sheet(Holder::Deal);
        let lead = Lead {
            sheet,
            id: self.uuid(at),
            title: self.title(person, organization).replace(" deal", " lead"),
            person,
            organization,
            owner: self.actor,
            creator: self.actor,
            value,
            origin,
            seen: false,
            archived: false,
            expected_close: None,
            added: at,
            updated: at,
        };
        self.book.open_leads.add(lead.id);
        self.book.leads.insert(lead.id, lead.clone());
        self.record(Action::Added, at, None, Some(Arc::new(lead)));
    }

    pub(super) fn touch_lead(&mut self) {
        let grown = self.rng.random_range(0..2_u32) == 0;
        let value = self.a_value(None);
        self.change_lead(|lead| {
            lead.seen = true;
            if grown {
                lead.value = Some(value);
            }
        });
    }

    pub(super) fn archive_lead(&mut self) {
        if let Some(lead) = self.change_lead(|lead| lead.archived = true) {
            self.book.open_leads.remove(lead.id);
            self.forget_leads();
        }
    }

    /// The lead becomes a deal and is gone.
    pub(super) fn convert_lead(&mut self) {
        let Some(id) = self.book.open_leads.pick(&mut self.rng) else {
            return;
        };
        let Some(lead) = self.book.leads.remove(&id) else {
            return;
        };
        self.book.open_leads.remove(id);
        self.add_deal(Prospect {
            person: lead.person,
            organization: lead.organization,
            origin: lead.origin.clone(),
            lead: Some(id),
            value: lead.value,
        });
        let at = self.stamp(lead.updated);
        self.record(Action::Deleted, at, Some(Arc::new(lead)), None);
    }

    fn change_lead(&mut self, edit: impl FnOnce(&mut Lead)) -> Option<Lead> {
        let id = self.book.open_leads.pick(&mut self.rng)?;
        let before = self.book.leads.get(&id)?.clone();
        let at = self.stamp(before.updated);
        let mut after = before.clone();
        edit(&mut after);
        self.touch(Holder::Deal, &mut after.sheet);
        after.updated = at;
        self.book.leads.insert(id, after.clone());
        self.record(
            Action::Updated,
            at,
            Some(Arc::new(before)),
            Some(Arc::new(after.clone())),
        );
        Some(after)
    }

    /// Keeps as many archived leads as there may be open ones.
    fn forget_leads(&mut self) {
        let archived = |lead: &&Lead| lead.archived;
        if self.book.leads.len() > 2 * LEADS_OPEN_MAX
            && let Some(id) = self
                .book
                .leads
                .values()
                .filter(archived)
                .min_by_key(|lead| lead.updated)
                .map(|lead| lead.id)
        {
            self.book.leads.remove(&id);
        }
    }
}
