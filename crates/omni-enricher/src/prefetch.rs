//! Fetches what a batch needs and nobody knows yet: concurrently, bounded, before anything is applied.
//!
//! What an earlier event of the same batch tells is not fetched. A batch waits for what it asked for itself, within
//! its time: what comes later is learned when it comes, and completes the events that went on without it.

use std::collections::{BTreeMap, HashMap, HashSet};

use event::normalize;
use pipedrive::Priority;
use tokio::time::Instant;

use crate::config::Settings;
use crate::key::Key;
use crate::lookups::{Answered, Lookups, Need, Told};
use crate::read::Incoming;
use crate::references::{DEAL, LEAD, References};
use crate::states::States;
use crate::store::StoreError;

/// Deals and leads first, then whom they belong to.
const ROUNDS: usize = 2;

/// Brings into the overlay what the batch needs. Blocks, at most as long as a batch may wait.
pub(crate) fn fetch(
    batch: &[(i32, Incoming)],
    lookups: &mut Lookups,
    states: &mut States,
    held: &BTreeMap<i32, i64>,
    settings: &Settings,
) -> Result<Vec<Key>, StoreError> {
    let start = Instant::now();
    let mut heard = Vec::new();
    for _ in 0..ROUNDS {
        let needs = needs(batch, lookups, states, settings)?;
        let patience: HashMap<Key, Instant> = needs
            .iter()
            .map(|(word, need)| (need.key.clone(), start + settings.wait_max(word)))
            .collect();
        let asked = lookups.ask(needs.into_iter().map(|(_, need)| need).collect(), Priority::Live);
        if asked.is_empty() {
            break;
        }
        let wanted = asked.into_iter().filter_map(|key| {
            let until = *patience.get(&key)?;
            Some((key, until))
        });
        let answers = lookups.wait_for(wanted.collect());
        let before = heard.len();
        learn(answers, states, held, &mut heard)?;
        if heard.len() == before {
            break;
        }
    }
    Ok(heard)
}

/// Whether any of these needs what nobody knows yet.
pub(crate) fn must_ask(
    records: &[(i32, Incoming)],
    lookups: &Lookups,
    states: &States,
    settings: &Settings,
) -> Result<bool, StoreError> {
    Ok(!needs(records, lookups, states, settings)?.is_empty())
}

/// Takes answers into the overlay; adds to `heard` the entities that something is known of now. A partition that went to
/// another member took its questions along.
pub(crate) fn learn(
    answers: Vec<Answered>,
    states: &mut States,
    held: &BTreeMap<i32, i64>,
    heard: &mut Vec<Key>,
) -> Result<(), StoreError> {
    for Answered { need, told } in answers {
        if !held.contains_key(&need.key.partition) {
            continue;
        }
        match told {
            Told::Unknown => continue,
            Told::Absent => {}
            Told::Found(state) => {
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
        heard.push(need.key);
    }
    Ok(())
}

fn needs(
    batch: &[(i32, Incoming)],
    lookups: &Lookups,
    states: &States,
    settings: &Settings,
) -> Result<Vec<(&'static str, Need)>, StoreError> {
    let needs_max = settings.lookups_per_batch_max;
    let mut asked = HashSet::new();
    let mut needs = Vec::new();
    for (at, (partition, incoming)) in batch.iter().enumerate() {
        let Incoming::Change(headers, change) = incoming else {
            continue;
        };
        if !lookups.answers(&headers.source) {
            continue;
        }
        let company_id = change.company_id;
        let references = complete(References::of(change), *partition, company_id, states)?;
        for (word, object, id) in references.all() {
            let key = Key::new(*partition, company_id, &object, &id);
            if needs.len() >= needs_max || states.facts(&key)?.is_some() || asked.contains(&key) {
                continue;
            }
            let before = batch.get(..at).unwrap_or_default();
            let need = Need::of(key, company_id, object, id, headers);
            if !is_told(before, *partition, &need) && lookups.may_ask(&need) {
                asked.insert(need.key.clone());
                needs.push((word, need));
            }
        }
    }
    Ok(needs)
}

/// Whether one of these brings the state of what is needed.
fn is_told(batch: &[(i32, Incoming)], partition: i32, need: &Need) -> bool {
    batch.iter().any(|(own, incoming)| match incoming {
        Incoming::Change(_, change) => {
            *own == partition
                && change.company_id == need.company_id
                && change.object == need.object
                && change.id == need.id
                && change.current.is_some()
        }
        _ => false,
    })
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
