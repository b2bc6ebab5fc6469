//! Holds the topics to their identities: renews them long before the broker forgets them, and stops the loader when a
//! topic was deleted and made anew under it, since its offsets then name other records.
use std::time::Duration;

use kafka::Topic;
use stage::Shutdown;

use crate::Error;
use crate::readiness::pause;

const RENEW_EVERY: Duration = Duration::from_hours(24);

/// Renews until a stop is requested.
pub(crate) async fn watch(
    config: kafka::Config,
    topics: Vec<(Topic, String)>,
    shutdown: Shutdown,
) -> Result<(), Error> {
    while pause(RENEW_EVERY, &shutdown).await {
        for (topic, known) in &topics {
            let (asked, topic) = (config.clone(), *topic);
            let read = move || kafka::admin::topic_identity(&asked, topic);
            match tokio::task::spawn_blocking(read).await.map_err(Error::Part)? {
                Ok(found) if found.to_string() == *known => {}
                Ok(_) => {
                    return Err(Error::Replaced {
                        topic: topic.name(&config),
                    });
                }
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    topic = topic.short(),
                    "identity of a topic could not be renewed, the next day may do"
                ),
            }
        }
    }
    Ok(())
}
