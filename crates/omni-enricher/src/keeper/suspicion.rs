//! Whether a webhook told nothing of a change that it should have told of. Pure.

use event::moment;
use pipedrive::Webhook;

const MINUTE: i64 = 60_000_000;
/// Clocks differ, and an API says whole seconds.
const SKEW_MICRO: i64 = 5_000_000;
/// A webhook that was made since the last event and told nothing either is not the cause: it is given this long.
const IN_VAIN_MICRO: i64 = 6 * 60 * MINUTE;

/// What is held against a source's webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    /// The change that was not told, and the last event before it; nothing when there is no such change.
    untold: Option<Untold>,
    now_micro: i64,
}

/// The oldest and the newest change since the last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) first_micro: i64,
    pub(super) newest_micro: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Untold {
    changed_micro: i64,
    last_micro: i64,
}

impl Suspicion {
    pub(super) fn none() -> Self {
        Self {
            untold: None,
            now_micro: 0,
        }
    }

    /// A change that long after the last event counts as one that came after it.
    pub(super) const fn since_micro(last_micro: i64) -> i64 {
        last_micro + SKEW_MICRO
    }

    /// By the last event that came in, and what changed after [`Self::since_micro`]. A change younger than `grace_micro` may still
    /// come; on an account that never rests the newest always is, so the oldest one decides.
    pub(super) fn of(last_micro: i64, changes: Option<Changes>, now_micro: i64, grace_micro: i64) -> Self {
        let is_due = |changes: &Changes| {
            changes.newest_micro > Self::since_micro(last_micro)
                && now_micro - changes.first_micro > grace_micro
        };
        let untold = changes.filter(is_due).map(|changes| Untold {
            changed_micro: changes.newest_micro,
            last_micro,
        });
        Self { untold, now_micro }
    }

    pub(super) fn is_founded(self) -> bool {
        self.untold.is_some()
    }

    /// Whether this webhook was there at the change and told nothing.
    pub(super) fn is_against(self, webhook: &Webhook) -> bool {
        let Some(untold) = self.untold else { return false };
        let added = webhook.add_time.as_deref().and_then(moment::parse).unwrap_or(0);
        if added > untold.last_micro {
            return self.now_micro - added > IN_VAIN_MICRO && added < untold.changed_micro;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_788_134_400_000_000;
    const GRACE: i64 = 4 * MINUTE;

    fn added(minutes_ago: i64) -> Webhook {
        Webhook {
            add_time: Some(moment::to_rfc3339(NOW - minutes_ago * MINUTE)),
            ..Webhook::default()
        }
    }

    fn suspicion(last_minutes_ago: i64, changed_minutes_ago: i64) -> Suspicion {
        let ago = |minutes: i64| NOW - minutes * MINUTE;
        let changes = Changes {
            first_micro: ago(changed_minutes_ago),
            newest_micro: ago(changed_minutes_ago),
        };
        Suspicion::of(ago(last_minutes_ago), Some(changes), NOW, GRACE)
    }

    #[test]
    fn a_change_that_did_not_come_is_held_against_a_webhook_that_was_there() {
        let suspicion = suspicion(30, 10);
        assert!(suspicion.is_founded() && suspicion.is_against(&added(600)));
    }

    #[test]
    fn a_quiet_account_and_a_change_of_just_now_are_no_suspicion() {
        assert!(!suspicion(30, 30).is_founded(), "the last change came");
        assert!(!suspicion(30, 40).is_founded());
        assert!(!suspicion(30, 2).is_founded(), "it may still come");
        assert!(!Suspicion::of(NOW, None, NOW, GRACE).is_founded());
        assert!(!Suspicion::none().is_against(&added(600)));
    }

    /// Something changes every few seconds: the newest change is always one that may still come.
    #[test]
    fn an_account_that_never_rests_is_found_silent_by_its_oldest_change() {
        let changes = |first_minutes_ago: i64| Changes {
            first_micro: NOW - first_minutes_ago * MINUTE,
            newest_micro: NOW - 1,
        };
        let suspicion = |first| Suspicion::of(NOW - 11 * MINUTE, Some(changes(first)), NOW, GRACE);
        assert!(suspicion(10).is_founded() && suspicion(10).is_against(&added(600)));
        assert!(!suspicion(3).is_founded(), "all of it may still come");
    }

    #[test]
    fn one_that_was_just_made_is_given_time() {
        assert!(
            !suspicion(60, 10).is_against(&added(20)),
            "it was made after the silence began"
        );
        assert!(!suspicion(800, 10).is_against(&added(300)));
        assert!(suspicion(800, 10).is_against(&added(400)));
        assert!(
            !suspicion(800, 500).is_against(&added(400)),
            "there was no change since"
        );
    }
}
