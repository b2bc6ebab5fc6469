//! What an event may say about a person: hashed what must be, as it is what must not be, and enough of it.
//!
//! <https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters>,
//! `…/parameters/fbp-and-fbc`, and the combinations of `…/best-practices#req-rec-params`.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::refusal::Fault;

/// SHA-256 in 64 small hexadecimal digits, one or a list.
const HASHED: &[&str] = &["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"];
/// As they are; `external_id` may be hashed.
const PLAIN: &[&str] = &[
    "external_id",
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "fb_login_id",
    "lead_id",
    "anon_id",
    "madid",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
    "ig_account_id",
    "ig_sid",
    "whatsapp_business_account_id",
];
/// None of these, nor a part of one, tells who somebody is.
const TOO_BROAD: &[&[&str]] = &[
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

pub(super) fn check(user: &Map<String, Value>) -> Result<(), Fault> {
    for (key, value) in user {
        let key = key.as_str();
        if HASHED.contains(&key) {
            each(value, is_hash).ok_or_else(|| {
                Fault::of(
                    "Unhashed Customer Information",
                    format!("user_data.{key} must be hashed: SHA-256 in 64 lower-case hexadecimal digits."),
                )
            })?;
        } else if !PLAIN.contains(&key) {
            let why = format!("Unexpected key \"{key}\" on param user_data.");
            return Err(Fault::of("Invalid Customer Information", why));
        } else if let Some(form) = form_of(key) {
            let fits = value.as_str().is_some_and(form.1);
            if !fits {
                let why = format!("user_data.{key} must be {}.", form.0);
                return Err(Fault::of("Invalid Customer Information", why));
            }
        }
    }
    if is_too_broad(user) {
        Err(Fault::too_broad())
    } else {
        Ok(())
    }
}

/// In words, and whether a text has it.
type Form = (&'static str, fn(&str) -> bool);

/// What an unhashed parameter looks like, where the documentation says.
fn form_of(key: &str) -> Option<Form> {
    match key {
        "fbc" => Some((
            "fb.<subdomain index>.<creation time in ms>.<fbclid>, not hashed",
            is_click,
        )),
        "fbp" => Some((
            "fb.<subdomain index>.<creation time in ms>.<random number>, not hashed",
            is_browser,
        )),
        "client_ip_address" => Some(("an IP address, not hashed", |ip| ip.parse::<IpAddr>().is_ok())),
        "client_user_agent" => Some(("a user agent, not hashed", |agent| {
            !agent.is_empty() && !is_hash(agent)
        })),
        _ => None,
    }
}

/// Whether it holds of the one, or of each of a list that is not empty.
fn each(value: &Value, holds: fn(&str) -> bool) -> Option<()> {
    let holds = |value: &Value| value.as_str().is_some_and(holds);
    let all = match value {
        Value::Array(values) => !values.is_empty() && values.iter().all(holds),
        one => holds(one),
    };
    all.then_some(())
}

pub(super) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last part of `fb.<subdomain index>.<milliseconds>.<…>`.
fn after_time(text: &str) -> Option<&str> {
    let [fb, index, millis, rest] = text.splitn(4, '.').collect::<Vec<_>>().try_into().ok()?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = fb == "fb" && index.len() == 1 && is_number(index) && millis.len() == 13 && is_number(millis);
    fits.then_some(rest)
}

fn is_click(text: &str) -> bool {
    after_time(text).is_some_and(|click| !click.is_empty() && !is_hash(click))
}

fn is_browser(text: &str) -> bool {
    after_time(text).is_some_and(|random| random.parse::<u64>().is_ok())
}

fn is_too_broad(user: &Map<String, Value>) -> bool {
    TOO_BROAD
        .iter()
        .any(|broad| user.keys().all(|key| broad.contains(&key.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HASH: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

    fn refused(user: &Value) -> bool {
        check(user.as_object().unwrap_or(&Map::new())).is_err()
    }

    #[test]
    fn contact_information_is_hashed() {
        for key in HASHED {
            assert!(!refused(&json!({*key: HASH, "em": HASH})), "{key}");
            assert!(!refused(&json!({*key: [HASH, HASH], "em": HASH})), "{key}");
            for wrong in [
                json!("anna@firm.example"),
                json!(HASH.to_uppercase()),
                json!([]),
                json!([HASH, "x"]),
                json!(7),
            ] {
                assert!(
                    refused(&json!({*key: wrong, "external_id": "7"})),
                    "{key}: {wrong}"
                );
            }
        }
    }

    #[test]
    fn ids_of_clicks_and_browsers_have_a_form_and_are_not_hashed() {
        for (key, right) in [
            (
                "fbc",
                "fb.1.1788623130951.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk",
            ),
            ("fbp", "fb.1.1788623371353.5957399388"),
            ("client_ip_address", "2001:db8::1"),
        ] {
            assert!(!refused(&json!({key: right, "em": HASH})), "{key}");
            for wrong in [
                HASH,
                "",
                "fb.1.1788623130.x",
                "fb.1.1788623130951.",
                "1.1.1788623130951.x",
                "x",
            ] {
                assert!(refused(&json!({key: wrong, "em": HASH})), "{key}: {wrong}");
            }
        }
    }

    #[test]
    fn what_fits_too_many_people_is_not_enough() {
        for broad in [
            json!({}),
            json!({"client_user_agent": "Mozilla"}),
            json!({"ct": HASH, "country": HASH, "zp": HASH}),
            json!({"fn": HASH, "ge": HASH}),
            json!({"db": HASH, "client_user_agent": "Mozilla"}),
        ] {
            assert!(refused(&broad), "{broad}");
        }
        assert!(!refused(&json!({"fn": HASH, "ln": HASH})));
        assert!(!refused(&json!({"external_id": "7"})));
        assert!(
            refused(&json!({"email": HASH, "em": HASH})),
            "a key of another name"
        );
    }
}
