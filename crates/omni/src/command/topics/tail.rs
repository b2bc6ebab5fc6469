//! `omni topics tail`: records as they come, decoded, those of one company, object or entity.

use crate::command::{ConfigFile, print};
use anyhow::Context;
use kafka::admin::{self, Look, TailFrom};
use kafka::{Record, Topic};
use std::io::Write;

/// Show the records of a topic as they come, with their headers.
///
/// Only committed records are shown. Ends with Ctrl-C, or with --no-follow at the end of the topic as it was at the start.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni topics tail omni.flat                          what flows now
  omni topics tail raw --last 20 --no-follow          the last 20 of each partition
  omni topics tail entities --company 1 --object deal --id 42 --beginning
  omni topics tail rejected --json | jq .value.errors")]
pub(crate) struct Tail {
    #[command(flatten)]
    file: ConfigFile,
    /// The topic, with or without its prefix: raw, enriched, flat, entities, rejected, filtered, loaded, deliveries
    topic: String,
    /// Only records of this company
    #[arg(long)]
    company: Option<u64>,
    /// Only records of this object: deal, person, organization, …
    #[arg(long)]
    object: Option<String>,
    /// Only records of the entity with this id
    #[arg(long)]
    id: Option<String>,
    /// Begin at the oldest record, not with the next one
    #[arg(long, conflicts_with = "last")]
    beginning: bool,
    /// Begin with the newest so many records of each partition
    #[arg(long)]
    last: Option<usize>,
    /// End with what is there now
    #[arg(long)]
    no_follow: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Tail {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = super::load(&self.file)?;
        let topic = Topic::from_name(&self.topic, &config)
            .or_else(|| Topic::from_short(&self.topic))
            .with_context(|| no_such_topic(&self.topic))?;
        let name = topic.name(&config);
        let mut written = Ok(());
        let mut show = |record: Record| {
            if self.wants(&record) {
                written = self.write(&record, &name);
            }
            if written.is_ok() { Look::On } else { Look::Away }
        };
        self.look(&config, topic, &mut show)?;
        print::ended(written)
    }

    fn look(
        &self,
        config: &kafka::Config,
        topic: Topic,
        show: &mut impl FnMut(Record) -> Look,
    ) -> Result<(), kafka::Error> {
        let from = match (self.beginning, self.last) {
            (true, _) if self.no_follow => return admin::all(config, topic, show),
            (true, _) => TailFrom::Beginning,
            (false, Some(records)) => {
                let newest = admin::newest(config, topic, records)?;
                if newest
                    .records
                    .into_iter()
                    .any(|record| show(record) == Look::Away)
                {
                    return Ok(());
                }
                TailFrom::At(newest.ends)
            }
            (false, None) => TailFrom::End,
        };
        if self.no_follow {
            return Ok(());
        }
        admin::tail(config, topic, &from, show, || Look::On)
    }

    /// The key says it: `company:object:id` (pending parts have a word before theirs).
    fn wants(&self, record: &Record) -> bool {
        let key = String::from_utf8_lossy(&record.key);
        let mut parts = key.splitn(3, ':');
        let (company, object, id) = (parts.next(), parts.next(), parts.next());
        self.company
            .is_none_or(|wanted| company == Some(wanted.to_string().as_str()))
            && self.object.as_deref().is_none_or(|wanted| object == Some(wanted))
            && self.id.as_deref().is_none_or(|wanted| id == Some(wanted))
    }

    fn write(&self, record: &Record, topic: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", as_json(record, topic))
        } else {
            as_text(record, topic, &mut out)
        }
    }
}

fn no_such_topic(name: &str) -> String {
    format!(
        "there is no topic {name}; there are {}",
        Topic::ALL.map(Topic::short).join(", ")
    )
}

fn as_json(record: &Record, topic: &str) -> serde_json::Value {
    let headers: serde_json::Map<String, serde_json::Value> = record
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_owned(),
                String::from_utf8_lossy(value).into_owned().into(),
            )
        })
        .collect();
    serde_json::json!({
        "topic": topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
        "key": String::from_utf8_lossy(&record.key),
        "headers": headers,
        "value": value(record),
    })
}

fn as_text(record: &Record, topic: &str, out: &mut impl Write) -> std::io::Result<()> {
    let key = String::from_utf8_lossy(&record.key);
    writeln!(out, "{topic} {}:{} {key}", record.partition, record.offset)?;
    for (name, value) in &record.headers {
        writeln!(out, "  {name}: {}", String::from_utf8_lossy(value))?;
    }
    writeln!(out, "  {}", value(record))
}

/// JSON as it is, anything else as text, a tombstone as null.
fn value(record: &Record) -> serde_json::Value {
    let Some(payload) = &record.payload else {
        return serde_json::Value::Null;
    };
    serde_json::from_slice(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into_owned().into())
}
