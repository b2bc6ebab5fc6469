//! What stands around the function and must fit it: the template that deploys it and the page that tells of it.

use serde_json::json;

use super::runtime::Outcome;
use super::{Scene, event};

/// A value for each variable that the template sets.
const SET_BY_TEMPLATE: [(&str, &str); 6] = [
    ("OMNI_LAMBDA__ALLOW_PRIVATE_ADDRESSES", "true"),
    ("OMNI_LAMBDA__COLLECTOR_URL", ""),
    ("OMNI_LAMBDA__CONSTANTS", "event_host=acme.pipedrive.com"),
    ("OMNI_LAMBDA__RENAME", "value=deal_value,currency=deal_currency"),
    ("OMNI_LAMBDA__TOKEN", ""),
    ("OMNI_STAGE__LOG_FORMAT", "json"),
];

#[tokio::test]
async fn the_function_starts_with_what_the_template_sets() {
    let template = include_str!("../../template.yaml");
    let mut set: Vec<&str> = template
        .lines()
        .filter_map(|line| line.trim_start().split_once(':').map(|(name, _)| name))
        .filter(|name| name.starts_with("OMNI_"))
        .collect();
    set.sort_unstable();
    assert_eq!(set, SET_BY_TEMPLATE.map(|(name, _)| name));
    // Address and token are those of the stand-in.
    let settings: Vec<_> = SET_BY_TEMPLATE
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let scene = Scene::with(&settings).await;
    let outcome = scene.invoke(&event(1)).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "taken": 1, "refused": [] })));
}

#[test]
fn every_variable_of_the_page_is_read() {
    let page = include_str!("../../README.md");
    let named = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("OMNI_LAMBDA__") && code.len() > 13);
    let mut named: Vec<String> = named
        .map(|name| name["OMNI_LAMBDA__".len()..].to_lowercase())
        .collect();
    named.sort_unstable();
    let config = include_str!("../../src/config.rs");
    let (_, table) = config.split_once("pub(crate) struct Settings {").unwrap();
    let (fields, _) = table.split_once("\n}").unwrap();
    let mut read: Vec<String> = fields
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("pub(crate) ")?
                .split_once(':')
                .map(|(name, _)| name.to_owned())
        })
        .collect();
    read.push("token_file".to_owned());
    read.sort_unstable();
    assert_eq!(named, read);
}
