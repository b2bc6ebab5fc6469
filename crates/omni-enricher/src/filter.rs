//! Leaves events out by the rules of the configuration: the first that is true, in the order of their names.
//!
//! A rule that cannot be decided of an event leaves it in; that is said once for each rule.

use std::collections::BTreeSet;

use event::Change;

use crate::config::Settings;

/// Which rules could not be decided of some event.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    undecided: BTreeSet<String>,
}

impl Filter {
    /// The rule that leaves this event out.
    pub(crate) fn rule<'s>(
        &mut self,
        change: &Change,
        source: &str,
        settings: &'s Settings,
    ) -> Option<&'s str> {
        for (name, rule) in &settings.filters {
            match rule.holds(change, source) {
                Ok(true) => return Some(name),
                Ok(false) => {}
                Err(error) => self.say(name, &error),
            }
        }
        None
    }

    fn say(&mut self, name: &str, error: &event::rule::Undecided) {
        if self.undecided.insert(name.to_owned()) {
            tracing::warn!(
                rule = name,
                error = error as &dyn std::error::Error,
                "a filter cannot be decided of some events: they stay in (`has(current.key)` asks for a key)"
            );
        }
    }
}
