//! What the viewer of an embed may choose, and what is locked: merged by the server, last.
//!
//! A locked parameter has its value whatever a request says. Of a locked list the viewer may ask for a part; a value
//! outside of it is refused, and so is a choice that is not allowed. Nothing a request says makes an answer wider.
use std::collections::BTreeSet;

use super::Denied;
use super::grant::Locked;
use crate::state::{Declared, State, query};

/// Parameters that every board has, beside its variables and the company.
const COMMON: &[&str] = &["period", "from", "to", "compare", "tz", "currency"];
/// What may be chosen when a token does not say.
const USUAL: &[&str] = &["period", "compare"];
const EVERYTHING: &str = "*";

/// Where something is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// On the board: what the token lets its viewer choose.
    Board,
    /// Behind a number: any filter, since the number's own row is one, and a filter shows less.
    List,
}

/// What may be chosen, and what may not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choosing {
    locked: Locked,
    allowed: BTreeSet<String>,
}

impl Choosing {
    pub(super) fn new(locked: Locked, allowed: Option<Vec<String>>) -> Self {
        let usual = || USUAL.iter().map(|name| (*name).to_owned()).collect();
        Self {
            locked,
            allowed: allowed.map_or_else(usual, |allowed| allowed.into_iter().collect()),
        }
    }

    /// The locked values as this board reads them; refused when it has no such parameter, or does not take the value.
    pub(crate) fn check(&self, declared: &Declared) -> Result<State, Denied> {
        let strange =
            |name: &&String| !COMMON.contains(&name.as_str()) && !declared.variables.contains_key(*name);
        if let Some(name) = self.locked.keys().find(strange) {
            return Err(Denied::Lock(format!("{name}: this board has no such parameter")));
        }
        let mut text = String::new();
        for (name, values) in &self.locked {
            let is_single = COMMON.contains(&name.as_str());
            if is_single && values.len() != 1 {
                return Err(Denied::Lock(format!("{name}: takes one value")));
            }
            query::append(
                &mut text,
                name,
                &values.iter().map(String::as_str).collect::<Vec<_>>(),
            );
        }
        State::read(&text, declared).map_err(|refusal| Denied::Lock(refusal.to_string()))
    }

    /// Whether the parameter has one value and no other.
    pub(super) fn is_fixed(&self, name: &str) -> bool {
        self.locked.get(name).is_some_and(|values| values.len() == 1)
    }

    /// Whether the viewer may choose: allowed, and not locked to a single value.
    pub(crate) fn may(&self, name: &str) -> bool {
        let is_free = !self.locked.contains_key(name);
        let is_list = self.locked.get(name).is_some_and(|values| values.len() > 1);
        (is_free || is_list) && (self.allowed.contains(name) || self.allowed.contains(EVERYTHING))
    }

    /// Whether a statement with these parameters is narrowed by every filter that is locked.
    pub(super) fn narrows(&self, uses: &BTreeSet<String>, declared: &Declared) -> bool {
        let mut filters = self
            .locked
            .keys()
            .filter(|name| declared.variables.contains_key(*name));
        filters.all(|name| uses.contains(name))
    }

    /// Refuses a choice that may not be made.
    pub(super) fn allows(&self, asked: &State, declared: &Declared, within: Within) -> Result<(), Denied> {
        for (name, variable) in &declared.variables {
            let is_usual = asked
                .values
                .get(name)
                .is_none_or(|values| *values == variable.default);
            let is_free = within == Within::List || self.locked.contains_key(name) || self.may(name);
            if !is_usual && !is_free {
                return Err(refused(name));
            }
        }
        for (name, is_usual) in [
            ("period", asked.period == declared.period),
            ("compare", asked.compare == declared.compare),
            ("tz", asked.zone == declared.zone),
            ("currency", asked.currency == declared.currency),
        ] {
            // What is locked holds anyway.
            if !(is_usual || self.locked.contains_key(name) || self.may(name)) {
                return Err(refused(name));
            }
        }
        Ok(())
    }

    /// The choices with what is locked over them. Doing it twice changes nothing.
    pub(super) fn lock(&self, asked: &State, declared: &Declared) -> Result<State, Denied> {
        let locked = self.check(declared)?;
        let mut state = asked.clone();
        for (name, values) in &mut state.values {
            let usual = declared.variables.get(name).map(|variable| &variable.default);
            let Some(within) = locked.values.get(name).filter(|_| self.locked.contains_key(name)) else {
                continue;
            };
            if values.is_empty() || Some(&*values) == usual {
                values.clone_from(within);
            } else if !values.iter().all(|value| within.contains(value)) {
                return Err(refused(name));
            }
        }
        if self.locked.contains_key("period") {
            state.period = locked.period;
        }
        if self.locked.contains_key("compare") {
            state.compare = locked.compare;
        }
        if self.locked.contains_key("tz") {
            state.zone = locked.zone;
        }
        if self.locked.contains_key("currency") {
            state.currency = locked.currency;
        }
        Ok(state)
    }
}

fn refused(name: &str) -> Denied {
    Denied::Choice(name.to_owned())
}

#[cfg(test)]
#[path = "narrow/tests.rs"]
mod tests;
