//! Topics: made with their contract, described, and checked.
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::types::RDKafkaErrorCode;

use super::{ANSWER_WAIT_MAX, asking, let_in};
use crate::client::{self, Watch};
use crate::config::Config;
use crate::error::{Error, is_fatal_code};
use crate::topic::Topic;

/// Between two looks at what the broker has made of it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Until all partitions of topics that were just made have their leader at work: on a machine that is busy a broker takes its
/// time over a hundred of them.
const KNOWN_WITHIN: Duration = Duration::from_mins(1);

/// What became of a topic that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    Made,
    /// It was there.
    Found,
}

/// A topic as the broker has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Topic.
    pub topic: Topic,
    /// Full name.
    pub name: String,
    /// Partitions in order; empty when the topic is missing.
    pub partitions: Vec<DescribedPartition>,
}

/// A partition as the broker has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DescribedPartition {
    /// Number.
    pub partition: i32,
    /// First offset.
    pub low: i64,
    /// One past the last offset.
    pub high: i64,
}

/// Makes the topics that are missing, each with its contract, and checks all.
pub fn create_topics(config: &Config) -> Result<Vec<(Topic, Created)>, Error> {
    // Who is not let in hears why, which the other client does not say.
    counts(config)?;
    let client: AdminClient<Watch> = client::with_properties(client::base(config)?, config)
        .create_with_context(Watch::default())
        .map_err(|error| Error::from_client("make an admin client", error))?;
    let until = Instant::now() + ANSWER_WAIT_MAX;
    let created = loop {
        match create_once(&client, config) {
            // A broker that has only just started does not count itself yet.
            Err(Error::Broker { .. }) if Instant::now() < until => std::thread::sleep(LOOK_EVERY),
            other => break other?,
        }
    };
    wait_until_known(config)?;
    Ok(created)
}

fn create_once(client: &AdminClient<Watch>, config: &Config) -> Result<Vec<(Topic, Created)>, Error> {
    let plans = Topic::ALL.map(|topic| (topic, topic.name(config), topic.settings()));
    let topics: Vec<NewTopic<'_>> = plans
        .iter()
        .map(|(topic, name, settings)| {
            let copies = TopicReplication::Fixed(config.replication);
            let new = NewTopic::new(name, topic.partitions(config), copies);
            settings.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(ANSWER_WAIT_MAX))
        .operation_timeout(Some(ANSWER_WAIT_MAX));
    let results = futures::executor::block_on(client.create_topics(&topics, &options))
        .map_err(|error| Error::from_client("make topics", error))?;
    let created = Topic::ALL
        .into_iter()
        .zip(results)
        .map(|(topic, result)| match result {
            Ok(_) => Ok((topic, Created::Made)),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok((topic, Created::Found)),
            Err((name, code)) => {
                let source = format!("{name}: {code}").into();
                if is_fatal_code(code) {
                    Err(Error::Fatal {
                        doing: "make topics",
                        source,
                    })
                } else {
                    Err(Error::Broker {
                        doing: "make topics",
                        source,
                    })
                }
            }
        });
    created.collect()
}

/// A topic just made is not known everywhere at once, and a partition that is known has its leader at work only
/// a moment later: who is told that topics are there may read them.
fn wait_until_known(config: &Config) -> Result<(), Error> {
    let until = Instant::now() + KNOWN_WITHIN;
    loop {
        match check(config).and_then(|()| describe(config)) {
            Err(Error::MissingTopics(_) | Error::Broker { .. }) if Instant::now() < until => {
                std::thread::sleep(LOOK_EVERY);
            }
            other => return other.map(drop),
        }
    }
}

/// Refuses missing topics, and partition counts that do not agree.
pub fn check(config: &Config) -> Result<(), Error> {
    let counts = counts(config)?;
    let missing: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count == 0)
        .map(|(topic, _)| topic.name(config))
        .collect();
    if !missing.is_empty() {
        return Err(Error::MissingTopics(missing));
    }
    let by_company: Vec<_> = counts.iter().filter(|(topic, _)| topic.is_by_company()).collect();
    if by_company.iter().any(|(_, count)| *count != config.partitions) {
        let found = by_company
            .iter()
            .map(|(topic, count)| format!("{} {count}", topic.name(config)));
        let wanted = std::iter::once(format!("kafka.partitions {}", config.partitions));
        return Err(Error::UnequalPartitions(wanted.chain(found).collect()));
    }
    Ok(())
}

/// All topics with their partitions and watermarks.
pub fn describe(config: &Config) -> Result<Vec<Described>, Error> {
    let client = asking(config, None)?;
    let mut described = Vec::with_capacity(Topic::ALL.len());
    for (topic, count) in counts(config)? {
        let name = topic.name(config);
        let mut partitions = Vec::new();
        for partition in 0..count {
            let (low, high) = client
                .fetch_watermarks(&name, partition, ANSWER_WAIT_MAX)
                .map_err(|error| Error::from_client("read watermarks", error))?;
            partitions.push(DescribedPartition { partition, low, high });
        }
        described.push(Described {
            topic,
            name,
            partitions,
        });
    }
    Ok(described)
}

/// All partitions of these topics; a missing topic is an error.
pub fn partitions(config: &Config, topics: &[Topic]) -> Result<Vec<(Topic, i32)>, Error> {
    let counts = counts(config)?;
    let wanted = || counts.iter().filter(|(topic, _)| topics.contains(topic));
    let missing: Vec<String> = wanted()
        .filter(|(_, count)| *count == 0)
        .map(|(topic, _)| topic.name(config))
        .collect();
    if !missing.is_empty() {
        return Err(Error::MissingTopics(missing));
    }
    Ok(wanted()
        .flat_map(|(topic, count)| (0..*count).map(|partition| (*topic, partition)))
        .collect())
}

/// Partition counts by topic; 0 = missing.
fn counts(config: &Config) -> Result<Vec<(Topic, i32)>, Error> {
    let client = asking(config, None)?;
    let metadata = let_in::ask(config, &client, "read the topic list", |wait| {
        client.fetch_metadata(None, wait)
    })?;
    let count = |topic: Topic| {
        let name = topic.name(config);
        let found = metadata
            .topics()
            .iter()
            .find(|found| found.name() == name && found.error().is_none());
        (topic, found.map_or(0, |found| found.partitions().len() as i32))
    };
    Ok(Topic::ALL.map(count).to_vec())
}
