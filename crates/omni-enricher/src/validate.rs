//! What is known of a contact's address: from memory, from the notes of its company, or asked of the provider.
//!
//! An event never waits for a provider beyond its own patience (`[enricher.email] wait_ms_max`); what comes later is kept
//! as a note (`company:email:<hash>`), and completes the events that went on without it.

use std::collections::{BTreeSet, HashMap};

use event::note;
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::email::{self, Finished, Remembered, Validator, Verdict};
use crate::key::Key;
use crate::prime::Company;
use crate::states::States;
use crate::store::StoreError;

/// Addresses asked for and not answered, at most; beyond it an answer is kept in memory alone.
const ASKED_MAX: usize = 20_000;
/// Answers taken in one transaction.
const FINISHED_MAX: usize = 200;

/// The provider, and who asked it for what.
#[derive(Debug)]
pub(crate) struct Validation {
    runtime: Handle,
    validator: Option<Validator>,
    asked: HashMap<String, BTreeSet<Company>>,
}

/// An answer to be kept.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) note: Key,
    pub(crate) value: Vec<u8>,
}

impl Validation {
    /// Without a provider nothing is asked, and nothing is missing.
    pub(crate) fn new(runtime: Handle, validator: Option<Validator>) -> Self {
        Self {
            runtime,
            validator,
            asked: HashMap::new(),
        }
    }

    /// What is known of an address now, and the note that will say more; asks when nothing is known.
    pub(crate) fn verdict(
        &mut self,
        company: Company,
        address: &str,
        states: &States,
    ) -> Result<Option<(Verdict, Key)>, StoreError> {
        let Some(validator) = &self.validator else {
            return Ok(None);
        };
        let hash = email::key(address);
        let note = note_key(company, &hash);
        if let Some(verdict) = validator.known(address) {
            return Ok(Some((verdict, note)));
        }
        let kept = states.note_kept(&note)?;
        let kept = kept.and_then(|value| serde_json::from_slice::<Remembered>(&value).ok());
        if kept.is_some_and(|kept| validator.recall(&hash, &kept))
            && let Some(verdict) = validator.known(address)
        {
            return Ok(Some((verdict, note)));
        }
        if self.asked.len() < ASKED_MAX {
            self.asked.entry(hash).or_default().insert(company);
        }
        let until = Instant::now() + validator.wait_max();
        let verdict = self.runtime.block_on(validator.lookup(address, until));
        Ok(Some((verdict, note)))
    }

    /// How many more addresses can be asked about now.
    pub(crate) fn room(&self) -> usize {
        self.validator.as_ref().map_or(0, Validator::room)
    }

    /// Whether nobody is asked about the address of this note.
    pub(crate) fn is_idle(&self, note: &Key) -> bool {
        let hash = note.text.rsplit(':').next().unwrap_or_default();
        let validator = self.validator.as_ref();
        validator.is_some_and(|validator| !validator.is_under_way(hash))
    }

    /// The answers that came since, for each company that asked.
    pub(crate) fn answers(&mut self) -> Vec<Answered> {
        let Some(validator) = &self.validator else {
            return Vec::new();
        };
        let mut answers = Vec::new();
        for Finished { key, remembered, .. } in validator.finished(FINISHED_MAX) {
            let companies = self.asked.remove(&key).unwrap_or_default();
            let value = remembered.and_then(|remembered| serde_json::to_vec(&remembered).ok());
            let Some(value) = value else { continue };
            answers.extend(companies.into_iter().map(|company| Answered {
                note: note_key(company, &key),
                value: value.clone(),
            }));
        }
        answers
    }
}

fn note_key(company: Company, hash: &str) -> Key {
    Key {
        partition: company.partition,
        text: note::key(company.id, note::EMAIL, hash),
    }
}
