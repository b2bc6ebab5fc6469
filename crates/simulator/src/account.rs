//! An account that lives: step by step, somebody adds, moves, wins, loses, merges or deletes something.
//!
//! Promises: the same seed, company and times give the same history, byte for byte; a step is one change,
//! and the account's state already contains it, so the API never knows less than a webhook told.
//! Refuses to grow for ever: what is long closed or gone is forgotten beyond the limits of [`book`].

mod activities;
mod book;
mod contacts;
mod deals;
mod deed;
pub mod fields;
mod founding;
mod leads;
mod merges;
mod notes;
mod offer;
mod office;
mod products;
mod sheets;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::{Builder, Uuid};

pub use self::book::Book;
use self::fields::Fields;
use crate::change::{Action, Change, Shot, Subscriber, Version};
use crate::entity::Entity;
use crate::moment::Moment;

/// Pipedrive's clock shows milliseconds: two changes of one entity are never in the same.
const ENTITY_GAP: Duration = Duration::from_millis(1);
/// Two changes of one deed are at least this far apart.
const CHANGE_GAP: Duration = Duration::from_micros(1);
/// Changes that one deed can leave waiting.
const AGENDA_MAX: usize = 64;

/// What an account is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    pub seed: u64,
    pub company: u64,
    /// Contacts that it begins with.
    pub contacts: u32,
    /// Also what many accounts do not use: archived deals, custom fields of every kind, notes, products.
    pub everything: bool,
    /// Deals in euros, dollars, pounds, złoty and yen instead of euros alone.
    pub several_currencies: bool,
    /// When its history begins; what exists before was made in the ninety days before that.
    pub at: Moment,
}

/// One simulated company.
#[derive(Debug)]
pub struct Account {
    rng: ChaCha8Rng,
    /// What the sheets are filled from.
    sheets_rng: ChaCha8Rng,
    founding: Founding,
    host: Arc<str>,
    permitted: Arc<[u64]>,
    book: Book,
    fields: Fields,
    agenda: VecDeque<Change>,
    steps: u64,
    clock: Moment,
    /// Who acts, and the id that ties the changes of one deed together.
    actor: u64,
    correlation: Uuid,
}

/// A change on its way to one subscription.
#[derive(Debug, Clone)]
pub struct Event {
    pub change: Change,
    pub version: Version,
    pub subscriber: Subscriber,
}

impl Event {
    /// The body of one delivery; `attempt` counts from 1.
    pub fn body(&self, attempt: u8) -> Vec<u8> {
        self.change
            .body(self.version, self.subscriber, attempt)
            .unwrap_or_default()
    }
}

impl Account {
    /// Founds the account, with pipelines, users, contacts and open deals that no webhook tells of.
    pub fn new(founding: Founding) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(founding.seed ^ founding.company.rotate_left(32));
        let sheets_rng = ChaCha8Rng::seed_from_u64(!founding.seed ^ founding.company);
        let mut account = Self {
            rng,
            sheets_rng,
            host: format!("company{}.pipedrive.example", founding.company).into(),
            permitted: Arc::from([]),
            book: Book::default(),
            fields: Fields::usual(),
            agenda: VecDeque::new(),
            steps: 0,
            clock: founding.at,
            actor: 0,
            correlation: Uuid::nil(),
            founding,
        };
        account.found();
        account
    }

    pub fn company(&self) -> u64 {
        self.founding.company
    }

    /// When its history began.
    pub fn founded(&self) -> Moment {
        self.founding.at
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether all that the account holds was told: no change of the last deed is still waiting.
    pub fn is_settled(&self) -> bool {
        self.agenda.is_empty()
    }

    /// What the account holds now.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What its fields are called.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(crate) fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    /// The next change, stamped with this time (or a little later, when the account is already there).
    pub fn step(&mut self, now: Moment) -> Change {
        self.steps += 1;
        loop {
            if let Some(change) = self.agenda.pop_front() {
                return change;
            }
            self.clock = self.clock.max(now);
            self.actor = self.book.a_user(&mut self.rng);
            self.correlation = self.uuid(now);
            self.act();
        }
    }

    /// The next change that a webhook of this version tells of, ready to be posted.
    pub fn next_event(&mut self, version: Version, now: Moment) -> Event {
        loop {
            let change = self.step(now);
            if change.is_told_by(version) {
                return Event {
                    change,
                    version,
                    subscriber: self.first_subscriber(),
                };
            }
        }
    }

    /// The subscription that the account starts with; its owner is the administrator.
    pub fn first_subscriber(&self) -> Subscriber {
        Subscriber {
            webhook: 1,
            owner: self.book.admin(),
        }
    }

    /// A time for the next change of an entity that last changed at `last`.
    fn stamp(&mut self, last: Moment) -> Moment {
        self.clock = self.clock.plus(CHANGE_GAP).max(last.plus(ENTITY_GAP));
        self.clock
    }

    fn uuid(&mut self, at: Moment) -> Uuid {
        let drawn: u128 = (u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64());
        // With the time in it, an account that is founded again in the same place does not repeat ids.
        let id = drawn ^ u128::from(at.micros().cast_unsigned()).rotate_left(17);
        Builder::from_random_bytes(id.to_be_bytes()).into_uuid()
    }

    fn record(
        &mut self,
        action: Action,
        at: Moment,
        before: Option<Arc<dyn Entity>>,
        after: Option<Arc<dyn Entity>>,
    ) {
        if self.agenda.len() >= AGENDA_MAX {
            return;
        }
        let uuid = self.uuid(at);
        let shot = |entity: Arc<dyn Entity>| Shot {
            names: self.book.names(&entity.points()),
            entity,
        };
        let change = Change {
            company: self.founding.company,
            host: self.host.clone(),
            action,
            at,
            user: self.actor,
            permitted: self.permitted.clone(),
            by_api: self.rng.random_range(0..10_u32) == 0,
            bulk: false,
            uuid,
            correlation: self.correlation,
            before: before.map(shot),
            after: after.map(shot),
            merged_from: None,
            merged_into: None,
        };
        self.agenda.push_back(change);
    }
}
