//! The loader's notices: which tables changed, for which companies.
//!
//! Read from the present end of `omni.loaded`, in no group: every server hears every notice. A notice that is missed
//! (a lost connection, a restart) heals, because each new connection counts as a change of everything.
use std::time::Duration;

use kafka::{Health, PlainConsumer, Topic};
use serde::Deserialize;
use stage::Shutdown;
use stage::backoff::{Backoff, Limits};

const BATCH_RECORDS_MAX: usize = 1_000;
/// How soon a request to stop is seen.
const POLL_MAX: Duration = Duration::from_millis(250);
const RECONNECT: Limits = Limits {
    initial: Duration::from_millis(250),
    pause_max: Duration::from_secs(10),
    attempts_max: None,
};

/// What the loader says after an insert; fields it does not need to know are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Notice {
    pub tables: Vec<String>,
    /// 0: only heartbeats or refused events came by, no table changed.
    pub rows: Option<u64>,
    /// Empty: any company.
    pub companies: Vec<u64>,
    pub event_time_max: Option<String>,
    pub received_at_max: Option<String>,
    pub heartbeat_at: Option<String>,
    pub loaded_at: Option<String>,
}

/// What the reader of notices tells.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Connected at the end of the topic: what came before was not heard.
    Connected,
    Notice(Box<Notice>),
    Unreadable,
}

/// Reads notices until a stop is requested. Blocks: it wants a thread of its own.
pub(crate) fn listen(
    config: &kafka::Config,
    health: &Health,
    shutdown: &Shutdown,
    mut tell: impl FnMut(Heard),
) {
    let mut backoff = Backoff::new(RECONNECT);
    while !shutdown.is_requested() {
        match follow(config, health, shutdown, &mut tell, &mut backoff) {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "notices of loaded rows cannot be read"
                );
                backoff.pause_blocking(shutdown);
            }
        }
    }
}

fn follow(
    config: &kafka::Config,
    health: &Health,
    shutdown: &Shutdown,
    tell: &mut impl FnMut(Heard),
    backoff: &mut Backoff,
) -> Result<(), kafka::Error> {
    let mut consumer = PlainConsumer::from_end(config, &[Topic::Loaded], health.clone())?;
    backoff.reset();
    tell(Heard::Connected);
    while !shutdown.is_requested() {
        for record in consumer.poll(BATCH_RECORDS_MAX, POLL_MAX)? {
            tell(read(record.value()));
        }
    }
    Ok(())
}

fn read(value: &[u8]) -> Heard {
    match serde_json::from_slice(value) {
        Ok(notice) => Heard::Notice(Box::new(notice)),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a notice of loaded rows is unreadable"
            );
            Heard::Unreadable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_loader_writes_and_passes_over_what_it_need_not_know() {
        let heard = read(
            br#"{"template":"pipedrive-deals/2.0","tables":["deal_events","deals"],"rows":12,"batch":"t","companies":[1],
                "event_time_max":"2026-03-01T00:00:00Z","received_at_max":null,"loaded_at":"2026-03-01T00:00:01Z"}"#,
        );
        let Heard::Notice(notice) = heard else {
            panic!("{heard:?}")
        };
        assert_eq!(notice.tables, ["deal_events", "deals"]);
        assert_eq!(notice.companies, [1]);
        assert_eq!(notice.received_at_max, None);
        assert!(matches!(read(b"no"), Heard::Unreadable));
    }
}
