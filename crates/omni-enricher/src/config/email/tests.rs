//! What of `[enricher.email]` is taken and what is refused, by the key's name.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::config::{Config, TABLES};

fn load(text: &str) -> Result<Email, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let config: Config =
        stage::config::load_with(Some(file.path()), TABLES, &[]).map_err(|error| error.to_string())?;
    let checked = config.check().map_err(|error| error.to_string());
    checked.map(|()| config.enricher.email)
}

const HUNTER: &str = "[enricher.email]\nprovider = \"hunter\"\napi_key = \"hu-sh\"\n";
const HTTP: &str = "[enricher.email]\nprovider = \"http\"\n[enricher.email.http]\n";
const MAPPED: &str = "url = \"https://verifier.example/v1?email={email}\"\nstatus_path = \"status\"\n";

#[test]
fn nobody_is_asked_unless_somebody_is_named() {
    assert_eq!(load("").unwrap().provider, EmailProvider::None);
    assert!(provider::of(&load("").unwrap()).unwrap().is_none());
    let hunter = load(HUNTER).unwrap();
    assert!(
        hunter.api_url == "https://api.hunter.io/v2/email-verifier" && hunter.wait_max() == Duration::ZERO
    );
    assert_eq!(hunter.cache_max(), Duration::from_hours(720));
}

#[test]
fn hunter_that_cannot_work_is_refused_by_its_key() {
    for (text, word) in [
        ("[enricher.email]\nprovider = \"hunter\"".to_owned(), "api_key"),
        (HUNTER.replace("hu-sh", "hu-\\nsh"), "api_key"),
        (
            format!("{HUNTER}api_url = \"https://x.example/v2?api_key=k\""),
            "api_url",
        ),
        (
            format!("{HUNTER}api_url = \"https://me:a-word@x.example/v2\""),
            "api_url",
        ),
        (format!("{HUNTER}api_url = \"http://x.example/v2\""), "api_url"),
        (format!("{HUNTER}api_url = \"nowhere\""), "api_url"),
        (
            format!("{HUNTER}api_url = \"https://127.0.0.1/v2\""),
            "allow_private_addresses",
        ),
        (
            format!("{HUNTER}api_url = \"https://[::1]/v2\""),
            "allow_private_addresses",
        ),
        (format!("{HUNTER}cache_days = 0"), "cache_days"),
        (format!("{HUNTER}in_flight_max = 0"), "in_flight_max"),
        (format!("{HUNTER}wait_ms_max = 60000"), "wait_ms_max"),
        (format!("{HUNTER}call_ms_max = 1000"), "call_ms_max"),
        (
            format!("{HUNTER}requests_per_second_max = 0"),
            "requests_per_second_max",
        ),
        (
            format!("{HUNTER}requests_per_minute_max = 0"),
            "requests_per_minute_max",
        ),
        ("[enricher.email]\nprovider = \"hunters\"".to_owned(), "provider"),
    ] {
        let refusal = load(&text).unwrap_err();
        assert!(refusal.contains(word), "{text}: {refusal}");
        assert!(
            !refusal.contains("hu-sh") && !refusal.contains("a-word"),
            "{refusal}"
        );
    }
    let private = format!("{HUNTER}api_url = \"http://127.0.0.1:8099/v2\"\nallow_private_addresses = true");
    load(&private).unwrap();
}

#[test]
fn a_mapping_that_cannot_work_is_refused_by_its_key() {
    load(&format!("{HTTP}{MAPPED}")).unwrap();
    for (text, word) in [
        ("status_path = \"status\"", "url"),
        (
            "url = \"https://verifier.example/v1\"\nstatus_path = \"s\"",
            "{email}",
        ),
        ("url = \"https://{email}.example/v1\"\nstatus_path = \"s\"", "url"),
        ("url = \"https://verifier.example/{email}\"", "status_path"),
        ("$body = \"{}\"", "POST"),
        ("$method = \"POST\"\nbody = \"{\"", "body"),
        (
            "url = \"https://verifier.example/#{email}\"\nstatus_path = \"s\"",
            "`url`",
        ),
        ("$score_max = 0", "score_max"),
        ("$pending_codes = [99]", "pending_codes"),
        ("$flag_paths = { mx = \"mx\" }", "mx_records"),
        ("$source_paths = { url = \"url\" }", "it knows domain, uri"),
        ("$source_paths = { uri = \"url\" }", "needs `sources_path`"),
        ("$sources_path = \"seen\"", "needs `source_paths`"),
        (
            "$sources_path = \"seen\"\nsource_paths = { uri = \"\" }",
            "needs `source_paths`",
        ),
        ("$status_words = { ok = \"fine\" }", "status_words"),
        ("$result_words = { ok = \"fine\" }", "result_words"),
        ("$headers = { \"a b\" = \"hu-sh\" }", "headers"),
        ("$headers = { key = \"hu-\\nsh\" }", "headers"),
    ] {
        let refusal = load(&format!("{HTTP}{}", text.replace('$', MAPPED))).unwrap_err();
        assert!(
            refusal.contains(word) && !refusal.contains("hu-sh"),
            "{text}: {refusal}"
        );
    }
}

#[test]
fn a_key_is_shown_nowhere() {
    let text = format!("{HUNTER}[enricher.email.http]\nheaders = {{ key = \"hu-sh\" }}");
    let settings = load(&text).unwrap();
    let written = serde_json::to_string(&settings).unwrap();
    for shown in [format!("{settings:?}"), written] {
        assert!(!shown.contains("hu-sh") && shown.contains("***"), "{shown}");
    }
    let provider = provider::of(&settings).unwrap().unwrap();
    assert!(!format!("{provider:?}").contains("hu-sh"));
    let http = load(&format!("{HTTP}{MAPPED}headers = {{ key = \"hu-sh\" }}")).unwrap();
    let provider = provider::of(&http).unwrap().unwrap();
    assert!(!format!("{provider:?}").contains("hu-sh"), "{provider:?}");
}
