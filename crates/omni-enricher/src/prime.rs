//! Reads an account once, page by page: what its fields, labels, users, stages and pipelines are called, and all its
//! organizations, persons, deals and leads. A page of 500 costs ten to forty tokens, one of them by itself one or two.
//!
//! How far each list was read is a note in `omni.entities` (`company:prime:<list>`), written with the states of its page,
//! so it goes on where it stood, here or at another member. Lists of names are read again after a while, and one of them
//! as soon as an event has a field or a label that nobody has a name for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use event::{Object, note};
use pipedrive::{Class, List, Page, Place};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::api::Api;
use crate::key::Key;

/// Companies read at once; a page each.
const PAGES_UNDER_WAY_MAX: usize = 16;
/// How long one page may take.
const PAGE_MAX: Duration = Duration::from_secs(30);
/// Pause after a page that did not come.
const PAUSE: Duration = Duration::from_secs(2);
/// A list of names is not read again sooner, whatever comes without a name.
const NAMES_AGAIN: Duration = Duration::from_mins(10);

/// One list of an account, in the order they are read: what names others first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Walk {
    DealFields,
    PersonFields,
    OrganizationFields,
    Stages,
    Pipelines,
    Users,
    LeadLabels,
    Organizations,
    Persons,
    Deals,
    ArchivedDeals,
    Leads,
    ArchivedLeads,
}

impl Walk {
    pub(crate) const ALL: [Self; 13] = [
        Self::DealFields,
        Self::PersonFields,
        Self::OrganizationFields,
        Self::Stages,
        Self::Pipelines,
        Self::Users,
        Self::LeadLabels,
        Self::Organizations,
        Self::Persons,
        Self::Deals,
        Self::ArchivedDeals,
        Self::Leads,
        Self::ArchivedLeads,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::DealFields => "deal_fields",
            Self::PersonFields => "person_fields",
            Self::OrganizationFields => "organization_fields",
            Self::Stages => "stages",
            Self::Pipelines => "pipelines",
            Self::Users => "users",
            Self::LeadLabels => "lead_labels",
            Self::Organizations => "organizations",
            Self::Persons => "persons",
            Self::Deals => "deals",
            Self::ArchivedDeals => "archived_deals",
            Self::Leads => "leads",
            Self::ArchivedLeads => "archived_leads",
        }
    }

    fn list(self) -> List {
        match self {
            Self::DealFields => List::DealFields,
            Self::PersonFields => List::PersonFields,
            Self::OrganizationFields => List::OrganizationFields,
            Self::Stages => List::Stages,
            Self::Pipelines => List::Pipelines,
            Self::Users => List::Users,
            Self::LeadLabels => List::LeadLabels,
            Self::Organizations => List::Organizations(None),
            Self::Persons => List::Persons(None),
            Self::Deals => List::Deals(None),
            Self::ArchivedDeals => List::ArchivedDeals(None),
            Self::Leads => List::Leads(None),
            Self::ArchivedLeads => List::ArchivedLeads,
        }
    }

    /// What its rows are.
    pub(crate) fn object(self) -> Object {
        match self {
            Self::DealFields => Object::from("deal_field"),
            Self::PersonFields => Object::from("person_field"),
            Self::OrganizationFields => Object::from("organization_field"),
            Self::Stages => Object::Stage,
            Self::Pipelines => Object::Pipeline,
            Self::Users => Object::User,
            Self::LeadLabels => Object::from("lead_label"),
            Self::Organizations => Object::Organization,
            Self::Persons => Object::Person,
            Self::Deals | Self::ArchivedDeals => Object::Deal,
            Self::Leads | Self::ArchivedLeads => Object::Lead,
        }
    }

    /// Whether it is read again after a while: what it names has no events of its own, or few.
    const fn is_of_names(self) -> bool {
        matches!(
            self,
            Self::DealFields
                | Self::PersonFields
                | Self::OrganizationFields
                | Self::Stages
                | Self::Pipelines
                | Self::Users
                | Self::LeadLabels
        )
    }
}

/// How far a list was read: the value of `company:prime:<list>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Whose API.
    source: String,
    /// Where the next page begins; `None`: the list was read to its end.
    next: Option<Place>,
    /// Read to its end at least once.
    done: bool,
    /// When this was so, in microseconds since 1970.
    at_micro: i64,
}

impl Progress {
    fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A company on a partition of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Company {
    pub(crate) partition: i32,
    pub(crate) id: u64,
}

impl Company {
    /// Of the note that says how far a list was read.
    pub(crate) fn note(self, walk: Walk) -> Key {
        Key {
            partition: self.partition,
            text: note::key(self.id, note::PRIME, walk.word()),
        }
    }
}

/// A page that came.
#[derive(Debug)]
pub(crate) struct Turned {
    pub(crate) company: Company,
    pub(crate) source: String,
    pub(crate) walk: Walk,
    pub(crate) page: Page,
    pub(crate) progress: Progress,
}

#[derive(Debug)]
struct Reading {
    source: String,
    lists: BTreeMap<Walk, Progress>,
    /// A page is asked for, or learned in the open transaction.
    under_way: bool,
    next_try: Instant,
    /// When something without a name was a reason to read a list again.
    missed_at: BTreeMap<Walk, Instant>,
}

type Answer = (Company, Walk, Came);

/// What came of a page.
#[derive(Debug)]
enum Came {
    Page(Page),
    /// The API does not have the list, or does not show it to us.
    Never,
    NotNow,
}

/// Reads the accounts of the partitions held.
#[derive(Debug)]
pub(crate) struct Primer {
    runtime: Handle,
    apis: BTreeMap<String, Arc<Api>>,
    again_after: Duration,
    readings: BTreeMap<Company, Reading>,
    told: mpsc::Sender<Answer>,
    answers: mpsc::Receiver<Answer>,
    /// Of the open transaction.
    turned: Vec<(Company, Walk, Progress)>,
}

impl Primer {
    /// `again_after`: how old a list of names may be. Without `apis` nothing is read.
    pub(crate) fn new(runtime: Handle, apis: BTreeMap<String, Arc<Api>>, again_after: Duration) -> Self {
        let (told, answers) = mpsc::channel(PAGES_UNDER_WAY_MAX);
        Self {
            runtime,
            apis,
            again_after,
            readings: BTreeMap::new(),
            told,
            answers,
            turned: Vec::new(),
        }
    }

    /// An event of this company came from this source.
    pub(crate) fn see(&mut self, company: Company, source: &str) {
        let api = self.apis.get(source);
        if !self.readings.contains_key(&company) && api.is_some_and(|api| api.may_have(company.id)) {
            self.begin(company, source, BTreeMap::new());
        }
    }

    /// After an assignment: a company as its notes have it, by the word of each list.
    pub(crate) fn resume(&mut self, company: Company, notes: &[(String, Vec<u8>)]) {
        let list = |(word, value): &(String, Vec<u8>)| {
            let walk = Walk::ALL.into_iter().find(|walk| walk.word() == word)?;
            Some((walk, Progress::read(value)?))
        };
        let lists: BTreeMap<_, _> = notes.iter().filter_map(list).collect();
        let source = lists.values().next().map(|progress| progress.source.clone());
        if let Some(source) = source.filter(|source| self.apis.contains_key(source)) {
            self.begin(company, &source, lists);
        }
    }

    fn begin(&mut self, company: Company, source: &str, lists: BTreeMap<Walk, Progress>) {
        let reading = Reading {
            source: source.to_owned(),
            lists,
            under_way: false,
            next_try: Instant::now(),
            missed_at: BTreeMap::new(),
        };
        self.readings.insert(company, reading);
    }

    /// Whether these lists are still to be read for the first time; never where nothing is read.
    pub(crate) fn lacks(&self, company: Company, walks: &[Walk]) -> Option<Walk> {
        let reading = self.readings.get(&company)?;
        let is_done = |walk: &Walk| reading.lists.get(walk).is_some_and(|progress| progress.done);
        walks.iter().copied().find(|walk| !is_done(walk))
    }

    /// An event has something that nobody has a name for: the list of such names is read again if it was read before, though
    /// not too often.
    pub(crate) fn miss(&mut self, company: Company, walk: Walk, now: Instant) {
        let Some(reading) = self.readings.get_mut(&company) else {
            return;
        };
        let Some(progress) = reading.lists.get_mut(&walk).filter(|list| list.next.is_none()) else {
            return;
        };
        let missed_at = reading.missed_at.get(&walk);
        if missed_at.is_none_or(|missed| now >= *missed + NAMES_AGAIN) {
            reading.missed_at.insert(walk, now);
            progress.at_micro = 0;
        }
    }

    /// Asks for the next page of each company.
    pub(crate) fn ask(&mut self, now: Instant, now_micro: i64) {
        let stale_before =
            now_micro.saturating_sub(i64::try_from(self.again_after.as_micros()).unwrap_or(i64::MAX));
        let mut under_way = self.readings.values().filter(|reading| reading.under_way).count();
        for (company, reading) in &mut self.readings {
            if under_way >= PAGES_UNDER_WAY_MAX {
                break;
            }
            let api = self.apis.get(&reading.source).filter(|api| !api.is_down());
            let Some(api) = api.filter(|_| !reading.under_way && now >= reading.next_try) else {
                continue;
            };
            let Some((walk, place)) = reading.next(stale_before) else {
                continue;
            };
            reading.under_way = true;
            under_way += 1;
            let (api, told, company) = (Arc::clone(api), self.told.clone(), *company);
            self.runtime.spawn(async move {
                let until = Instant::now() + PAGE_MAX;
                let came = match api.company(until).await {
                    Some(own) if own == company.id => match api.page(&walk.list(), &place, until).await {
                        Ok(page) => Came::Page(page),
                        Err(error) if error.class() == Class::Abort => Came::Never,
                        Err(_) => Came::NotNow,
                    },
                    _ => Came::NotNow,
                };
                // Nobody listens any more when the stage ends.
                let _ = told.send((company, walk, came)).await;
            });
        }
    }

    /// The next page that came, if one did; final with the transaction.
    pub(crate) fn turn(&mut self, now: Instant, now_micro: i64) -> Option<Turned> {
        while let Ok((company, walk, came)) = self.answers.try_recv() {
            let Some(reading) = self.readings.get_mut(&company) else {
                continue;
            };
            let page = match came {
                Came::Page(page) => page,
                Came::Never => Page {
                    items: Vec::new(),
                    next: None,
                },
                Came::NotNow => {
                    reading.under_way = false;
                    reading.next_try = now + PAUSE;
                    continue;
                }
            };
            let before = reading.lists.get(&walk);
            let progress = Progress {
                source: reading.source.clone(),
                done: page.next.is_none() || before.is_some_and(|before| before.done),
                next: page.next.clone(),
                at_micro: now_micro,
            };
            self.turned.push((company, walk, progress.clone()));
            return Some(Turned {
                company,
                source: reading.source.clone(),
                walk,
                page,
                progress,
            });
        }
        None
    }

    /// The transaction is final: gives the notes of the lists that were read to their end for the first time.
    pub(crate) fn commit(&mut self) -> Vec<Key> {
        let mut done = Vec::new();
        for (company, walk, progress) in std::mem::take(&mut self.turned) {
            let Some(reading) = self.readings.get_mut(&company) else {
                continue;
            };
            if progress.done {
                done.push(company.note(walk));
            }
            reading.under_way = false;
            reading.lists.insert(walk, progress);
        }
        done
    }

    /// The transaction never happened: its pages are read again.
    pub(crate) fn abort(&mut self) {
        for (company, ..) in std::mem::take(&mut self.turned) {
            if let Some(reading) = self.readings.get_mut(&company) {
                reading.under_way = false;
            }
        }
    }

    /// Lets go of a partition.
    pub(crate) fn forget(&mut self, partition: i32) {
        self.abort();
        self.readings.retain(|company, _| company.partition != partition);
    }
}

impl Reading {
    /// The list to go on with, and where: the first that was never read to its end, else a list of names that is old.
    fn next(&self, stale_before: i64) -> Option<(Walk, Place)> {
        let place = |walk: Walk| match self.lists.get(&walk) {
            None => Some(Place::Beginning),
            Some(progress) => progress.next.clone(),
        };
        let unread = Walk::ALL.into_iter().find_map(|walk| Some((walk, place(walk)?)));
        unread.or_else(|| {
            let old = |walk: &Walk| {
                let progress = self.lists.get(walk);
                walk.is_of_names() && progress.is_some_and(|progress| progress.at_micro < stale_before)
            };
            Walk::ALL
                .into_iter()
                .find(old)
                .map(|walk| (walk, Place::Beginning))
        })
    }
}
