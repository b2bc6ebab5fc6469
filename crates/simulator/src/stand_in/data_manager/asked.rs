//! A request that is right, or all that is wrong with it.

use serde_json::{Map, Value, json};

use super::destination::{self, Action};
use super::event::{self, Ingested};
use super::person::Encoding;
use super::proto::{field, text};
use super::refusal::{self, Refusal, Violation};
use crate::moment::Moment;

/// Events of one request.
const EVENTS_MAX: usize = 2_000;
const CONSENT_WORDS: &[&str] = &["CONSENT_STATUS_UNSPECIFIED", "CONSENT_GRANTED", "CONSENT_DENIED"];
/// A custom variable that no account has enabled.
const NO_VARIABLE: &str = "unknown";

/// What is asked for, checked.
#[derive(Debug)]
pub(super) struct Asked {
    pub validates_only: bool,
    pub actions: Vec<Action>,
    pub events: Vec<Ingested>,
    /// Of fields that are passed over.
    pub warnings: Vec<Value>,
}

impl Asked {
    /// # Errors
    /// All that is wrong.
    pub(super) fn of(body: &Map<String, Value>, events: &[Value], now: Moment) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let actions = destination::all(body, &mut wrong);
        wrong.extend(consent(body));
        if events.is_empty() {
            wrong.push(Violation::missing("events"));
        }
        if events.len() > EVENTS_MAX {
            let description = "Maximum number of events allowed per request is 2,000.";
            wrong.push(Violation::of("events", "TOO_MANY_EVENTS", description));
        }
        let encoding = Encoding::of(text(body, "encoding"), events, &mut wrong);
        let (mut ingested, mut warnings) = (Vec::new(), Vec::new());
        for (at, event) in events.iter().enumerate() {
            let none = Map::new();
            let event = event.as_object().unwrap_or(&none);
            let mut own = Vec::new();
            ingested.push(event::check(event, &actions, encoding, now, &mut own));
            own.extend(consent(event));
            wrong.extend(own.into_iter().map(|violation| violation.within_event(at)));
            warnings.extend(passed_over(event, at));
        }
        if !actions.iter().all(|action| action.is_there) {
            return Err(refusal::no_permission());
        }
        if !wrong.is_empty() {
            return Err(refusal::invalid(wrong));
        }
        Ok(Self {
            validates_only: field(body, "validateOnly").and_then(Value::as_bool) == Some(true),
            actions,
            events: ingested,
            warnings,
        })
    }
}

fn consent(of: &Map<String, Value>) -> Vec<Violation> {
    let Some(consent) = field(of, "consent").and_then(Value::as_object) else {
        return Vec::new();
    };
    let words = [
        ("adUserData", "ad_user_data"),
        ("adPersonalization", "ad_personalization"),
    ];
    let wrong = words.into_iter().filter(|(name, _)| {
        let word = field(consent, name);
        word.is_some_and(|word| !word.as_str().is_some_and(|word| CONSENT_WORDS.contains(&word)))
    });
    wrong
        .map(|(_, name)| {
            let field = format!("consent.{name}");
            Violation::of(field, "INVALID_ENUM_VALUE", "Enum value cannot be used.")
        })
        .collect()
}

/// Custom variables that are not enabled are told, and nothing else comes of it.
fn passed_over(event: &Map<String, Value>, at: usize) -> Vec<Value> {
    let variables = field(event, "customVariables").and_then(Value::as_array);
    let named = |variable: &Value| variable.get("variable").and_then(Value::as_str) == Some(NO_VARIABLE);
    let variables = variables.into_iter().flatten().enumerate();
    let unknown = variables.filter(|(_, variable)| named(variable));
    unknown
        .map(|(place, _)| {
            json!({
                "reason": "WARNING_REASON_CUSTOM_VARIABLE_NOT_ENABLED",
                "description": "The custom variable is not enabled in the account.",
                "field": format!("events[{at}].custom_variables[{place}].variable"),
            })
        })
        .collect()
}
