//! An account's own state held against what was told of it. Pure.
//!
//! An API says whole seconds, so a state that was told in or after the second of the row's last change is the row's, or newer
//! (DESIGN 4: an event made from an API state never goes before one of its second).

use crate::snapshot::{NoSnapshot, changed_at};
use crate::{Action, Map, Object, Snapshot, Ver, moment};

/// What is known of an entity: the newest version that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Microseconds since 1970.
    pub time_micro: i64,
    /// Deleted or merged.
    pub is_gone: bool,
}

/// What a row of the account is against what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Nothing was ever told of it.
    Missing,
    /// It changed since, and the change was not told.
    Older,
    /// It is gone, and that was not told.
    Gone,
}

/// Which changes of an account are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Microseconds since 1970; all without it.
    pub since_micro: Option<i64>,
    /// What was changed after then may still come.
    pub until_micro: i64,
}

/// A row of one of an account's lists.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub company_id: u64,
    pub object: &'a Object,
    pub state: &'a Map,
    /// Of a list of what is gone.
    pub is_gone: bool,
}

/// What a row tells that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub finding: Finding,
    /// The event that tells it.
    pub snapshot: Snapshot,
}

impl Finding {
    /// What the event that tells it says happened.
    pub const fn action(self) -> Action {
        match self {
            Self::Missing | Self::Older => Action::Added,
            Self::Gone => Action::Deleted,
        }
    }

    /// For reports and labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Older => "older",
            Self::Gone => "gone",
        }
    }
}

impl Known {
    /// By the order of its newest version.
    pub fn of(ver: Ver, is_gone: bool) -> Self {
        Self {
            time_micro: ver.time_micro(),
            is_gone,
        }
    }

    /// The second in which it is told that this entity is gone: after what is known, and not before the account says.
    pub fn gone_at(self, told_micro: i64) -> i64 {
        let next = moment::start_of_second(self.time_micro).saturating_add(moment::SECOND);
        moment::start_of_second(told_micro).max(next)
    }
}

impl Row<'_> {
    /// What it tells that is not known. One from before the window is passed over, but for what is gone: its last change may be
    /// older than its end.
    ///
    /// # Errors
    /// [`NoSnapshot`]: the row makes no event.
    pub fn against(&self, known: Option<Known>, window: Window) -> Result<Option<Difference>, NoSnapshot> {
        let changed_micro = changed_at(|key| self.state.get(key)).unwrap_or(0);
        let is_old = window.since_micro.is_some_and(|since| changed_micro < since);
        if changed_micro > window.until_micro || (is_old && !self.is_gone) {
            return Ok(None);
        }
        let finding = if self.is_gone {
            gone(known)
        } else {
            listed(changed_micro, known)
        };
        let Some(finding) = finding else { return Ok(None) };
        let snapshot = match (finding, known) {
            (Finding::Gone, Some(known)) => {
                let gone_micro = known.gone_at(changed_micro);
                Snapshot::of_gone(self.company_id, self.object, self.state, gone_micro)?
            }
            _ => Snapshot::of(self.company_id, self.object, self.state)?,
        };
        Ok(Some(Difference { finding, snapshot }))
    }
}

/// A row that the account lists, last changed then.
pub fn listed(changed_micro: i64, known: Option<Known>) -> Option<Finding> {
    match known {
        None => Some(Finding::Missing),
        Some(known) if known.time_micro < moment::start_of_second(changed_micro) => Some(Finding::Older),
        Some(_) => None,
    }
}

/// An entity that the account says is gone. One that nobody was told of, or that is known to be gone, needs no word.
pub fn gone(known: Option<Known>) -> Option<Finding> {
    known.filter(|known| !known.is_gone).map(|_| Finding::Gone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = moment::SECOND;

    fn known(time_micro: i64) -> Known {
        Known {
            time_micro,
            is_gone: false,
        }
    }

    #[test]
    fn what_was_told_in_its_second_or_later_is_the_row() {
        assert_eq!(listed(10 * SECOND, None), Some(Finding::Missing));
        assert_eq!(
            listed(10 * SECOND, Some(known(9 * SECOND + 999_999))),
            Some(Finding::Older)
        );
        assert_eq!(listed(10 * SECOND + 7, Some(known(10 * SECOND))), None);
        assert_eq!(listed(10 * SECOND, Some(known(11 * SECOND))), None);
    }

    #[test]
    fn only_what_is_thought_alive_can_be_gone() {
        assert_eq!(gone(None), None);
        let alive = known(SECOND);
        assert_eq!(gone(Some(alive)), Some(Finding::Gone));
        let is_gone = true;
        assert_eq!(gone(Some(Known { is_gone, ..alive })), None);
    }

    proptest! {
        /// What a repair tells is never found again, and goes before what was known.
        #[test]
        fn a_repair_is_found_once(before in 0_i64..10_000_000_000, at in 0_i64..10_000_000_000) {
            let told = Ver::of_api_state(moment::start_of_second(at));
            prop_assert_eq!(listed(at, Some(Known::of(told, false))), None);
            let known = Known { time_micro: before, is_gone: false };
            let gone_at = known.gone_at(at);
            let went = Ver::of_api_state(gone_at);
            prop_assert!(went.time_micro() > before);
            prop_assert_eq!(gone(Some(Known::of(went, true))), None);
        }
    }
}
