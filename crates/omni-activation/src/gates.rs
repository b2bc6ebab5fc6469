//! Whether a destination gets an event: its filter, its names, the consent. Pure.

use event::Map;
use event::rule::FlatRule;

use crate::naming::Naming;

/// Why an event is not for a destination; words of a closed set.
pub(crate) const FILTER: &str = "filter";
pub(crate) const CONSENT: &str = "consent";
pub(crate) const UNDECIDED: &str = "undecided";

/// What must be true of an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gates {
    filter: Option<FlatRule>,
    consent: Option<FlatRule>,
    naming: Naming,
}

impl Gates {
    pub(crate) fn new(filter: Option<FlatRule>, consent: Option<FlatRule>, naming: Naming) -> Self {
        Self {
            filter,
            consent,
            naming,
        }
    }

    /// Why the event does not pass. What cannot be decided does not: nothing leaves by mistake.
    pub(crate) fn refuse(&self, flat: &[u8]) -> Option<&'static str> {
        if self.filter.is_none() && self.consent.is_none() && self.naming.is_empty() {
            return None;
        }
        let Ok(event) = serde_json::from_slice::<Map>(flat) else {
            return Some(UNDECIDED);
        };
        if !self.naming.is_empty() && self.naming.of(&event).is_none() {
            return Some(FILTER);
        }
        let gates = [(&self.filter, FILTER), (&self.consent, CONSENT)];
        gates
            .into_iter()
            .find_map(|(rule, reason)| match rule.as_ref()?.holds(&event) {
                Ok(true) => None,
                Ok(false) => Some(reason),
                Err(_) => Some(UNDECIDED),
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FLAT: &str = r#"{"event_object":"deal","deal_status":"won","deal_value":12345678901234567.89,"marketing_source":"google"}"#;

    #[test]
    fn what_is_not_certain_does_not_leave() {
        let gates = |filter: &str, consent: &str| {
            let rule = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
            Gates::new(rule(filter), rule(consent), Naming::default()).refuse(FLAT.as_bytes())
        };
        assert_eq!(gates("", ""), None);
        assert_eq!(
            gates("deal_status == 'won'", "marketing_source == 'google'"),
            None
        );
        assert_eq!(gates("deal_status == 'lost'", ""), Some(FILTER));
        assert_eq!(gates("", "deal_custom_consent == 'yes'"), Some(CONSENT));
        assert_eq!(gates("contact_id > 3", ""), Some(UNDECIDED));
        assert_eq!(gates("deal_value", ""), Some(UNDECIDED));
    }
}
