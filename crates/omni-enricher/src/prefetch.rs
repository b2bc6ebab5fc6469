//! Fetches what a batch needs and nobody knows yet: concurrently, bounded, before anything is applied.
//!
//! What an earlier event of the same batch tells is not fetched. What the API does not have is not asked
//! for again for a while. Whatever is not there in time is simply not there.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use event::{EntityId, Headers, Map, Object, normalize};
use futures::StreamExt as _;
use moka::sync::Cache;
use pipedrive::Kind;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::api::{Answer, Api};
use crate::config::Settings;
use crate::key::Key;
use crate::read::Incoming;
use crate::references::{DEAL, LEAD, References};
use crate::states::States;
use crate::store::StoreError;

/// From how many on entities of one kind are asked for together (10 tokens for up to 100).
const TOGETHER_FROM: usize = 4;
/// Pipedrive takes no more ids in one request.
const TOGETHER_MAX: usize = 100;
/// Remembered at most.
const ABSENT_MAX: u64 = 20_000;
/// Deals and leads first, then whom they belong to.
const ROUNDS: usize = 2;

/// One entity that is needed.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    key: Key,
    company_id: u64,
    object: Object,
    id: EntityId,
    cause: Headers,
}

/// The APIs of all sources, and what they do not have.
#[derive(Debug)]
pub(crate) struct Lookups {
    runtime: Handle,
    apis: BTreeMap<String, Arc<Api>>,
    absent: Cache<Key, ()>,
    wait_max: Duration,
    in_flight_max: usize,
    batch_max: usize,
}

impl Lookups {
    pub(crate) fn new(runtime: Handle, apis: BTreeMap<String, Arc<Api>>, settings: &Settings) -> Self {
        let remembered = Duration::from_secs(settings.absent_seconds);
        Self {
            runtime,
            apis,
            absent: Cache::builder()
                .max_capacity(ABSENT_MAX)
                .time_to_live(remembered)
                .build(),
            wait_max: settings.lookup_max(),
            in_flight_max: settings.lookups_in_flight_max,
            batch_max: settings.lookups_per_batch_max,
        }
    }

    /// Brings into the overlay what the batch needs. Blocks, at most as long as a batch may wait.
    pub(crate) fn fetch(&self, batch: &[(i32, Incoming)], states: &mut States) -> Result<(), StoreError> {
        let until = Instant::now() + self.wait_max;
        for _ in 0..ROUNDS {
            let needs = self.needs(batch, states)?;
            if needs.is_empty() {
                break;
            }
            let found = self.runtime.block_on(self.ask(needs, until));
            if found.is_empty() {
                break;
            }
            for (need, state) in found {
                let state = normalize::canonical(&need.object, state);
                states.learn(
                    need.key.partition,
                    need.company_id,
                    &need.object,
                    &need.id,
                    &state,
                    &need.cause,
                )?;
            }
        }
        Ok(())
    }

    fn needs(&self, batch: &[(i32, Incoming)], states: &States) -> Result<Vec<Need>, StoreError> {
        let mut told = HashSet::new();
        let mut asked = HashSet::new();
        let mut needs = Vec::new();
        for (partition, incoming) in batch {
            let Incoming::Change(headers, change) = incoming else {
                continue;
            };
            if self.apis.contains_key(&headers.source) {
                let references = complete(References::of(change), *partition, change.company_id, states)?;
                for (_, object, id) in references.all() {
                    let key = Key::new(*partition, change.company_id, &object, &id);
                    let known = told.contains(&key) || self.absent.contains_key(&key);
                    if known || kind(&object).is_none() || needs.len() >= self.batch_max {
                        continue;
                    }
                    if states.facts(&key)?.is_none() && asked.insert(key.clone()) {
                        needs.push(Need {
                            key,
                            company_id: change.company_id,
                            object,
                            id,
                            cause: headers.clone(),
                        });
                    }
                }
            }
            if change.current.is_some() {
                told.insert(Key::new(
                    *partition,
                    change.company_id,
                    &change.object,
                    &change.id,
                ));
            }
        }
        Ok(needs)
    }

    async fn ask(&self, needs: Vec<Need>, until: Instant) -> Vec<(Need, Map)> {
        let mut calls = Vec::new();
        for (source, needs) in by_source(needs) {
            let Some(api) = self.apis.get(&source) else {
                continue;
            };
            let Some(company) = api.company(until).await else {
                continue;
            };
            let own = needs
                .into_iter()
                .filter(|need| need.company_id == company)
                .collect();
            calls.extend(
                requests(own)
                    .into_iter()
                    .map(|request| self.one(Arc::clone(api), request, until)),
            );
        }
        let mut answers = futures::stream::iter(calls).buffer_unordered(self.in_flight_max);
        let mut found = Vec::new();
        while let Some(answered) = answers.next().await {
            found.extend(answered);
        }
        found
    }

    /// Asks for one entity, or for several of one kind; remembers the absent.
    async fn one(&self, api: Arc<Api>, needs: Vec<Need>, until: Instant) -> Vec<(Need, Map)> {
        let Some(kind) = needs.first().and_then(|need| kind(&need.object)) else {
            return Vec::new();
        };
        let states = match needs.as_slice() {
            [need] => match api.get(kind, need.id.as_str(), until).await {
                Answer::Found(state) => vec![state],
                Answer::Absent => Vec::new(),
                Answer::Unknown => return Vec::new(),
            },
            many => {
                let ids = many.iter().filter_map(|need| need.id.as_u64()).collect();
                match api.get_many(kind, ids, until).await {
                    Ok(states) => states,
                    Err(Answer::Absent) => Vec::new(),
                    Err(Answer::Unknown | Answer::Found(_)) => return Vec::new(),
                }
            }
        };
        let mut found = Vec::new();
        for need in needs {
            let own =
                |state: &&Map| state.get("id").and_then(EntityId::from_value).as_ref() == Some(&need.id);
            match states.iter().find(own) {
                Some(state) => found.push((need.clone(), state.clone())),
                None => self.absent.insert(need.key.clone(), ()),
            }
        }
        found
    }
}

/// With the contact and organization of the deal or lead an event belongs to, as far as those are known.
pub(crate) fn complete(
    mut references: References,
    partition: i32,
    company_id: u64,
    states: &States,
) -> Result<References, StoreError> {
    let owners: Vec<_> = references
        .all()
        .filter(|(word, ..)| matches!(*word, DEAL | LEAD))
        .collect();
    for (_, object, id) in owners {
        if let Some(facts) = states.facts(&Key::new(partition, company_id, &object, &id))? {
            references.complete(&facts);
        }
    }
    Ok(references)
}

fn kind(object: &Object) -> Option<Kind> {
    Some(match object {
        Object::Deal => Kind::Deal,
        Object::Person => Kind::Person,
        Object::Organization => Kind::Organization,
        Object::Stage => Kind::Stage,
        Object::Pipeline => Kind::Pipeline,
        Object::User => Kind::User,
        Object::Lead => Kind::Lead,
        _ => return None,
    })
}

fn by_source(needs: Vec<Need>) -> BTreeMap<String, Vec<Need>> {
    let mut grouped: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    for need in needs {
        grouped.entry(need.cause.source.clone()).or_default().push(need);
    }
    grouped
}

/// One request an entity, or one for many where the API has such a list and there are enough.
fn requests(needs: Vec<Need>) -> Vec<Vec<Need>> {
    let mut grouped: BTreeMap<Object, Vec<Need>> = BTreeMap::new();
    for need in needs {
        grouped.entry(need.object.clone()).or_default().push(need);
    }
    let mut requests = Vec::new();
    for (object, needs) in grouped {
        let listed = matches!(object, Object::Deal | Object::Person | Object::Organization);
        let together = listed && needs.len() >= TOGETHER_FROM;
        let size = if together { TOGETHER_MAX } else { 1 };
        requests.extend(needs.chunks(size).map(<[Need]>::to_vec));
    }
    requests
}
