//! What was spent of each account's API budget, kept as a note (`company:budget:<source>`), so that it outlives a restart
//! and moves with the company's partition: the owner of the partition is the only spender.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use event::note;
use pipedrive::Snapshot;
use tokio::time::Instant;

use crate::api::Api;
use crate::key::Key;
use crate::prime::Company;

/// Between two notes of one account: what was spent since is unknown after a kill, until Pipedrive's headers tell.
const PAUSE: Duration = Duration::from_secs(5);

/// The accounts of the companies seen.
#[derive(Debug)]
pub(crate) struct Budgets {
    apis: BTreeMap<String, Arc<Api>>,
    accounts: BTreeMap<Company, Account>,
    next: Instant,
}

#[derive(Debug)]
struct Account {
    source: String,
    /// Tokens of the day in the note that was written last.
    noted: u64,
}

impl Budgets {
    pub(crate) fn new(apis: BTreeMap<String, Arc<Api>>) -> Self {
        Self {
            apis,
            accounts: BTreeMap::new(),
            next: Instant::now(),
        }
    }

    /// An event of this company came from this source.
    pub(crate) fn see(&mut self, company: Company, source: &str) {
        let api = self.apis.get(source);
        if !self.accounts.contains_key(&company) && api.is_some_and(|api| api.may_have(company.id)) {
            let (source, noted) = (source.to_owned(), 0);
            self.accounts.insert(company, Account { source, noted });
        }
    }

    /// After an assignment: takes what the note of a company says.
    pub(crate) fn resume(&mut self, company: Company, source: &str, note: &[u8]) {
        let Some(api) = self.apis.get(source) else { return };
        if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(note) {
            api.restore(&snapshot);
            self.see(company, source);
        }
    }

    /// The notes to be written now: of the accounts that spent something since their last one.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(Key, Vec<u8>)> {
        if now < self.next {
            return Vec::new();
        }
        self.next = now + PAUSE;
        let mut notes = Vec::new();
        for (company, account) in &mut self.accounts {
            let Some(api) = self.apis.get(&account.source) else {
                continue;
            };
            let snapshot = api.snapshot();
            if snapshot.tokens_spent == account.noted {
                continue;
            }
            account.noted = snapshot.tokens_spent;
            let key = Key {
                partition: company.partition,
                text: note::key(company.id, note::BUDGET, &account.source),
            };
            notes.extend(serde_json::to_vec(&snapshot).map(|value| (key, value)));
        }
        notes
    }

    /// Lets go of a partition.
    pub(crate) fn forget(&mut self, partition: i32) {
        self.accounts.retain(|company, _| company.partition != partition);
    }
}
