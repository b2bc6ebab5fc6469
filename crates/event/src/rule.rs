//! A rule over a change, in the Common Expression Language: true or false of each.
//!
//! A rule is compiled where it is read; one that cannot be, or that speaks of something no change has, is refused there
//! with the reason. It sees `object`, `action`, `id`, `company_id`, `user_id`, `source`, `version`, `is_bulk`,
//! `change_source`, `current`, `previous` and `state` (what is last known: `current`, or of a deleted entity `previous`).
//! What a change does not say is null, a state that is not there an empty map.

mod expression;
mod flat;

use std::str::FromStr;

use cel::Value as Cel;
use serde::{Deserialize, Serialize};

use crate::Version;
use crate::change::Change;
use crate::document::Document;
use expression::{Expression, map, whole};

pub use flat::FlatRule;

/// What a rule can speak of.
pub const VARIABLES: [&str; 12] = [
    "object",
    "action",
    "id",
    "company_id",
    "user_id",
    "source",
    "version",
    "is_bulk",
    "change_source",
    "current",
    "previous",
    "state",
];

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("it is no expression: {0}")]
    Syntax(String),
    #[error("it speaks of `{name}`; a rule can speak of {}", VARIABLES.join(", "))]
    Unknown { name: String },
    #[error("it speaks of `{name}`, which is no key of a flat event")]
    NoKey { name: String },
}

/// Why a rule says nothing of a change, e.g. a key that its state has not (`has(current.x)` asks).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    #[error("{0}")]
    Failed(String),
    #[error("is neither true nor false but a {0}")]
    NoAnswer(String),
    #[error("comes to a {0}, which JSON cannot say")]
    NoJson(String),
}

/// A compiled rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule(Expression);

impl Rule {
    /// Whether it is true of this change, which came from this source.
    pub fn holds(&self, change: &Change, source: &str) -> Result<bool, Undecided> {
        self.0.holds(|name| variable(name, change, source))
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let unknown = |name: &str| {
            let is_known = VARIABLES.contains(&name);
            (!is_known).then(|| RuleError::Unknown {
                name: name.to_owned(),
            })
        };
        Expression::compile(text, unknown).map(Self)
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.0.text
    }
}

fn variable(name: &str, change: &Change, source: &str) -> Cel {
    let text = |text: &str| Cel::from(text);
    let number = |number: Option<u64>| number.map_or(Cel::Null, whole);
    match name {
        "object" => text(change.object.as_str()),
        "action" => text(change.action.as_str()),
        "id" => change.id.as_u64().map_or_else(|| text(change.id.as_str()), whole),
        "company_id" => whole(change.company_id),
        "user_id" => number(change.user_id),
        "source" => text(source),
        "version" => Cel::Int(match change.version {
            Version::V1 => 1,
            Version::V2 => 2,
        }),
        "is_bulk" => Cel::Bool(change.is_bulk.unwrap_or(false)),
        "change_source" => change.change_source.as_deref().map_or(Cel::Null, text),
        "current" => state(change.current.as_ref()),
        "previous" => state(change.previous.as_ref()),
        "state" => state(change.state()),
        _ => Cel::Null,
    }
}

fn state(state: Option<&Document>) -> Cel {
    map(state.map(Document::to_map).as_ref())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use serde_json::{Value, json};

    use super::*;

    fn change(data: Value, previous: Value, meta: Value) -> Change {
        let mut all = json!({
            "action": "change", "entity": "deal", "entity_id": "31", "company_id": "7", "timestamp": 1,
            "user_id": "12", "change_source": "api", "is_bulk_edit": true, "version": "2.0",
        });
        all.as_object_mut()
            .unwrap()
            .extend(meta.as_object().unwrap().clone());
        let body = json!({"data": data, "previous": previous, "meta": all});
        Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap()
    }

    fn deal() -> Change {
        let data =
            json!({"pipeline_id": 3, "value": 10.5, "title": "Rollout", "label_ids": [4, 5], "org_id": null});
        change(data, json!({"stage_id": 1}), json!({}))
    }

    fn holds(rule: &str, change: &Change) -> Result<bool, Undecided> {
        rule.parse::<Rule>().unwrap().holds(change, "crm")
    }

    #[test]
    fn a_rule_is_true_or_false_of_a_change() {
        for (rule, expected) in [
            ("is_bulk", true),
            ("object == 'deal' && current.pipeline_id == 3", true),
            ("object == 'person' || current.pipeline_id in [1, 2]", false),
            ("change_source == 'api' && user_id == 12", true),
            ("current.value > 10.0 && current.title.startsWith('Roll')", true),
            ("4 in current.label_ids", true),
            ("current.label_ids.exists(label, label == 5)", true),
            (
                "[{'of': current.label_ids}].all(one, one.of.filter(x, x > 4).size() == 1)",
                true,
            ),
            ("has(previous.stage_id) && !has(previous.value)", true),
            ("current.org_id == null", true),
            (
                "company_id == 7 && id == 31 && source == 'crm' && version == 2",
                true,
            ),
            ("action == 'deleted'", false),
        ] {
            assert_eq!(holds(rule, &deal()), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn of_what_is_deleted_the_last_state_is_seen() {
        let deleted = change(
            json!(null),
            json!({"pipeline_id": 3}),
            json!({"action": "delete"}),
        );
        assert_eq!(
            holds("state.pipeline_id == 3 && !has(current.pipeline_id)", &deleted),
            Ok(true)
        );
    }

    #[test]
    fn what_a_change_does_not_have_leaves_a_rule_undecided() {
        assert!(matches!(
            holds("current.nothing == 1", &deal()),
            Err(Undecided::Failed(_))
        ));
        assert!(matches!(
            holds("current.value", &deal()),
            Err(Undecided::NoAnswer(_))
        ));
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Rule>().unwrap_err().to_string();
        assert!(refused("object ==").starts_with("it is no expression: "));
        assert!(!refused("object ==").contains('\n'));
        assert!(refused("deal.value > 1").contains("speaks of `deal`; a rule can speak of object, action"));
        let error = serde_json::from_str::<Rule>(r#""1 +""#).unwrap_err();
        assert!(error.to_string().contains("is no expression"));
        let rule: Rule = serde_json::from_str(r#""is_bulk""#).unwrap();
        assert_eq!(serde_json::to_string(&rule).unwrap(), r#""is_bulk""#);
    }
}
