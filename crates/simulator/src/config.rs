//! What a simulator is made of. Every limit has a default that suits one machine.

mod stand_ins;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

pub use self::stand_ins::{Aws, Google, ReportingTag, StandIns, UrlAuth};
use crate::faults::Faults;
use crate::limits::Limits;
use crate::subscription::Patience;

/// Which webhooks the account's own subscription gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Webhooks {
    /// Version 1: no leads.
    V1,
    /// Version 2.
    V2,
    /// Half of the changes in each version; leads in version 2.
    Mix,
}

/// Settings of a simulator. Passwords and tokens are those of an account that does not exist.
#[derive(Debug, Clone)]
pub struct Config {
    /// Same seed, same history.
    pub seed: u64,
    /// Company ids; each is an account of its own.
    pub companies: Vec<u64>,
    /// Changes a second, over all companies; 0 = none after the history.
    pub rate: f64,
    pub webhooks: Webhooks,
    /// Where webhooks are posted; nowhere when absent.
    pub target: Option<Url>,
    pub user: String,
    pub password: String,
    /// Where the API, the stand-ins and the controls answer.
    pub listen: SocketAddr,
    /// Opens the API of the first company; `<token>-<company>` opens each.
    pub api_token: String,
    /// How far back the history reaches.
    pub history_days: u32,
    /// Changes in the history, over all companies; 0 = none.
    pub history_events: u32,
    /// History changes posted a second.
    pub history_rate: f64,
    /// Contacts that each account begins with; a fifth as many deals beyond the first forty.
    pub contacts: u32,
    pub several_currencies: bool,
    /// Also what many accounts do not use: archived deals, custom fields of every kind, notes, products.
    pub everything: bool,
    /// Keeps what is needed to go on after a restart.
    pub state: Option<PathBuf>,
    /// Pauses before the further attempts at a delivery.
    pub retry_pauses: Vec<Duration>,
    /// Time a receiver has to answer.
    pub answer_timeout: Duration,
    /// Deliveries under way at once.
    pub in_flight_max: usize,
    /// Deliveries waiting for a further attempt; beyond it a failed one is given up.
    pub retries_waiting_max: usize,
    /// What may be asked of the API and the verifier at the start.
    pub limits: Limits,
    /// What the destinations' stand-ins let in.
    pub stand_ins: StandIns,
    /// What a subscription may fail before it is banned or removed.
    pub patience: Patience,
    /// What goes wrong at the start.
    pub faults: Faults,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            companies: vec![crate::COMPANY],
            rate: 3.0,
            webhooks: Webhooks::Mix,
            target: None,
            user: "pipedrive".to_owned(),
            password: String::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_token: "simulated".to_owned(),
            history_days: 60,
            history_events: 3_000,
            history_rate: 300.0,
            contacts: 40,
            several_currencies: false,
            everything: false,
            state: None,
            retry_pauses: [3, 30, 150].map(Duration::from_secs).to_vec(),
            answer_timeout: Duration::from_secs(10),
            in_flight_max: 256,
            retries_waiting_max: 10_000,
            limits: Limits::default(),
            stand_ins: StandIns::default(),
            patience: Patience::default(),
            faults: Faults::default(),
        }
    }
}
