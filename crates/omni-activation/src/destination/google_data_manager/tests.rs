//! Settings that cannot work, and what is said to see whether others do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::config::{Config, TABLES};

const AT_SECONDS: i64 = 1_770_114_030;

/// The destination of a case, changed.
fn settings(change: impl FnOnce(&mut DestinationSettings)) -> DestinationSettings {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/google_data_manager/variables/omni.toml");
    let config: Config = stage::config::load_with(Some(&file), TABLES, &[]).unwrap();
    let mut settings = config.destination.values().next().unwrap().clone();
    settings.check("ads").unwrap();
    change(&mut settings);
    settings
}

fn refused(change: impl FnOnce(&mut DestinationSettings)) -> String {
    settings(change).check("ads").unwrap_err().to_string()
}

fn own(change: impl FnOnce(&mut Settings)) -> impl FnOnce(&mut DestinationSettings) {
    |settings| change(settings.google_data_manager.as_mut().unwrap())
}

#[test]
fn what_google_would_refuse_of_every_event_is_refused_at_the_start() {
    let name = |name: &str| {
        let name = name.to_owned();
        move |settings: &mut DestinationSettings| settings.events[0].name = name
    };
    for (refused, part) in [
        (
            refused(own(|own| own.customer_id = "AW-1".to_owned())),
            "google_data_manager.customer_id",
        ),
        (
            refused(own(|own| own.login_customer_id = "mine".to_owned())),
            "login_customer_id",
        ),
        (
            refused(own(|own| own.gclid_field = "deal_gclid".to_owned())),
            "deal_gclid",
        ),
        (
            refused(own(|own| own.session_attributes_field = "session".to_owned())),
            "session_attributes_field",
        ),
        (
            refused(own(|own| own.client_id.clear())),
            "google_data_manager.client_id",
        ),
        (refused(|settings| settings.events.clear()), "events"),
        (refused(name("purchase")), "digits alone"),
        (refused(name("customers/9/conversionActions/222")), "digits alone"),
        (
            refused(|settings| settings.events[0].retract = true),
            "takes nothing back",
        ),
        (refused(|settings| settings.consent = None), "consent"),
        (
            refused(|settings| {
                let events = (0..11).map(|id| json!({"name": id.to_string(), "when": "true"}));
                settings.events = serde_json::from_value(events.collect()).unwrap();
            }),
            "11 conversion actions",
        ),
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

/// What is said to see whether a conversion of each action would be taken.
fn rehearsed(change: impl FnOnce(&mut DestinationSettings)) -> (Vec<Value>, bool) {
    let settings = settings(change).rehearsing().unwrap();
    let destination = ConversionActions::new(&settings).unwrap();
    let said = destination.rehearsal(AT_SECONDS);
    let bearer = Credential::Bearer("t".into());
    let now = Now {
        seconds: AT_SECONDS,
        credential: Some(&bearer),
    };
    let request = destination
        .request(&said.iter().collect::<Vec<_>>(), &now)
        .unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let events = body["events"].as_array().unwrap().clone();
    (events, body["validateOnly"] == true)
}

#[test]
fn a_rehearsal_is_of_nobody_and_records_nothing() {
    let (events, is_validated) = rehearsed(own(|own| own.validate_only = false));
    assert!(is_validated);
    let hash = person_hash("omni-check@example.com");
    let expected = ["111", "222"].map(|action| {
        json!({
            "destinationReferences": [action], "transactionId": "omni-check", "eventTimestamp": "2026-02-03T10:20:30Z",
            "eventSource": "PHONE", "userData": {"userIdentifiers": [{"emailAddress": hash}]},
        })
    });
    assert_eq!(events, expected);
    let (events, _) = rehearsed(own(|own| {
        own.email_field.clear();
        own.phone_field.clear();
    }));
    assert_eq!(events[0]["adIdentifiers"], json!({"gclid": "omni-check"}));
    assert_eq!(events[0]["userData"], Value::Null);
}

fn person_hash(text: &str) -> String {
    crate::person::hashed(text)
}
