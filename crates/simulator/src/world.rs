//! All that the simulator holds: accounts, subscriptions, troubles, and what the stand-ins received.
//!
//! One lock for the accounts and one for each of the rest; none is held across an await.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::account::{Account, Event, Founding};
use crate::asked::Tally;
use crate::change::Change;
use crate::config::Config;
use crate::deliveries::Deliveries;
use crate::error::Error;
use crate::faults::Switch;
use crate::journal::{Journal, Run};
use crate::limits::Limits;
use crate::meter::Meter;
use crate::moment::Moment;
use crate::spree::Command;
use crate::stand_in::aws_lambda::{Function, Invocation, Sessions};
use crate::stand_in::data_manager::Requests;
use crate::stand_in::google::Tokens;
use crate::stand_in::google_ads;
use crate::stand_in::gtm::reporting::Reporting;
use crate::stand_in::remembered::Remembered;
use crate::stats::Stats;
use crate::subscription::{Attempt, Standing, Subscription};
use crate::verifications::Verifications;

/// Contacts that an account can begin with.
const CONTACTS_MAX: u32 = 200_000;
const DAY: Duration = Duration::from_hours(24);

#[derive(Debug)]
pub(crate) struct World {
    pub config: Config,
    pub accounts: Mutex<BTreeMap<u64, Account>>,
    pub subscriptions: Mutex<Vec<Subscription>>,
    /// Ids given to subscriptions so far: none is given twice.
    pub subscriptions_added: AtomicU64,
    pub faults: Mutex<Switch>,
    pub verifications: Mutex<Verifications>,
    /// What the destinations' stand-ins were sent.
    pub deliveries: Mutex<Deliveries>,
    /// What the platforms have seen before.
    pub remembered: Mutex<Remembered>,
    /// Google's access tokens.
    pub google_tokens: Mutex<Tokens>,
    /// Google's conversions.
    pub google: Mutex<google_ads::Account>,
    /// What was handed to Google's Data Manager, and what became of it.
    pub ingested: Mutex<Requests>,
    /// The container's tag.
    pub reporting: Reporting,
    /// Temporary credentials of AWS.
    pub aws: Mutex<Sessions>,
    /// Lambda's.
    pub function: Function,
    /// To the function, for later.
    pub invocations: mpsc::Sender<Invocation>,
    pub limits: Mutex<Limits>,
    /// What each company's token has used.
    pub meters: Mutex<BTreeMap<u64, Meter>>,
    pub tally: Mutex<Tally>,
    pub journal: Mutex<Journal>,
    pub stats: Stats,
    /// To those who make the changes.
    pub commands: mpsc::Sender<Command>,
}

/// An event with the subscription it goes to.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub event: Event,
    pub subscription: Subscription,
}

impl World {
    pub(crate) fn new(
        config: Config,
        commands: mpsc::Sender<Command>,
        invocations: mpsc::Sender<Invocation>,
    ) -> Result<Self, Error> {
        if config.companies.is_empty() {
            return Err(Error::Option {
                option: "company",
                why: "at least one is needed",
            });
        }
        for (option, rate) in [("rate", config.rate), ("history-rate", config.history_rate)] {
            if !rate.is_finite() || rate < 0.0 {
                return Err(Error::Option {
                    option,
                    why: "must be a number from 0",
                });
            }
        }
        if !(1..=CONTACTS_MAX).contains(&config.contacts) {
            return Err(Error::Option {
                option: "contacts",
                why: "must be from 1 to 200000",
            });
        }
        if let Some(why) = config.faults.refusal() {
            return Err(Error::Option {
                option: "faults",
                why,
            });
        }
        let journal = Journal::open(&config)?;
        let at = journal.founded();
        let mut accounts = BTreeMap::new();
        for company in &config.companies {
            let founding = Founding {
                seed: config.seed,
                company: *company,
                contacts: config.contacts,
                everything: config.everything,
                several_currencies: config.several_currencies,
                at,
            };
            accounts.insert(*company, Account::new(founding));
        }
        let subscriptions: Vec<Subscription> = config
            .target
            .iter()
            .flat_map(|url| own(&config, &accounts, url, at))
            .collect();
        let world = Self {
            accounts: Mutex::new(accounts),
            subscriptions_added: AtomicU64::new(subscriptions.iter().map(|one| one.id).max().unwrap_or(0)),
            subscriptions: Mutex::new(subscriptions),
            faults: Mutex::new(Switch::set(config.faults.clone(), Instant::now())),
            verifications: Mutex::default(),
            deliveries: Mutex::default(),
            remembered: Mutex::default(),
            google_tokens: Mutex::default(),
            google: Mutex::default(),
            ingested: Mutex::default(),
            reporting: Reporting::new(config.stand_ins.reporting.clone())?,
            aws: Mutex::default(),
            function: Function::new(config.stand_ins.aws.forward.as_ref())?,
            invocations,
            limits: Mutex::new(config.limits.clone()),
            meters: Mutex::default(),
            tally: Mutex::default(),
            journal: Mutex::new(journal),
            stats: Stats::default(),
            commands,
            config,
        };
        world.replay();
        Ok(world)
    }

    /// Brings the accounts to where they stood, telling nobody.
    fn replay(&self) {
        let past: Vec<(u64, Moment)> = locked(&self.journal).past().collect();
        for (number, at) in past {
            self.change(number, at);
        }
    }

    /// How far apart the changes of the history are.
    pub(crate) fn history_gap(config: &Config) -> Duration {
        (DAY * config.history_days)
            .checked_div(config.history_events)
            .unwrap_or_default()
    }

    /// Change number so-and-so: the companies take turns.
    fn change(&self, number: u64, at: Moment) -> Option<Change> {
        let turn = number as usize % self.config.companies.len().max(1);
        let company = self.config.companies.get(turn)?;
        Some(locked(&self.accounts).get_mut(company)?.step(at))
    }

    /// Takes the next change of a run; gives what is to be posted for it.
    pub(crate) fn next(&self, run: &mut Run) -> Vec<Outgoing> {
        let (number, at) = run.next();
        let change = self.change(number, at);
        Stats::add(&self.stats.changes);
        change.iter().flat_map(|change| self.outgoing(change)).collect()
    }

    fn outgoing(&self, change: &Change) -> Vec<Outgoing> {
        let (now, patience) = (Moment::now(), &self.config.patience);
        let mut subscriptions = locked(&self.subscriptions);
        let heard = subscriptions.iter_mut().filter_map(|subscription| {
            let version = subscription.version_for(change)?;
            if !subscription.standing.is_told(now, patience) {
                subscription.standing.untold += 1;
                Stats::add(&self.stats.untold);
                return None;
            }
            let event = Event {
                change: change.clone(),
                version,
                subscriber: subscription.subscriber(),
            };
            Some(Outgoing {
                event,
                subscription: subscription.clone(),
            })
        });
        heard.collect()
    }

    /// Whether this subscription, which was told of a change, may still be told.
    pub(crate) fn is_told(&self, told: &Subscription) -> bool {
        let now = Moment::now();
        let mut subscriptions = locked(&self.subscriptions);
        let found = subscriptions.iter_mut().find(|one| one.is(told));
        found.is_some_and(|one| one.standing.is_told(now, &self.config.patience))
    }

    /// Counts how an attempt at a delivery ended.
    pub(crate) fn attempted(&self, told: &Subscription, attempt: Attempt) {
        let mut subscriptions = locked(&self.subscriptions);
        let found = subscriptions.iter_mut().find(|one| one.is(told));
        if found.is_some_and(|one| one.standing.attempted(attempt, &self.config.patience)) {
            tracing::warn!(
                webhook.id = told.id,
                "webhook is banned: it is told of nothing until that is over"
            );
        }
    }
}

/// The subscriptions that each account starts with.
fn own(
    config: &Config,
    accounts: &BTreeMap<u64, Account>,
    url: &reqwest::Url,
    at: Moment,
) -> Vec<Subscription> {
    let one = |account: &Account| Subscription {
        id: account.first_subscriber().webhook,
        company: account.company(),
        owner: account.first_subscriber().owner,
        url: url.clone(),
        webhooks: config.webhooks,
        action: "*".to_owned(),
        object: "*".to_owned(),
        user: Some(config.user.clone()),
        password: Some(config.password.clone()),
        name: "simulated".to_owned(),
        added: at,
        standing: Standing::default(),
    };
    accounts.values().map(one).collect()
}

/// A lock whose holder cannot have left anything half done.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
