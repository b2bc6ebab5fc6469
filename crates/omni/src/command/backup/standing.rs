//! Where every group of the loader stands.

use kafka::{Config, admin};

use super::kept::{Group, Partition, Standing};

/// Reads it, with the ids by which it will be known whether Kafka is the same.
///
/// # Errors
/// Where Kafka does not answer, or a template cannot be read.
pub(super) async fn read(config: &omni_loader::Config) -> anyhow::Result<Standing> {
    let fills = omni_loader::fills(config)?;
    let kafka = config.kafka.clone();
    tokio::task::spawn_blocking(move || {
        let groups = fills.into_iter().map(|fills| group(&kafka, fills));
        Ok(Standing {
            cluster: admin::cluster_id(&kafka)?,
            groups: groups.collect::<anyhow::Result<_>>()?,
        })
    })
    .await?
}

fn group(kafka: &Config, fills: omni_loader::Fills) -> anyhow::Result<Group> {
    let topic_id = admin::known_identity(kafka, fills.topic)?;
    let committed = admin::committed(kafka, &fills.group, fills.topic)?;
    let partitions = committed.into_iter().map(|place| {
        let (offset, metadata) = match place.committed {
            Some(committed) => (committed.offset, committed.metadata),
            None => (0, None),
        };
        Partition {
            number: place.partition,
            offset,
            metadata,
        }
    });
    Ok(Group {
        name: fills.group,
        topic: fills.topic.short().to_owned(),
        topic_id: topic_id.map_or_else(String::new, |id| id.to_string()),
        tables: fills.tables,
        partitions: partitions.collect(),
    })
}
