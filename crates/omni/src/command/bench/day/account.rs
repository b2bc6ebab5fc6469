//! The account of the day: simulated in this process, with the limits of a plan.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulator::{Faults, Limits, Plan, Simulator, fields};
use stage::{Shutdown, Trigger};
use url::Url;

use super::Day;

pub(super) const SOURCE: &str = "bench";
const COMPANY: u64 = 7_654_321;
const PASSWORD: &str = "bench";
const TOKEN: &str = "simulated";
const SEATS: u64 = 5;
/// Of the growth plan with five seats.
pub(super) const DAY_TOKENS: u64 = 300_000;

/// A simulated account; gone when dropped.
pub(super) struct Account {
    url: String,
    client: reqwest::Client,
    _open: Trigger,
}

impl Account {
    /// Opens it on this port; it posts to a collector on the other.
    pub(super) async fn open(day: &Day, api: u16, collector: u16) -> Result<Self> {
        let target = format!("http://127.0.0.1:{collector}/webhooks/pipedrive/{SOURCE}");
        let config = simulator::Config {
            seed: day.seed,
            companies: vec![COMPANY],
            rate: 0.0,
            target: Some(Url::parse(&target)?),
            user: SOURCE.to_owned(),
            password: PASSWORD.to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, api)),
            history_events: 0,
            contacts: day.contacts,
            everything: true,
            limits: Limits::of(Plan::Growth, SEATS),
            ..simulator::Config::default()
        };
        let simulator = Simulator::bind(config).await?;
        let url = format!("http://{}", simulator.address());
        let (trigger, shutdown) = Shutdown::pair();
        tokio::spawn(simulator.serve(shutdown));
        Ok(Self {
            url,
            client: reqwest::Client::builder().no_proxy().build()?,
            _open: trigger,
        })
    }

    /// What goes below `[enricher]`, and the other tables of collector and enricher. The provider of e-mail validations takes
    /// more a second than Hunter does, since the day is shorter.
    pub(super) fn settings(&self, collector: u16, collector_admin: u16, spool: &Path) -> String {
        let Self { url, .. } = self;
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "[enricher.marketing]\nsource_field = '{}'\ncampaign_field = '{}'\n\
             [enricher.email]\nprovider = 'hunter'\napi_url = '{url}/v2/email-verifier'\napi_key = '{TOKEN}'\nallow_private_addresses = true\n\
             requests_per_second_max = 60\nrequests_per_minute_max = 3600\n\
             [collector]\nlisten = '127.0.0.1:{collector}'\nadmin_listen = '127.0.0.1:{collector_admin}'\nspool_dir = '{}'\n\
             [pipedrive]\nplan = 'growth'\nseats = {SEATS}\n\
             [source.{SOURCE}]\nuser = '{SOURCE}'\npassword = '{PASSWORD}'\napi_url = '{url}'\napi_token = '{TOKEN}'\n",
            fields::MARKETING_SOURCE.key,
            fields::MARKETING_CAMPAIGN.key,
            spool.display(),
        );
        text
    }

    /// Makes so many changes; gives how many webhooks were posted, once all of them were answered.
    pub(super) async fn change(&self, changes: u32, rate: u32) -> Result<u64> {
        let request = self.client.post(format!("{}/simulator/changes", self.url));
        let request = request.json(&json!({"changes": changes, "rate": rate, "in_order": false}));
        let made: Value = request.send().await?.error_for_status()?.json().await?;
        number(&made, "/posts").context("the account does not say what it posted")
    }

    /// Takes on these troubles, and no others.
    pub(super) async fn be(&self, faults: &Faults) -> Result<()> {
        let request = self.client.put(format!("{}/simulator/faults", self.url));
        request.json(faults).send().await?.error_for_status()?;
        Ok(())
    }

    pub(super) async fn be_well(&self) -> Result<()> {
        self.be(&Faults::default()).await
    }

    /// Tokens used today.
    pub(super) async fn tokens(&self) -> Result<u64> {
        let told = self.told().await?;
        Ok(number(&told, &format!("/tokens_today/{COMPANY}")).unwrap_or_default())
    }

    /// Requests that the limits refused; those that a trouble refused are not among them.
    pub(super) async fn refused_beyond_troubles(&self) -> Result<u64> {
        let told = self.told().await?;
        let of = |which: &str| number(&told, &format!("/api/refused/{which}")).unwrap_or_default();
        Ok(of("burst") + of("daily"))
    }

    async fn told(&self) -> Result<Value> {
        let request = self.client.get(format!("{}/simulator/stats", self.url));
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

fn number(told: &Value, path: &str) -> Option<u64> {
    told.pointer(path)?.as_u64()
}
