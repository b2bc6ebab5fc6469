//! Two that are one: the survivor is merged, the loser deleted, and what pointed at the loser points on.

use std::sync::Arc;

use super::Account;
use crate::change::{Action, Change};
use crate::entity::organization::Organization;

/// A loser with more deals than this is left alone: each of them changes too.
const DEALS_MOVED_MAX: usize = 5;

impl Account {
    pub(super) fn merge_deals(&mut self) {
        let Some((survivor, loser)) = self.book.open_deals.pick_two(&mut self.rng) else {
            return;
        };
        let Some(lost) = self.book.deals.get(&loser).cloned() else {
            return;
        };
        self.change_deal(survivor, |deal, _| {
            deal.activities += lost.activities;
            deal.activities_done += lost.activities_done;
            deal.person = deal.person.or(lost.person);
            deal.organization = deal.organization.or(lost.organization);
            deal.setup_fee = deal
                .setup_fee
                .or(lost.setup_fee.filter(|_| deal.currency == lost.currency));
        });
        self.mark_merged(loser);
        self.remove_deal(loser);
        self.mark_loser(survivor);
    }

    pub(super) fn merge_persons(&mut self) {
        let Some((survivor, loser)) = self.book.live_persons.pick_two(&mut self.rng) else {
            return;
        };
        let deals = self.book.deals_where(|deal| deal.person == Some(loser));
        let has_leads = self.book.leads.values().any(|lead| lead.person == Some(loser));
        if has_leads || deals.len() > DEALS_MOVED_MAX {
            return;
        }
        let Some(lost) = self.book.persons.get(&loser).cloned() else {
            return;
        };
        self.change_person(survivor, |person, _| {
            person.phone = person.phone.take().or(lost.phone);
            person.email = person.email.take().or(lost.email);
            person.position = person.position.or(lost.position);
        });
        self.mark_merged(loser);
        self.remove_person(loser);
        self.mark_loser(survivor);
        for deal in deals {
            self.change_deal(deal, |deal, _| deal.person = Some(survivor));
            self.mark(|change| change.bulk = true);
        }
    }

    pub(super) fn merge_organizations(&mut self) {
        let Some((survivor, loser)) = self.book.live_organizations.pick_two(&mut self.rng) else {
            return;
        };
        let people: Vec<u64> = self
            .book
            .persons
            .values()
            .filter(|person| person.organization == Some(loser) && !person.deleted)
            .map(|p| p.id)
            .collect();
        let deals = self.book.deals_where(|deal| deal.organization == Some(loser));
        let has_leads = self
            .book
            .leads
            .values()
            .any(|lead| lead.organization == Some(loser));
        if has_leads || people.len() + deals.len() > DEALS_MOVED_MAX {
            return;
        }
        let moved = people.len() as u64;
        self.change_organization(survivor, |organization, _| organization.people += moved);
        self.mark_merged(loser);
        self.remove_organization(loser);
        self.mark_loser(survivor);
        for person in people {
            self.change_person(person, |person, _| person.organization = Some(survivor));
            self.mark(|change| change.bulk = true);
        }
        for deal in deals {
            self.change_deal(deal, |deal, _| deal.organization = Some(survivor));
            self.mark(|change| change.bulk = true);
        }
    }

    fn remove_organization(&mut self, id: u64) {
        let Some(before) = self.book.organizations.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated);
        self.book.put_organization(Organization {
            deleted: true,
            updated: at,
            ..before.clone()
        });
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    fn mark_merged(&mut self, loser: u64) {
        self.mark(|change| {
            change.action = Action::Merged;
            change.merged_from = Some(loser.to_string());
        });
    }

    fn mark_loser(&mut self, survivor: u64) {
        self.mark(|change| change.merged_into = Some(survivor.to_string()));
    }

    fn mark(&mut self, edit: impl FnOnce(&mut Change)) {
        if let Some(change) = self.agenda.back_mut() {
            edit(change);
        }
    }
}
