//! The same language over a flat event: its keys are the names.
use std::str::FromStr;

use cel::Value as Cel;
use cel::objects::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::expression::{Expression, json};
use super::{RuleError, Undecided};
use crate::{Map, flat};

/// An expression over a flat event, such as `deal_status == 'won' && deal_value > 1000.0`. A key that the event has not is
/// null.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FlatRule(Expression);

impl FlatRule {
    /// Whether it is true of this event.
    ///
    /// # Errors
    /// [`Undecided`]: it compares what cannot be compared, or is neither true nor false.
    pub fn holds(&self, event: &Map) -> Result<bool, Undecided> {
        self.0.holds(|name| variable(name, event))
    }

    /// What it comes to.
    ///
    /// # Errors
    /// [`Undecided`]: it fails, or comes to something that JSON cannot say.
    pub fn value(&self, event: &Map) -> Result<Value, Undecided> {
        let value = self.0.value(|name| variable(name, event))?;
        let kind = value.type_of().to_string();
        plain(value).ok_or(Undecided::NoJson(kind))
    }
}

fn variable(name: &str, event: &Map) -> Cel {
    event.get(name).map_or(Cel::Null, json)
}

fn plain(value: Cel) -> Option<Value> {
    Some(match value {
        Cel::Null => Value::Null,
        Cel::Bool(flag) => flag.into(),
        Cel::Int(number) => number.into(),
        Cel::UInt(number) => number.into(),
        Cel::Float(number) => Value::Number(Number::from_f64(number)?),
        Cel::String(text) => text.as_str().into(),
        Cel::List(items) => items
            .iter()
            .cloned()
            .map(plain)
            .collect::<Option<Vec<Value>>>()?
            .into(),
        Cel::Map(map) => {
            let entries = map.map.iter().map(|(key, value)| match key {
                Key::String(key) => Some((key.to_string(), plain(value.clone())?)),
                _ => None,
            });
            Value::Object(entries.collect::<Option<Map>>()?)
        }
        _ => return None,
    })
}

impl FromStr for FlatRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let unknown = |name: &str| {
            let is_known = flat::kind_of(name).is_some();
            (!is_known).then(|| RuleError::NoKey {
                name: name.to_owned(),
            })
        };
        Expression::compile(text, unknown).map(Self)
    }
}

impl TryFrom<String> for FlatRule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl From<FlatRule> for String {
    fn from(rule: FlatRule) -> Self {
        rule.0.text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn event() -> Map {
        let event = json!({
            "event_object": "deal", "deal_status": "won", "deal_value": 1250.5, "deal_id": 7, "marketing_source": "google",
            "event_permitted_user_ids": [1, 2], "deal_custom_consent": "yes",
        });
        event.as_object().unwrap().clone()
    }

    fn rule(text: &str) -> FlatRule {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_is_true_or_false_of_a_flat_event() {
        for (text, expected) in [
            ("event_object == 'deal' && deal_status == 'won'", true),
            ("deal_value > 2000.0", false),
            ("deal_custom_consent == 'yes'", true),
            ("contact_email == null", true),
            ("2 in event_permitted_user_ids", true),
            ("marketing_source in ['google', 'linkedin']", true),
        ] {
            assert_eq!(rule(text).holds(&event()), Ok(expected), "{text}");
        }
        assert!(rule("contact_email.startsWith('a')").holds(&event()).is_err());
        assert!(matches!(
            rule("deal_id").holds(&event()),
            Err(Undecided::NoAnswer(_))
        ));
    }

    #[test]
    fn an_expression_comes_to_json() {
        for (text, expected) in [
            ("deal_value > 1000.0 ? 'large' : 'small'", json!("large")),
            ("deal_id + 1", json!(8)),
            ("deal_value * 2.0", json!(2501.0)),
            ("[deal_status, marketing_source]", json!(["won", "google"])),
            ("{'id': deal_id}", json!({"id": 7})),
            ("contact_email", json!(null)),
        ] {
            assert_eq!(rule(text).value(&event()), Ok(expected), "{text}");
        }
        assert!(matches!(
            rule("1.0 / 0.0").value(&event()),
            Err(Undecided::NoJson(_) | Undecided::Failed(_))
        ));
    }

    #[test]
    fn a_name_that_is_no_key_is_refused() {
        let error = "deal_valeu > 1.0".parse::<FlatRule>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "it speaks of `deal_valeu`, which is no key of a flat event"
        );
    }
}
