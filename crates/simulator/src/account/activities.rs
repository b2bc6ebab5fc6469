//! Activities: planned for a deal, done, or dropped.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::Account;
use crate::catalogue::ACTIVITIES;
use crate::change::Action;
use crate::entity::activity::Activity;
use crate::names::one_of;

const DAY: Duration = Duration::from_hours(24);

impl Account {
    pub(super) fn add_activity(&mut self) {
        let Some(deal) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        let Some(deal) = self.book.deals.get_mut(&deal) else {
            return;
        };
        deal.activities += 1;
        let (deal, person, organization) = (deal.id, deal.person, deal.organization);
        let (kind, subject) = one_of(&mut self.rng, ACTIVITIES, ("call", "Call"));
        let id = self.book.next_id();
        let at = self.stamp(self.clock);
        let activity = Activity {
            id,
            company: self.founding.company,
            kind,
            subject,
            done: false,
            deal: Some(deal),
            person,
            organization,
            owner: self.actor,
            deleted: false,
            due: at.plus(DAY * self.rng.random_range(0..10_u32)),
            added: at,
            updated: at,
        };
        self.book.put_activity(activity.clone());
        self.record(Action::Added, at, None, Some(Arc::new(activity)));
    }

    pub(super) fn finish_activity(&mut self) {
        let Some(before) = self.a_task() else { return };
        if let Some(deal) = before.deal.and_then(|id| self.book.deals.get_mut(&id)) {
            deal.activities_done = (deal.activities_done + 1).min(deal.activities);
        }
        let at = self.stamp(before.updated);
        let after = Activity {
            done: true,
            updated: at,
            ..before.clone()
        };
        self.book.put_activity(after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }

    pub(super) fn delete_activity(&mut self) {
        let Some(before) = self.a_task() else { return };
        let at = self.stamp(before.updated);
        self.book.put_activity(Activity {
            deleted: true,
            updated: at,
            ..before.clone()
        });
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    fn a_task(&mut self) -> Option<Activity> {
        let id = self.book.tasks.pick(&mut self.rng)?;
        self.book.activities.get(&id).cloned()
    }
}
