//! `omni topics list`.

use crate::command::print;
use kafka::admin::{self, Described, Lag};
use std::collections::BTreeMap;

pub(super) fn run(config: &kafka::Config) -> anyhow::Result<()> {
    let described = admin::describe(config)?;
    let lags = admin::group_lags(config)?;
    for topic in &described {
        print::line(heading(topic))?;
        for (group, lags) in by_group(&lags, topic) {
            let behind: i64 = lags.iter().map(|lag| lag.records()).sum();
            let each: Vec<String> = lags
                .iter()
                .map(|lag| format!("{}:{}", lag.partition, lag.records()))
                .collect();
            let each = each.join(" ");
            print::line(format_args!(
                "    {group:<36} lag {behind:<8} by partition {each}"
            ))?;
        }
    }
    Ok(())
}

fn heading(topic: &Described) -> String {
    if topic.partitions.is_empty() {
        return format!("{:<18} missing (make it with `omni topics create`)", topic.name);
    }
    let records: i64 = topic
        .partitions
        .iter()
        .map(|partition| partition.high - partition.low)
        .sum();
    let each: Vec<String> = topic
        .partitions
        .iter()
        .map(|partition| format!("{}:{}-{}", partition.partition, partition.low, partition.high))
        .collect();
    format!(
        "{:<18} {} partitions, {records} offsets  {}",
        topic.name,
        topic.partitions.len(),
        each.join(" ")
    )
}

fn by_group<'a>(lags: &'a [Lag], topic: &Described) -> BTreeMap<&'a str, Vec<&'a Lag>> {
    let mut groups: BTreeMap<&str, Vec<&Lag>> = BTreeMap::new();
    for lag in lags.iter().filter(|lag| lag.topic == topic.topic) {
        groups.entry(&lag.group).or_default().push(lag);
    }
    groups
}
