//! Settings that cannot work.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::path::Path;

use super::*;
use crate::config::{Config, TABLES};

/// The destination of a case, changed.
fn refused(change: impl FnOnce(&mut DestinationSettings)) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/google_ads/variables/omni.toml");
    let config: Config = stage::config::load_with(Some(&file), TABLES, &[]).unwrap();
    let mut settings = config.destination.values().next().unwrap().clone();
    settings.check("ads").unwrap();
    change(&mut settings);
    settings.check("ads").unwrap_err().to_string()
}

fn own(change: impl FnOnce(&mut Settings)) -> String {
    refused(|settings| change(settings.google_ads.as_mut().unwrap()))
}

#[test]
fn what_google_would_refuse_of_every_event_is_refused_at_the_start() {
    for (refused, part) in [
        (own(|own| own.customer_id = "AW-1".to_owned()), "customer_id"),
        (
            own(|own| own.login_customer_id = "mine".to_owned()),
            "login_customer_id",
        ),
        (own(|own| own.api_version = "26".to_owned()), "version"),
        (own(|own| own.gclid_field = "deal_gclid".to_owned()), "deal_gclid"),
        (own(|own| own.email_field = "mail".to_owned()), "email_field"),
        (refused(|settings| settings.events.clear()), "events"),
        (
            refused(|settings| settings.events[0].name = "purchase".to_owned()),
            "conversionActions",
        ),
        (
            refused(|settings| {
                let map = settings.map.as_mut().unwrap();
                map.constants.insert("brand".to_owned(), "acme".into());
            }),
            "conversionCustomVariables",
        ),
        (refused(|settings| settings.consent = None), "consent"),
        (
            refused(|settings| settings.secret = Secret::default()),
            "refresh token",
        ),
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}
