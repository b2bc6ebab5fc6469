//! Who Meta is told that it was, as it asks for it
//! (<https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/customer-information-parameters>,
//! `…/parameters/fbp-and-fbc`, `…/best-practices`): what names a person as SHA-256, the ids that Meta gave itself as they are.

use event::Map;
use event::flat::key;
use serde_json::{Value, json};

use super::settings::Settings;
use crate::destination::conversion::{first_seen_micro, present, text};
use crate::person;

/// Each is enough to be looked for by.
const ENOUGH: [&str; 6] = ["em", "ph", "external_id", "fbc", "fbp", "lead_id"];
/// These two are, together.
const NAMES: [&str; 2] = ["fn", "ln"];
const MICROS_PER_MILLI: i64 = 1_000;
/// What each cookie of the pixel begins with.
const COOKIE: &str = "fb.";

/// `user_data`; none where Meta would refuse it for telling too little: nobody, or no more than a place or half a name.
pub(super) fn data(flat: &Map, settings: &Settings, now_seconds: i64) -> Option<Map> {
    let of = |field: &str| text(flat, field);
    let hashed = |normal: Option<String>| normal.map(|normal| json!([person::hashed(&normal)]));
    let plain = |id: Option<String>| id.map(Value::String);
    let told = present([
        (
            "em",
            hashed(of(key::CONTACT_EMAIL).and_then(|text| person::email(&text))),
        ),
        (
            "ph",
            hashed(of(key::CONTACT_PHONE_NUMBER).and_then(|text| digits(&text))),
        ),
        (
            "fn",
            hashed(of(key::CONTACT_FIRST_NAME).and_then(|text| person::unspaced(&text))),
        ),
        (
            "ln",
            hashed(of(key::CONTACT_LAST_NAME).and_then(|text| person::unspaced(&text))),
        ),
        (
            "ct",
            hashed(of(&settings.city_field).and_then(|text| person::unspaced(&text))),
        ),
        (
            "country",
            hashed(of(&settings.country_field).and_then(|text| person::country(&text))),
        ),
        (
            "external_id",
            hashed(of(&settings.external_id_field).and_then(|text| person::word(&text))),
        ),
        ("fbc", plain(click(flat, settings, now_seconds))),
        (
            "fbp",
            plain(of(&settings.fbp_field).filter(|id| id.starts_with(COOKIE))),
        ),
        (
            "lead_id",
            of(&settings.lead_id_field)
                .and_then(|id| id.parse::<u64>().ok())
                .map(Value::from),
        ),
    ]);
    let is_enough = ENOUGH.iter().any(|name| told.contains_key(*name));
    let is_named = NAMES.iter().all(|name| told.contains_key(*name));
    (is_enough || is_named).then_some(told)
}

/// A telephone number with its country, digits alone.
fn digits(text: &str) -> Option<String> {
    let number = person::phone(text)?;
    Some(number.trim_start_matches('+').to_owned())
}

/// The click that led here: the cookie, or what the pixel would have made of the address. The time is when the click was first
/// seen, and that is when the deal, lead or person came into the account.
fn click(flat: &Map, settings: &Settings, now_seconds: i64) -> Option<String> {
    let cookie = text(flat, &settings.fbc_field).filter(|id| id.starts_with(COOKIE));
    cookie.or_else(|| {
        let fbclid = text(flat, &settings.fbclid_field)?;
        let seen = first_seen_micro(flat, now_seconds) / MICROS_PER_MILLI;
        Some(format!("{COOKIE}1.{seen}.{fbclid}"))
    })
}
