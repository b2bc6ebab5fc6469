//! Waits until an order is obeyed everywhere: the enricher is past it, the archives keep to it, and what was on its way before
//! it has arrived.
//!
//! The order matters. What the enricher wrote before it obeyed lies below the ends of its topics as they are afterwards. An
//! archive asks who is kept out after it gathered a batch: what lies below its topic's end when the order is in the table may
//! be there whole, and nothing behind it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::ensure;
use kafka::admin::{self, Places};
use kafka::{Class, Topic};
use ledger::way;

use super::order::Order;
use super::{Doors, Who};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Between two lines about the same wait.
const LINE_EVERY: Duration = Duration::from_secs(10);

const ORDERED: &str = "SELECT count() FROM erased_persons WHERE event_company_id = {company:UInt64} \
                       AND person_id = {person:UInt64} AND kafka_offset = {offset:UInt64}";

/// How long a command waits for the stages.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Patience {
    /// Minutes to wait for the stages
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_080))]
    wait_minutes: u64,
}

/// One wait for everything.
#[derive(Debug)]
pub(super) struct Wait<'d> {
    doors: &'d Doors,
    until: Instant,
}

impl<'d> Wait<'d> {
    /// From now on.
    pub(super) fn begin(doors: &'d Doors, patience: Patience) -> Self {
        Self {
            doors,
            until: Instant::now() + Duration::from_secs(patience.wait_minutes * 60),
        }
    }

    /// Until nothing that was said before the order can reach the warehouse any more.
    pub(super) async fn for_all(&self, who: Who, order: &Order) -> anyhow::Result<()> {
        let partition = order.at.partition;
        let behind = Places::from([(partition, order.at.offset + 1)]);
        self.past("the enricher", Topic::Raw, &way::groups(Topic::Raw, &[]), behind)
            .await?;
        self.archived(who, order).await?;
        let own = Some(partition);
        let raw = self.ends(Topic::Raw, None).await?;
        let rejected = self.ends(Topic::Rejected, None).await?;
        let entities = self.ends(Topic::Entities, own).await?;
        let enriched = self.ends(Topic::Enriched, own).await?;
        for (topic, ends) in [
            (Topic::Raw, raw),
            (Topic::Rejected, rejected),
            (Topic::Entities, entities),
        ] {
            let archive = [way::archive(topic)];
            self.past("an archive of the loader", topic, &archive, ends)
                .await?;
        }
        let flattener = way::groups(Topic::Enriched, &[]);
        self.past("the flattener", Topic::Enriched, &flattener, enriched)
            .await?;
        let flat = self.ends(Topic::Flat, own).await?;
        let templates = way::groups(Topic::Flat, &self.doors.loaded);
        self.past("the loader", Topic::Flat, &templates, flat).await
    }

    /// Until the order itself is archived.
    async fn archived(&self, who: Who, order: &Order) -> anyhow::Result<()> {
        let parameters = [
            ("company", who.company_id.into()),
            ("person", who.person_id.into()),
            ("offset", order.at.offset.unsigned_abs().into()),
        ];
        let mut told = None;
        loop {
            let found: Vec<(u64,)> = self.doors.warehouse.select(ORDERED, &parameters).await?;
            if found.first().is_some_and(|(orders,)| *orders > 0) {
                return Ok(());
            }
            self.pause("the archive of omni.raw", 1, &mut told).await?;
        }
    }

    /// Until each of the groups is past these ends.
    async fn past(&self, whom: &str, topic: Topic, groups: &[String], ends: Places) -> anyhow::Result<()> {
        for group in groups.iter().collect::<BTreeSet<_>>() {
            let mut told = None;
            loop {
                let (config, group, ends) = (self.doors.kafka.clone(), group.clone(), ends.clone());
                let asking = move || admin::left(&config, &group, topic, &ends);
                let left = match tokio::task::spawn_blocking(asking).await? {
                    Ok(left) => left,
                    // A broker that just moved a group does not answer at once.
                    Err(error) if error.class() == Class::Retry => 1,
                    Err(error) => return Err(error.into()),
                };
                if left == 0 {
                    break;
                }
                self.pause(whom, left, &mut told).await?;
            }
        }
        Ok(())
    }

    async fn ends(&self, topic: Topic, partition: Option<i32>) -> anyhow::Result<Places> {
        let config = self.doors.kafka.clone();
        let asking = move || admin::ends(&config, topic, partition);
        Ok(tokio::task::spawn_blocking(asking).await??)
    }

    async fn pause(&self, whom: &str, left: u64, told: &mut Option<Instant>) -> anyhow::Result<()> {
        if told.is_none_or(|told| told.elapsed() >= LINE_EVERY) {
            eprintln!("waiting for {whom}: {left} records before it");
            *told = Some(Instant::now());
        }
        ensure!(
            Instant::now() < self.until,
            "{whom} did not get past the order in time; it stands, and the same command goes on from here once all stages run"
        );
        tokio::time::sleep(LOOK_EVERY).await;
        Ok(())
    }
}
