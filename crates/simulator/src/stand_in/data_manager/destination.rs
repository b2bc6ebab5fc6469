//! Where events go: a conversion action of an account, and by which account one comes there.
//!
//! <https://developers.google.com/data-manager/api/devguides/concepts/destinations>

use serde_json::{Map, Value};

use super::proto::{field, text};
use super::refusal::Violation;
use super::{NO_ACTION, NO_CUSTOMER};

/// Of one request.
const DESTINATIONS_MAX: usize = 10;
const ADS: &str = "GOOGLE_ADS";
const PARTNER: &str = "DATA_PARTNER";
const TYPES: &[&str] = &[
    ADS,
    PARTNER,
    "DISPLAY_VIDEO_PARTNER",
    "DISPLAY_VIDEO_ADVERTISER",
    "GOOGLE_ANALYTICS_PROPERTY",
    "GOOGLE_AD_MANAGER_AUDIENCE_LINK",
    "FLOODLIGHT_CONFIG",
];

/// One destination, as far as it counts here.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub reference: Option<String>,
    pub id: String,
    pub sent: Value,
    /// Whether the account lets anybody in.
    pub is_there: bool,
}

pub(super) fn all(body: &Map<String, Value>, wrong: &mut Vec<Violation>) -> Vec<Action> {
    let list = field(body, "destinations").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        wrong.push(Violation::missing("destinations"));
    }
    if list.len() > DESTINATIONS_MAX {
        let description = "Maximum number of destinations allowed per request is 10.";
        wrong.push(Violation::of(
            "destinations",
            "TOO_MANY_DESTINATIONS",
            description,
        ));
    }
    let mut actions: Vec<Action> = Vec::new();
    for (at, sent) in list.iter().enumerate() {
        let path = format!("destinations[{at}]");
        let none = Map::new();
        let destination = sent.as_object().unwrap_or(&none);
        let action = Action {
            reference: text(destination, "reference").map(str::to_owned),
            id: action_id(destination, &path, wrong),
            is_there: accounts(destination, &path, wrong),
            sent: sent.clone(),
        };
        let is_twice = |other: &Action| other.reference == action.reference;
        if action.reference.is_some() && actions.iter().any(is_twice) {
            let description = "Two or more destinations in the request have the same reference.";
            let field = format!("{path}.reference");
            wrong.push(Violation::of(
                field,
                "DUPLICATE_DESTINATION_REFERENCE",
                description,
            ));
        }
        actions.push(action);
    }
    actions
}

fn action_id(destination: &Map<String, Value>, path: &str, wrong: &mut Vec<Violation>) -> String {
    let field = format!("{path}.product_destination_id");
    let id = text(destination, "productDestinationId").unwrap_or_default();
    if id.is_empty() {
        wrong.push(Violation::missing(field));
    } else if !is_number(id) {
        wrong.push(no_number(field));
    } else if id == NO_ACTION {
        let description = "Conversion action ID is not valid.";
        wrong.push(Violation::of(field, "INVALID_CONVERSION_ACTION_ID", description));
    }
    id.to_owned()
}

/// Whether the operating account lets anybody in.
fn accounts(destination: &Map<String, Value>, path: &str, wrong: &mut Vec<Violation>) -> bool {
    let of = |name| field(destination, name).and_then(Value::as_object);
    let Some(operating) = of("operatingAccount") else {
        wrong.push(Violation::missing(format!("{path}.operating_account")));
        return true;
    };
    let kind = account(operating, &format!("{path}.operating_account"), wrong);
    if kind.is_some_and(|kind| kind != ADS) {
        let description = "The account type does not fit the destination.";
        let field = format!("{path}.operating_account.account_type");
        wrong.push(Violation::of(
            field,
            "DESTINATION_ACCOUNT_TYPE_MISMATCH",
            description,
        ));
    }
    let login = of("loginAccount").and_then(|login| account(login, &format!("{path}.login_account"), wrong));
    if of("linkedAccount").is_some() && login != Some(PARTNER) {
        let description =
            "Linked account is only supported when the login account is a `DATA_PARTNER` account.";
        let reason = "LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT";
        wrong.push(Violation::of(
            format!("{path}.linked_account"),
            reason,
            description,
        ));
    }
    text(operating, "accountId") != Some(NO_CUSTOMER)
}

/// An account's kind.
fn account<'a>(account: &'a Map<String, Value>, path: &str, wrong: &mut Vec<Violation>) -> Option<&'a str> {
    let id = format!("{path}.account_id");
    match text(account, "accountId") {
        None => wrong.push(Violation::missing(id)),
        Some(text) if !is_number(text) => wrong.push(no_number(id)),
        Some(_) => {}
    }
    let kind = text(account, "accountType").or_else(|| text(account, "product"));
    match kind {
        None => wrong.push(Violation::missing(format!("{path}.account_type"))),
        Some(kind) if !TYPES.contains(&kind) => wrong.push(Violation::of(
            format!("{path}.account_type"),
            "INVALID_ENUM_VALUE",
            "Enum value cannot be used.",
        )),
        Some(_) => {}
    }
    kind
}

fn no_number(field: String) -> Violation {
    Violation::of(field, "INVALID_NUMBER_FORMAT", "String is not a valid number.")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
