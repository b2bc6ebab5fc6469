//! Which events a command is about: a few plain conditions, all of which must hold.

use std::str::FromStr;

use uuid::Uuid;
use warehouse::Param;

/// All empty: every event.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Filter {
    /// Only of this source
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Only of this object: deal, person, organization, …
    #[arg(long)]
    pub(crate) object: Option<String>,
    /// Only of this action: added, updated, deleted, merged
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only of this company
    #[arg(long)]
    pub(crate) company: Option<u64>,
    /// Only the event with this id
    #[arg(long)]
    pub(crate) uuid: Option<Uuid>,
    /// Only what this stage refused: collector, enricher, flattener, loader
    #[arg(long)]
    pub(crate) stage: Option<String>,
    /// Only with this code: not_json, prevalidation, company_not_allowed, schema, …
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// Only with this rule broken: v2.company_id, enum, required, …
    #[arg(long)]
    pub(crate) rule: Option<String>,
}

/// One condition, `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    key: String,
    value: String,
}

const KEYS: [&str; 8] = [
    "source", "object", "action", "company", "uuid", "stage", "code", "rule",
];

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || format!("is no condition; write KEY=VALUE with one of {}", KEYS.join(", "));
        let (key, value) = text.split_once('=').ok_or_else(known)?;
        if !KEYS.contains(&key) || value.is_empty() {
            return Err(known());
        }
        let condition = Self {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        // What cannot be read is said now.
        Filter::default().with(&condition).map(|_| condition)
    }
}

impl Filter {
    /// All of these; of one that comes twice the last counts.
    pub(crate) fn of(conditions: &[Condition]) -> Result<Self, String> {
        conditions.iter().try_fold(Self::default(), Self::with)
    }

    fn with(mut self, Condition { key, value }: &Condition) -> Result<Self, String> {
        let text = Some(value.clone());
        match key.as_str() {
            "source" => self.source = text,
            "object" => self.object = text,
            "action" => self.action = text,
            "stage" => self.stage = text,
            "code" => self.code = text,
            "rule" => self.rule = text,
            "company" => self.company = Some(value.parse().map_err(|_| format!("{value} is no company id"))?),
            _ => self.uuid = Some(value.parse().map_err(|_| format!("{value} is no UUID"))?),
        }
        Ok(self)
    }

    /// Whether it speaks of what only a refusal has.
    pub(crate) fn is_of_refusals(&self) -> bool {
        self.stage.is_some() || self.code.is_some() || self.rule.is_some()
    }

    /// As the questions under `sql/` want it.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, Param)> {
        let text = |text: &Option<String>| Param::Text(text.clone().unwrap_or_default());
        vec![
            ("source", text(&self.source)),
            ("object", text(&self.object)),
            ("action", text(&self.action)),
            ("company", Param::UInt(self.company.unwrap_or_default())),
            ("uuid", text(&self.uuid.map(|uuid| uuid.to_string()))),
            ("stage", text(&self.stage)),
            ("code", text(&self.code)),
            ("rule", text(&self.rule)),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn conditions_are_read_and_what_is_none_says_what_there_is() {
        let conditions: Vec<Condition> = ["company=7", "rule=v2.company_id", "source=crm"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let filter = Filter::of(&conditions).unwrap();
        assert_eq!(filter.company, Some(7));
        assert_eq!(filter.rule.as_deref(), Some("v2.company_id"));
        assert!(filter.is_of_refusals());
        for text in ["company", "company=x", "uuid=7", "value=1 OR 1=1", "source="] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
