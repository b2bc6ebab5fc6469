//! What an account holds: every entity by its id, and who can be picked for the next deed.

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::entity::activity::Activity;
use crate::entity::deal::Deal;
use crate::entity::lead::Lead;
use crate::entity::note::Note;
use crate::entity::organization::Organization;
use crate::entity::person::Person;
use crate::entity::pipeline::Pipeline;
use crate::entity::product::Product;
use crate::entity::stage::Stage;
use crate::entity::user::User;
use crate::entity::{Names, Points};

/// Persons beyond which deals are made with known contacts only; organizations are fewer.
pub(super) const PERSONS_MAX: usize = 20_000;
/// Closed and gone deals that are remembered.
pub(super) const DEALS_PAST_MAX: usize = 20_000;
/// Activities that are remembered.
pub(super) const ACTIVITIES_MAX: usize = 5_000;
/// Notes that are remembered.
const NOTES_MAX: usize = 5_000;

/// Everything in the account. Read it; only the account's own steps change it.
#[derive(Debug, Default)]
pub struct Book {
    pub users: BTreeMap<u64, User>,
    pub pipelines: BTreeMap<u64, Pipeline>,
    pub stages: BTreeMap<u64, Stage>,
    pub organizations: BTreeMap<u64, Organization>,
    pub persons: BTreeMap<u64, Person>,
    pub deals: BTreeMap<u64, Deal>,
    pub leads: BTreeMap<Uuid, Lead>,
    pub activities: BTreeMap<u64, Activity>,
    pub notes: BTreeMap<u64, Note>,
    pub products: BTreeMap<u64, Product>,
    pub(crate) open_deals: Pool<u64>,
    pub(crate) live_persons: Pool<u64>,
    pub(crate) live_organizations: Pool<u64>,
    pub(crate) open_leads: Pool<Uuid>,
    pub(crate) tasks: Pool<u64>,
    pub(crate) closed_deals: VecDeque<u64>,
    last_id: u64,
}

/// Ids among which the next is drawn; taking one out does not move the others' memory around.
#[derive(Debug)]
pub(crate) struct Pool<T>(Vec<T>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Pool<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn pick(&self, rng: &mut ChaCha8Rng) -> Option<T> {
        let place = rng.random_range(0..self.0.len().max(1) as u64) as usize;
        self.0.get(place).copied()
    }

    /// Two that differ.
    pub(crate) fn pick_two(&self, rng: &mut ChaCha8Rng) -> Option<(T, T)> {
        let (first, second) = (self.pick(rng)?, self.pick(rng)?);
        (first != second).then_some((first, second))
    }

    /// Takes in what is known not to be there.
    pub(crate) fn push(&mut self, id: T) {
        self.0.push(id);
    }

    pub(crate) fn add(&mut self, id: T) {
        if !self.0.contains(&id) {
            self.0.push(id);
        }
    }

    pub(crate) fn remove(&mut self, id: T) {
        if let Some(place) = self.0.iter().position(|held| *held == id) {
            self.0.swap_remove(place);
        }
    }
}

impl Book {
    /// A number no entity of the account has yet. (One row for all kinds, so no id is two things.)
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn admin(&self) -> u64 {
        self.users.keys().next().copied().unwrap_or_default()
    }

    pub(crate) fn a_user(&self, rng: &mut ChaCha8Rng) -> u64 {
        let place = rng.random_range(0..self.users.len().max(1) as u64) as usize;
        self.users.keys().nth(place).copied().unwrap_or_default()
    }

    /// The stages of a pipeline in their order.
    pub(crate) fn stages_of(&self, pipeline: u64) -> Vec<&Stage> {
        let mut stages: Vec<&Stage> = self
            .stages
            .values()
            .filter(|stage| stage.pipeline == pipeline)
            .collect();
        stages.sort_by_key(|stage| stage.order);
        stages
    }

    /// The names of what an entity points at, as they are now.
    pub(crate) fn names(&self, points: &Points) -> Names {
        Names {
            owner: self.users.get(&points.owner).map(|user| user.name.clone()),
            person: points
                .person
                .and_then(|id| self.persons.get(&id))
                .map(Person::name),
            organization: points
                .organization
                .and_then(|id| self.organizations.get(&id))
                .map(|firm| firm.name.clone()),
            deal: points
                .deal
                .and_then(|id| self.deals.get(&id))
                .map(|deal| deal.title.clone()),
        }
    }

    /// Ids of the deals that are there and of which this holds.
    pub(crate) fn deals_where(&self, holds: impl Fn(&Deal) -> bool) -> Vec<u64> {
        self.deals
            .values()
            .filter(|deal| !deal.deleted && holds(deal))
            .map(|deal| deal.id)
            .collect()
    }

    pub(crate) fn put_deal(&mut self, deal: Deal) {
        let (id, open) = (deal.id, deal.is_worked_on());
        let was_open = self.deals.insert(id, deal).is_some_and(|was| was.is_worked_on());
        if open && !was_open {
            self.open_deals.push(id);
        } else if was_open && !open {
            self.open_deals.remove(id);
            self.closed_deals.push_back(id);
        }
        if self.closed_deals.len() > DEALS_PAST_MAX {
            let forgotten = self.closed_deals.pop_front().filter(|id| !self.is_open(*id));
            forgotten.and_then(|id| self.deals.remove(&id));
        }
    }

    fn is_open(&self, id: u64) -> bool {
        self.deals.get(&id).is_some_and(Deal::is_worked_on)
    }

    pub(crate) fn put_person(&mut self, person: Person) {
        if person.deleted {
            self.live_persons.remove(person.id);
        } else if !self.persons.contains_key(&person.id) {
            self.live_persons.push(person.id);
        }
        self.persons.insert(person.id, person);
    }

    pub(crate) fn put_organization(&mut self, organization: Organization) {
        if organization.deleted {
            self.live_organizations.remove(organization.id);
        } else if !self.organizations.contains_key(&organization.id) {
            self.live_organizations.push(organization.id);
        }
        self.organizations.insert(organization.id, organization);
    }

    pub(crate) fn put_note(&mut self, note: Note) {
        self.notes.insert(note.id, note);
        if self.notes.len() > NOTES_MAX {
            self.notes.pop_first();
        }
    }

    pub(crate) fn put_activity(&mut self, activity: Activity) {
        if activity.done || activity.deleted {
            self.tasks.remove(activity.id);
        } else {
            self.tasks.add(activity.id);
        }
        self.activities.insert(activity.id, activity);
        if self.activities.len() > ACTIVITIES_MAX
            && let Some((id, _)) = self.activities.pop_first()
        {
            self.tasks.remove(id);
        }
    }
}
