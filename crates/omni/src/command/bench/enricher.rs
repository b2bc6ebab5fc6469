//! `omni bench enricher`: the enricher by itself, between a topic filled by the bench and a consumer of the bench.
//!
//! Without `--rate` everything lies on omni.raw before the stage starts, and it drains it: CPU per event at saturation.
//! With `--rate` events come open loop, and the way from the broker's acknowledgement to a visible enriched event counts.
//! A share of misses makes it ask a simulated account that answers as late as told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use event::{Change, Headers, Kind, identity};
use kafka::{Outgoing, Placement, Topic};
use simulator::{Faults, Simulator, Trouble};
use stage::{Shutdown, Trigger};
use uuid::Uuid;

use super::bodies::{Accounts, COMPANY_FIRST};
use super::corner::Corner;
use super::processes::Reading;
use super::seen::Seen;

/// Longest wait for the last event.
const SETTLE_MAX: Duration = Duration::from_mins(5);
/// Longest wait for an event that waits for the API.
const COMPLETED_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
/// Part of the events that is not measured, at the start.
const WARM_UP_SHARE: u64 = 10;
const BATCHES: &str = "omni_enricher_batch_records_count";
/// Deals of one contact.
const DEALS_OF_A_PERSON: u64 = 4;
const NAME: &str = "enricher";

/// The enricher by itself on one partition: CPU per event, and how long an event takes through it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni services -- omni bench enricher                                  CPU per event at saturation
  omni services -- omni bench enricher --rate 1000 --events 60000       how long an event takes
  omni services -- omni bench enricher --miss-percent 5 --api-ms 300    an account that answers late")]
pub(crate) struct Enricher {
    /// A broker: host:port
    #[arg(long, env = "OMNI_TEST_KAFKA")]
    kafka: String,
    /// Events of deals in the run
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(100..=5_000_000))]
    events: u64,
    /// Deals they are of
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    deals: u64,
    /// Events a second; all at once where absent
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: Option<u64>,
    /// Of 100 deals so many have a contact that only the API knows
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=100))]
    miss_percent: u64,
    /// How late the API answers, in milliseconds
    #[arg(long, default_value_t = 300)]
    api_ms: u64,
    /// More lines for the [enricher] table of its omni.toml
    #[arg(long, default_value = "")]
    settings: String,
}

impl Enricher {
    pub(crate) async fn run(self) -> Result<()> {
        let account = self.account().await?;
        let corner = Corner::new(&self.kafka, 1, &|_| self.configuration(account.as_ref()))?;
        let known = self.accounts().known_entities(stage::clock::now_micro());
        let count = known.len() as u64;
        corner.send(records(known.into_iter().map(record))?).await?;
        let seen = Seen::watch(&corner.kafka, self.miss_percent > 0)?;
        match self.rate {
            None => self.saturated(&corner, &seen, count).await,
            Some(rate) => self.paced(&corner, &seen, count, rate).await,
        }
    }

    /// Everything is there, the stage drains it.
    async fn saturated(&self, corner: &Corner, seen: &Seen, known: u64) -> Result<()> {
        eprintln!("making {} deals", self.events);
        for from in (0..self.events).step_by(10_000) {
            let some = (from..self.events.min(from + 10_000)).map(|number| self.deal(number));
            corner.send(records(some)?).await?;
        }
        let stage = corner.enricher()?;
        let pids = BTreeMap::from([(NAME.to_owned(), stage.pid())]);
        let warm = known + self.events / WARM_UP_SHARE;
        until(SETTLE_MAX, || seen.events() >= warm).await?;
        let (before, begun, from) = (Reading::take(&pids), Instant::now(), seen.events());
        until(SETTLE_MAX, || seen.events() >= known + self.events).await?;
        let (after, took) = (Reading::take(&pids), begun.elapsed());
        let events = (known + self.events - from).max(1);
        println!("events          {} (of them measured {events})", self.events);
        println!(
            "throughput      {:.0} events/s",
            events as f64 / took.as_secs_f64()
        );
        self.report(seen, &before, &after, events).await
    }

    /// Events come at their own times.
    async fn paced(&self, corner: &Corner, seen: &Seen, known: u64, rate: u64) -> Result<()> {
        let stage = corner.enricher()?;
        let pids = BTreeMap::from([(NAME.to_owned(), stage.pid())]);
        until(SETTLE_MAX, || seen.events() >= known).await?;
        let warm = self.events / WARM_UP_SHARE;
        let (start, mut before, mut sends) =
            (Instant::now(), Reading::default(), tokio::task::JoinSet::new());
        let batches = corner.counter(BATCHES).await.unwrap_or_default();
        for number in 0..self.events {
            let due = start + Duration::from_nanos(number * 1_000_000_000 / rate);
            tokio::time::sleep_until(due.into()).await;
            if number == warm {
                before = Reading::take(&pids);
            }
            let (uuid, deal) = self.deal(number)?;
            let (producer, seen, measured) = (Arc::clone(&corner.producer), seen.clone(), number >= warm);
            sends.spawn(async move {
                producer.send(deal).await?;
                if measured {
                    seen.acknowledged(uuid);
                }
                anyhow::Ok(())
            });
            while sends.try_join_next().is_some() {}
        }
        while let Some(sent) = sends.join_next().await {
            sent??;
        }
        until(SETTLE_MAX, || seen.events() >= known + self.events).await?;
        let after = Reading::take(&pids);
        let batches = corner.counter(BATCHES).await.unwrap_or_default() - batches;
        let interval = start.elapsed().as_secs_f64() * 1_000.0 / batches.max(1.0);
        println!(
            "open loop       {rate}/s, {} events (a tenth is warm-up)",
            self.events
        );
        println!("commit interval {interval:.1} ms");
        self.report(seen, &before, &after, self.events - warm).await
    }

    async fn report(&self, seen: &Seen, before: &Reading, after: &Reading, events: u64) -> Result<()> {
        let cpu = after.cpu_since(before, NAME).as_nanos() as f64 / 1_000.0 / events as f64;
        let resident = after.processes.get(NAME).map_or(0, |used| used.resident_bytes);
        println!(
            "enricher        {cpu:.1} µs CPU/event, {:.1} MiB resident",
            resident as f64 / (1024.0 * 1024.0)
        );
        println!(
            "others' CPU     {:.1} % of the machine",
            after.others_share_since(before) * 100.0
        );
        if self.miss_percent > 0 {
            let incomplete = seen.incomplete();
            // The last of them may still wait for their answers.
            let _ = until(COMPLETED_MAX, || seen.still_missing() == 0).await;
            println!(
                "incomplete      {incomplete} at first, {} at the end (what the account does not have)",
                seen.still_missing()
            );
        }
        if self.rate.is_some() {
            let (complete, incomplete) = seen.latencies()?;
            println!("added           {complete}   (acknowledged on omni.raw -> visible on omni.enriched)");
            if self.miss_percent > 0 {
                println!("of incomplete   {incomplete}");
            }
        }
        ensure!(seen.doubled() == 0, "{} events came twice", seen.doubled());
        Ok(())
    }

    /// The `number`th deal as the collector would have put it on omni.raw.
    fn deal(&self, number: u64) -> Result<(Uuid, Outgoing)> {
        let (accounts, now) = (self.accounts(), stage::clock::now_micro());
        let (hundreds, rest) = (number / 100, number % 100);
        record(if rest < self.miss_percent {
            accounts.deal_of_unknown(number, hundreds * self.miss_percent + rest, now)
        } else {
            accounts.deal(number, now)
        })
    }

    fn accounts(&self) -> Accounts {
        Accounts {
            companies: 1,
            persons: self.deals / DEALS_OF_A_PERSON + 1,
            deals: self.deals,
        }
    }

    fn configuration(&self, account: Option<&Account>) -> String {
        let source = account.map_or_else(String::new, |account| {
            format!(
                "prime = false\n[pipedrive]\nplan = 'ultimate'\nseats = 100\n[source.bench]\nuser = 'u'\npassword = 'p'\napi_url = '{}'\napi_token = 'simulated'\n",
                account.url
            )
        });
        format!("[enricher]\n{}\n{source}", self.settings)
    }

    /// An account that knows the contacts, and answers late.
    async fn account(&self) -> Result<Option<Account>> {
        if self.miss_percent == 0 {
            return Ok(None);
        }
        let contacts = self.accounts().persons + self.events * self.miss_percent / 100 + 100;
        let config = simulator::Config {
            companies: vec![COMPANY_FIRST],
            rate: 0.0,
            history_events: 0,
            contacts: u32::try_from(contacts).context("too many events")?,
            faults: Faults {
                api: Trouble::Slow,
                slow_ms: self.api_ms,
                ..Faults::default()
            },
            ..simulator::Config::default()
        };
        let simulator = Simulator::bind(config).await?;
        let url = format!("http://{}", simulator.address());
        let (trigger, shutdown) = Shutdown::pair();
        tokio::spawn(simulator.serve(shutdown));
        Ok(Some(Account { url, _open: trigger }))
    }
}

/// Lives as long as the run.
struct Account {
    url: String,
    _open: Trigger,
}

async fn until(wait_max: Duration, is_so: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + wait_max;
    while !is_so() {
        ensure!(
            Instant::now() < deadline,
            "not all events came within {wait_max:?}"
        );
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

pub(super) fn records(made: impl Iterator<Item = Result<(Uuid, Outgoing)>>) -> Result<Vec<Outgoing>> {
    made.map(|made| made.map(|(_, record)| record)).collect()
}

/// A webhook as the collector puts it on omni.raw.
pub(super) fn record(body: Vec<u8>) -> Result<(Uuid, Outgoing)> {
    let change = Change::from_webhook(&body).context("a body of the load is no webhook")?;
    let mut headers = Headers::new(change.uuid, Kind::Webhook, "bench", stage::clock::now_micro());
    headers.webhook_version = Some(change.version);
    headers.object = Some(change.object.to_string());
    headers.action = Some(change.action.to_string());
    let record = Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(identity::partition_text(Some(change.company_id), "bench")),
        key: change.message_key().into_bytes(),
        payload: Some(body),
        headers: headers.to_pairs().into(),
    };
    Ok((change.uuid, record))
}
