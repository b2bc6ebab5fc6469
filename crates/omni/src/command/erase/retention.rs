//! Until when Kafka may still hold what was said of a person: nothing can take a single record out of a topic.

use event::moment;
use kafka::Topic;
use kafka::admin::{self, Retention};
use serde::{Deserialize, Serialize};

use super::Doors;

/// Topics that may hold what says who a person is; the others hold ids and rules.
const TOPICS: [Topic; 5] = [
    Topic::Raw,
    Topic::Enriched,
    Topic::Flat,
    Topic::Rejected,
    Topic::Entities,
];

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) topic: String,
    /// RFC 3339; none: no end can be named.
    pub(super) until: Option<String>,
    /// How the end comes about, or what would bring one.
    pub(super) why: String,
}

/// What the topics' settings say of records that were written up to a time.
pub(super) async fn held(doors: &Doors, at_micro: i64) -> anyhow::Result<Vec<Held>> {
    let config = doors.kafka.clone();
    let asking = move || admin::retention(&config, &TOPICS);
    let settings = tokio::task::spawn_blocking(asking).await??;
    let of = |retention: Retention| {
        let (after_ms, why) = end(&retention);
        let micro = after_ms.map(|ms| at_micro.saturating_add(ms.saturating_mul(1_000)));
        Held {
            topic: retention.topic.name(&doors.kafka),
            until: micro.map(moment::to_rfc3339),
            why,
        }
    };
    Ok(settings.into_iter().map(of).collect())
}

/// Milliseconds after the order, and in words.
fn end(retention: &Retention) -> (Option<i64>, String) {
    if let Some(ms) = retention.delete_after_ms {
        let why = format!(
            "retention.ms {ms}, counted from the end of its segment, which is written for segment.ms {} at most",
            retention.segment_ms
        );
        return (ms.checked_add(retention.segment_ms), why);
    }
    match (retention.is_compacted, retention.compact_within_ms) {
        (true, Some(ms)) => (Some(ms), format!("compacted, max.compaction.lag.ms {ms}")),
        (true, None) => (
            None,
            "compacted: the tombstone is behind it, and the broker cleans when enough of the log is old, which may be never; \
             max.compaction.lag.ms on this topic gives it an end"
                .to_owned(),
        ),
        (false, _) => (
            None,
            "retention.ms is -1: nothing is deleted by age; a retention on this topic gives it an end".to_owned(),
        ),
    }
}

/// One line a topic.
pub(super) fn lines(held: &[Held], now_micro: i64) -> Vec<String> {
    let line = |held: &Held| {
        let until = match &held.until {
            None => "no end can be named".to_owned(),
            Some(until) if moment::parse(until).is_some_and(|until| until <= now_micro) => {
                format!("ended {until}")
            }
            Some(until) => format!("until {until}"),
        };
        format!("  {:<16} {until} ({})", held.topic, held.why)
    };
    held.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELETED: Retention = Retention {
        topic: Topic::Raw,
        is_compacted: false,
        delete_after_ms: Some(1_000),
        segment_ms: 500,
        compact_within_ms: None,
    };

    #[test]
    fn an_end_counts_the_segment_and_is_none_where_none_is_set() {
        assert_eq!(end(&DELETED).0, Some(1_500));
        let kept = Retention {
            delete_after_ms: None,
            ..DELETED
        };
        assert_eq!(end(&kept).0, None);
        let compacted = Retention {
            is_compacted: true,
            ..kept
        };
        let (end_of, why) = end(&compacted);
        assert!(end_of.is_none() && why.contains("max.compaction.lag.ms"), "{why}");
        let bounded = Retention {
            compact_within_ms: Some(7),
            ..compacted
        };
        assert_eq!(end(&bounded).0, Some(7));
    }

    #[test]
    fn what_has_ended_is_said() {
        let held = [Held {
            topic: "omni.x".to_owned(),
            until: Some(moment::to_rfc3339(1_000_000)),
            why: "w".to_owned(),
        }];
        assert!(lines(&held, 2_000_000).iter().all(|line| line.contains("ended")));
        assert!(lines(&held, 0).iter().all(|line| line.contains("until")));
    }
}
