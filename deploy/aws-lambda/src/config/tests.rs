//! What the environment may say.
#![allow(clippy::unwrap_used)]

use super::*;

const NEEDED: [(&str, &str); 2] = [
    ("OMNI_LAMBDA__COLLECTOR_URL", "https://omni.example.com"),
    ("OMNI_LAMBDA__TOKEN", "token"),
];

/// With what is needed, and `given` over it.
fn load(given: &[(&str, &str)]) -> Result<Config, String> {
    let variables: Vec<_> = NEEDED
        .iter()
        .chain(given)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let config: Config =
        stage::config::load_with(None, TABLES, &variables).map_err(|error| error.to_string())?;
    config.lambda.check().map_err(|error| error.to_string())?;
    Ok(config)
}

fn refusal(name: &str, value: &str) -> String {
    load(&[(name, value)]).unwrap_err()
}

#[test]
fn an_address_and_a_token_are_enough() {
    let config = load(&[]).unwrap();
    assert_eq!(
        config.lambda.intake().unwrap().as_str(),
        "https://omni.example.com/events/flat"
    );
}

#[test]
fn a_path_of_the_address_is_used_as_it_is() {
    let config = load(&[(
        "OMNI_LAMBDA__COLLECTOR_URL",
        "https://omni.example.com/in/events/flat",
    )])
    .unwrap();
    assert_eq!(
        config.lambda.intake().unwrap().as_str(),
        "https://omni.example.com/in/events/flat"
    );
}

#[test]
fn an_address_that_is_none_is_refused() {
    for address in ["omni", "ftp://omni.example.com", "http://omni.example.com"] {
        let refusal = refusal("OMNI_LAMBDA__COLLECTOR_URL", address);
        assert!(refusal.contains("`collector_url` must be"), "{refusal}");
    }
    let private = [
        ("OMNI_LAMBDA__COLLECTOR_URL", "http://10.0.0.7:8080"),
        ("OMNI_LAMBDA__ALLOW_PRIVATE_ADDRESSES", "true"),
    ];
    load(&private).unwrap();
}

#[test]
fn a_mapping_names_keys_of_the_flat_event() {
    let config = load(&[
        ("OMNI_LAMBDA__RENAME", "value=deal_value,currency=deal_currency"),
        (
            "OMNI_LAMBDA__CONSTANTS",
            "{event_host = 'acme, inc', event_company_id = 7}",
        ),
    ])
    .unwrap();
    assert_eq!(config.lambda.rename.len(), 2);
    assert_eq!(
        serde_json::to_string(&config.lambda.constants).unwrap(),
        r#"{"event_company_id":7,"event_host":"acme, inc"}"#
    );
}

#[test]
fn a_mapping_that_names_others_is_refused() {
    for (name, value, says) in [
        (
            "OMNI_LAMBDA__RENAME",
            "value=dealvalue",
            "`dealvalue` is no key of the flat event",
        ),
        (
            "OMNI_LAMBDA__CONSTANTS",
            "brand=acme",
            "`brand` is no key of the flat event",
        ),
        (
            "OMNI_LAMBDA__CONSTANTS",
            "event_uuid=1",
            "`event_uuid` cannot be a constant",
        ),
        (
            "OMNI_LAMBDA__CONSTANTS",
            "{event_host = {a = 1}}",
            "the constant `event_host` must be",
        ),
    ] {
        let refusal = refusal(name, value);
        assert!(refusal.contains(says), "{refusal}");
    }
}

#[test]
fn a_limit_of_nothing_and_a_variable_nobody_reads_are_refused() {
    assert!(refusal("OMNI_LAMBDA__TIMEOUT_MS", "0").contains("`timeout_ms` must be at least 1"));
    let unknown = refusal("OMNI_LAMBDA__COLECTOR_URL", "https://omni.example.com");
    assert!(unknown.contains("collector_url"), "{unknown}");
}

#[test]
fn no_level_makes_the_runtime_log_events() {
    let config = load(&[("OMNI_STAGE__LOG_LEVEL", "trace")]).unwrap();
    assert_eq!(config.logging().log_level, "trace,lambda_runtime=info");
}

#[test]
fn a_token_is_not_shown() {
    assert!(!format!("{:?}", load(&[("OMNI_LAMBDA__TOKEN", "sesame")]).unwrap()).contains("sesame"));
}
