//! Organizations and the persons who work there.

use std::sync::Arc;

use rand::RngExt;

use super::Account;
use super::book::PERSONS_MAX;
use super::fields::Holder;
use crate::catalogue::{INDUSTRIES, PERSON_LABELS, POSITIONS};
use crate::change::Action;
use crate::entity::organization::Organization;
use crate::entity::person::Person;
use crate::moment::Moment;
use crate::names::{self, chance, one_of};

impl Account {
    /// An organization and a person there; sometimes a person alone, sometimes at an organization we know.
    pub(super) fn new_customer(&mut self) {
        if self.book.persons.len() >= PERSONS_MAX.max(self.founding.contacts as usize) {
            return;
        }
        let organization = match self.rng.random_range(0..10_u32) {
            0 => None,
            1 => self.book.live_organizations.pick(&mut self.rng),
            _ => Some(self.add_organization()),
        };
        self.add_person(organization);
    }

    fn add_organization(&mut self) -> u64 {
        let id = self.book.next_id();
        let (name, domain) = names::firm(&mut self.rng);
        let at = self.stamp(self.clock);
        let sheet = self.a_sheet(Holder::Organization);
        let organization = Organization {
            id,
            sheet,
            company: self.founding.company,
            name,
            domain,
            address: chance(&mut self.rng, 750).then(|| names::address(&mut self.rng)),
            industry: chance(&mut self.rng, 800).then(|| one_of(&mut self.rng, INDUSTRIES, (1, "")).0),
            employees: chance(&mut self.rng, 700).then(|| self.a_headcount()),
            owner: self.actor,
            people: 0,
            deleted: false,
            added: at,
            updated: at,
        };
        self.book.put_organization(organization.clone());
        self.record(Action::Added, at, None, Some(Arc::new(organization)));
        id
    }

    fn add_person(&mut self, organization: Option<u64>) {
        let id = self.book.next_id();
        let (first_name, last_name) = names::person(&mut self.rng);
        let firm = organization.and_then(|id| self.book.organizations.get(&id));
        let domain = firm.map_or("mail.example", |firm| firm.domain.as_str());
        let email = names::mailbox(&first_name, &last_name, domain);
        let at = self.stamp(self.clock);
        let sheet = self.a_sheet(Holder::Person);
        let person = Person {
            id,
            sheet,
            company: self.founding.company,
            first_name,
            last_name,
            email: chance(&mut self.rng, 920).then_some(email),
            phone: chance(&mut self.rng, 650).then(|| names::phone(&mut self.rng)),
            position: chance(&mut self.rng, 700).then(|| one_of(&mut self.rng, POSITIONS, "Office Manager")),
            organization,
            owner: self.actor,
            label: chance(&mut self.rng, 300).then(|| one_of(&mut self.rng, PERSON_LABELS, (6, "")).0),
            deleted: false,
            added: at,
            updated: at,
        };
        if let Some(firm) = organization.and_then(|id| self.book.organizations.get_mut(&id)) {
            firm.people += 1;
        }
        self.book.put_person(person.clone());
        self.record(Action::Added, at, None, Some(Arc::new(person)));
    }

    pub(super) fn edit_person(&mut self) {
        let Some(id) = self.book.live_persons.pick(&mut self.rng) else {
            return;
        };
        let phone = names::phone(&mut self.rng);
        let position = one_of(&mut self.rng, POSITIONS, "Office Manager");
        let (_, last_name) = names::person(&mut self.rng);
        let what = self.rng.random_range(0..10_u32);
        self.change_person(id, |person, _| match what {
            0..5 => person.phone = Some(phone),
            5..9 => person.position = Some(position),
            _ => person.last_name = last_name,
        });
    }

    pub(super) fn edit_organization(&mut self) {
        let Some(id) = self.book.live_organizations.pick(&mut self.rng) else {
            return;
        };
        let (address, headcount) = (names::address(&mut self.rng), self.a_headcount());
        let industry = one_of(&mut self.rng, INDUSTRIES, (1, "")).0;
        let what = self.rng.random_range(0..10_u32);
        self.change_organization(id, |organization, _| match what {
            0..4 => organization.address = Some(address),
            4..8 => organization.employees = Some(headcount),
            _ => organization.industry = Some(industry),
        });
    }

    /// Deletes a person with whom there is no deal and no lead.
    pub(super) fn delete_person(&mut self) {
        let Some(id) = self.book.live_persons.pick(&mut self.rng) else {
            return;
        };
        let has_deals = self
            .book
            .deals
            .values()
            .any(|deal| deal.person == Some(id) && !deal.deleted);
        let has_leads = self.book.leads.values().any(|lead| lead.person == Some(id));
        if !has_deals && !has_leads {
            self.remove_person(id);
        }
    }

    pub(super) fn remove_person(&mut self, id: u64) {
        let Some(before) = self.book.persons.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated);
        self.book.put_person(Person {
            deleted: true,
            updated: at,
            ..before.clone()
        });
        if let Some(firm) = before
            .organization
            .and_then(|id| self.book.organizations.get_mut(&id))
        {
            firm.people = firm.people.saturating_sub(1);
        }
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    pub(super) fn change_person(&mut self, id: u64, edit: impl FnOnce(&mut Person, Moment)) {
        let Some(before) = self.book.persons.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated);
        let mut after = before.clone();
        edit(&mut after, at);
        self.touch(Holder::Person, &mut after.sheet);
        after.updated = at;
        self.book.put_person(after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    pub(super) fn change_organization(&mut self, id: u64, edit: impl FnOnce(&mut Organization, Moment)) {
        let Some(before) = self.book.organizations.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated);
        let mut after = before.clone();
        edit(&mut after, at);
        self.touch(Holder::Organization, &mut after.sheet);
        after.updated = at;
        self.book.put_organization(after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    fn a_headcount(&mut self) -> u64 {
        let most = [9, 49, 249, 1_500];
        let size = self.rng.random_range(0..4_usize);
        self.rng.random_range(1..=most.get(size).copied().unwrap_or(9))
    }
}
