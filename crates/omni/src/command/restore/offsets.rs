//! The loader back to where it stood, as far as Kafka is the one it stood in.

use anyhow::Context as _;
use kafka::admin;
use kafka::{Committed, Config, Offsets, Topic};

use super::super::backup::kept::{Group, Standing};

/// Sets the offsets, and says what that means for what comes next.
///
/// # Errors
/// Where Kafka does not answer, or a loader runs.
pub(super) async fn set(config: &omni_loader::Config, standing: &Standing) -> anyhow::Result<Vec<String>> {
    let (kafka, standing) = (config.kafka.clone(), standing.clone());
    tokio::task::spawn_blocking(move || place(&kafka, &standing)).await?
}

fn place(kafka: &Config, standing: &Standing) -> anyhow::Result<Vec<String>> {
    if admin::cluster_id(kafka)? != standing.cluster {
        return Ok(vec![
            "Kafka is another one: the loader begins with what is on its topics. What came since this backup and is on no topic \
             comes back by omni backfill, and omni reconcile finds the rest."
                .to_owned(),
        ]);
    }
    let mut told = Vec::new();
    for group in &standing.groups {
        let topic =
            Topic::from_short(&group.topic).with_context(|| format!("there is no topic {}", group.topic))?;
        let identity = admin::known_identity(kafka, topic)?;
        if identity.map_or_else(String::new, |id| id.to_string()) != group.topic_id {
            told.push(format!(
                "{} was made anew since this backup: {} begins at its beginning",
                group.topic, group.name
            ));
            continue;
        }
        let placed = admin::place(kafka, &group.name, &offsets(group, topic));
        placed.with_context(|| format!("could not set {} back: stop the loaders first", group.name))?;
        told.extend(gone(kafka, group, topic)?);
    }
    if told.is_empty() {
        told.push("The loader goes on where it stood: start it.".to_owned());
    }
    Ok(told)
}

fn offsets(group: &Group, topic: Topic) -> Offsets {
    let mut offsets = Offsets::new();
    for place in &group.partitions {
        let committed = Committed {
            offset: place.offset,
            metadata: place.metadata.clone(),
        };
        offsets.set(topic, place.number, committed);
    }
    offsets
}

/// Records after the backup that Kafka keeps no more.
fn gone(kafka: &Config, group: &Group, topic: Topic) -> anyhow::Result<Option<String>> {
    let mut records = 0;
    for place in &group.partitions {
        let (low, _) = admin::watermarks(kafka, topic, place.number)?;
        records += (low - place.offset).max(0);
    }
    Ok((records > 0).then(|| {
        format!(
            "{}: {records} records after this backup are older than its topic keeps. omni backfill brings what the account has, and \
             omni reconcile finds the rest.",
            group.name
        )
    }))
}
