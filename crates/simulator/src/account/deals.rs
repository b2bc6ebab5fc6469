//! Deals: made, moved, valued, won, lost, opened again, deleted.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Account;
use super::fields::Holder;
use crate::catalogue::{LOST_REASONS, WHOLE};
use crate::change::Action;
use crate::entity::custom::PRODUCT_LINE;
use crate::entity::deal::{Deal, Origin, Status};
use crate::moment::Moment;
use crate::names::{chance, one_of, pick};

const DAY: Duration = Duration::from_hours(24);

/// Who a new deal is with, and how it came.
pub(super) struct Prospect {
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub origin: Origin,
    pub lead: Option<Uuid>,
    pub value: Option<(Decimal, &'static str)>,
}

impl Account {
    /// A deal with a contact that is already known; once in a while with nobody.
    pub(super) fn new_deal(&mut self) {
        let person = self
            .book
            .live_persons
            .pick(&mut self.rng)
            .filter(|_| chance(&mut self.rng, 960));
        self.new_deal_with(person);
    }

    /// A deal with the contact that was added last.
    pub(super) fn new_deal_of_newest(&mut self) {
        let newest = self.book.persons.keys().next_back().copied();
        self.new_deal_with(newest);
    }

    fn new_deal_with(&mut self, person: Option<u64>) {
        let organization = person
            .and_then(|id| self.book.persons.get(&id))
            .and_then(|person| person.organization);
        let origin = self.an_origin();
        self.add_deal(Prospect {
            person,
            organization,
            origin,
            lead: None,
            value: None,
        });
    }

    pub(super) fn add_deal(&mut self, prospect: Prospect) {
        let id = self.book.next_id();
        let pipeline = if chance(&mut self.rng, 850) { 1 } else { 2 };
        let first = self
            .book
            .stages_of(pipeline)
            .first()
            .map_or((1, 1), |stage| (stage.id, stage.order));
        let (value, currency) = prospect
            .value
            .unwrap_or_else(|| self.a_value(prospect.origin.channel));
        let at = self.stamp(self.clock);
        let lines = self.fields.option_ids(Holder::Deal, PRODUCT_LINE.key);
        let sheet = self.a_sheet(Holder::Deal);
        let deal = Deal {
            id,
            title: self.title(prospect.person, prospect.organization),
            value,
            currency,
            status: Status::Open,
            deleted: false,
            archived: None,
            stage: first.0,
            stage_order: first.1,
            pipeline,
            owner: self.actor,
            creator: self.actor,
            person: prospect.person,
            organization: prospect.organization,
            label: self.a_label(),
            lost_reason: None,
            origin: prospect.origin,
            lead: prospect.lead,
            product_line: chance(&mut self.rng, 700)
                .then(|| pick(&mut self.rng, &lines))
                .flatten(),
            sheet,
            setup_fee: chance(&mut self.rng, 200)
                .then(|| Decimal::new(self.rng.random_range(9_900..99_900_i64), 2)),
            activities: 0,
            activities_done: 0,
            expected_close: chance(&mut self.rng, 700)
                .then(|| at.plus(DAY * self.rng.random_range(10..90_u32))),
            added: at,
            updated: None,
            stage_changed: None,
            won: None,
            lost: None,
            closed: None,
            first_won: None,
        };
        self.book.put_deal(deal.clone());
        self.record(Action::Added, at, None, Some(Arc::new(deal)));
    }

    pub(super) fn advance(&mut self) {
        let Some(id) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        if !self.move_by(id, 1) {
            if chance(&mut self.rng, 550) {
                self.win_deal(id);
            } else {
                self.lose_deal(id);
            }
        }
    }

    pub(super) fn step_back(&mut self) {
        if let Some(id) = self.book.open_deals.pick(&mut self.rng) {
            self.move_by(id, -1);
        }
    }

    /// False when there is no such stage.
    fn move_by(&mut self, id: u64, by: i64) -> bool {
        let Some(deal) = self.book.deals.get(&id) else {
            return false;
        };
        let order = deal.stage_order.checked_add_signed(by);
        let next = self
            .book
            .stages_of(deal.pipeline)
            .into_iter()
            .find(|stage| Some(stage.order) == order);
        let Some((stage, order)) = next.map(|stage| (stage.id, stage.order)) else {
            return false;
        };
        self.change_deal(id, |deal, at| {
            deal.stage = stage;
            deal.stage_order = order;
            deal.stage_changed = Some(at);
        });
        true
    }

    pub(super) fn revalue(&mut self) {
        let Some(id) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        let percent = Decimal::from(self.rng.random_range(60..160_i64));
        self.change_deal(id, |deal, _| {
            let digits = if deal.currency == WHOLE { 0 } else { 2 };
            deal.value = (deal.value * percent / Decimal::ONE_HUNDRED).round_dp(digits);
        });
    }

    pub(super) fn reschedule(&mut self) {
        let Some(id) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        let days = self.rng.random_range(5..60_u32);
        self.change_deal(id, |deal, at| deal.expected_close = Some(at.plus(DAY * days)));
    }

    pub(super) fn reassign(&mut self) {
        let Some(id) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        let owner = self.book.a_user(&mut self.rng);
        self.change_deal(id, |deal, _| deal.owner = owner);
    }

    /// Wins a deal that has come some way; one at its beginning moves on instead.
    pub(super) fn win(&mut self) {
        let Some(id) = self.book.open_deals.pick(&mut self.rng) else {
            return;
        };
        let early = self.book.deals.get(&id).is_some_and(|deal| deal.stage_order < 3);
        if !(early && self.move_by(id, 1)) {
            self.win_deal(id);
        }
    }

    pub(super) fn lose(&mut self) {
        if let Some(id) = self.book.open_deals.pick(&mut self.rng) {
            self.lose_deal(id);
        }
    }

    fn win_deal(&mut self, id: u64) {
        self.change_deal(id, |deal, at| {
            deal.status = Status::Won;
            deal.won = Some(at);
            deal.closed = Some(at);
            deal.first_won = deal.first_won.or(Some(at));
        });
    }

    fn lose_deal(&mut self, id: u64) {
        let reason = chance(&mut self.rng, 850).then(|| one_of(&mut self.rng, LOST_REASONS, "No decision"));
        self.change_deal(id, |deal, at| {
            deal.status = Status::Lost;
            deal.lost = Some(at);
            deal.closed = Some(at);
            deal.lost_reason = reason;
        });
    }

    /// Opens one of the deals that were closed last.
    pub(super) fn reopen(&mut self) {
        let back = self.rng.random_range(1..20_usize);
        let place = self.book.closed_deals.len().checked_sub(back);
        let Some(id) = place.and_then(|place| self.book.closed_deals.get(place)).copied() else {
            return;
        };
        if self
            .book
            .deals
            .get(&id)
            .is_none_or(|deal| deal.deleted || deal.archived.is_some() || deal.status == Status::Open)
        {
            return;
        }
        self.change_deal(id, |deal, _| {
            deal.status = Status::Open;
            (deal.won, deal.lost, deal.closed, deal.lost_reason) = (None, None, None, None);
        });
    }

    /// Puts away one of the deals that were closed last, or one that nobody works on.
    pub(super) fn archive_deal(&mut self) {
        let back = self.rng.random_range(1..40_usize);
        let place = self.book.closed_deals.len().checked_sub(back);
        let closed = place.and_then(|place| self.book.closed_deals.get(place)).copied();
        let Some(id) = closed.or_else(|| self.book.open_deals.pick(&mut self.rng)) else {
            return;
        };
        if self
            .book
            .deals
            .get(&id)
            .is_some_and(|deal| !deal.deleted && deal.archived.is_none())
        {
            self.change_deal(id, |deal, at| deal.archived = Some(at));
        }
    }

    pub(super) fn delete_deal(&mut self) {
        if let Some(id) = self.book.open_deals.pick(&mut self.rng) {
            self.remove_deal(id);
        }
    }

    pub(super) fn remove_deal(&mut self, id: u64) {
        let Some(before) = self.book.deals.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated.unwrap_or(before.added));
        self.book.put_deal(Deal {
            deleted: true,
            updated: Some(at),
            ..before.clone()
        });
        self.record(Action::Deleted, at, Some(Arc::new(before)), None);
    }

    pub(super) fn change_deal(&mut self, id: u64, edit: impl FnOnce(&mut Deal, Moment)) {
        let Some(before) = self.book.deals.get(&id).cloned() else {
            return;
        };
        let at = self.stamp(before.updated.unwrap_or(before.added));
        let mut after = before.clone();
        edit(&mut after, at);
        self.touch(Holder::Deal, &mut after.sheet);
        after.updated = Some(at);
        self.book.put_deal(after.clone());
        self.record(Action::Updated, at, Some(Arc::new(before)), Some(Arc::new(after)));
    }
}
