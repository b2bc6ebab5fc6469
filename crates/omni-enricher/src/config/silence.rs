//! `[enricher.silence]`: when a source that tells nothing is looked into.

use event::rhythm::Strange;
use serde::{Deserialize, Serialize};

const SECOND_MICRO: i64 = 1_000_000;

/// `[enricher.silence]`
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Silence {
    /// So many events must have been due since the last one, by the same hours of the four weeks before.
    pub events_due: u32,
    /// A source that told something in this time is not looked into.
    pub quiet_seconds: u32,
    /// How old a change of the account must be before it is missed: Pipedrive's last repetition comes after three minutes.
    pub grace_seconds: u32,
}

impl Default for Silence {
    fn default() -> Self {
        Self {
            events_due: 20,
            quiet_seconds: 600,
            grace_seconds: 240,
        }
    }
}

impl Silence {
    pub(crate) fn strange(self) -> Strange {
        Strange {
            due_min: f64::from(self.events_due),
            micro_min: self.quiet_micro(),
        }
    }

    pub(crate) fn quiet_micro(self) -> i64 {
        i64::from(self.quiet_seconds) * SECOND_MICRO
    }

    pub(crate) fn grace_micro(self) -> i64 {
        i64::from(self.grace_seconds) * SECOND_MICRO
    }
}
