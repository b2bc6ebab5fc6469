//! Where a demo's events go: the simulator's stand-ins of a tag container, a function of AWS Lambda and an ads platform. What
//! they got is on the simulator's page of deliveries.

use std::time::Duration;

use simulator::StandIns;
use toml::{Table, Value};

/// Where the simulator lists what its stand-ins got.
const PAGE: &str = "/deliveries";

/// The history that an account begins with is older; an ads platform takes nothing of it.
const NEW: Duration = Duration::from_hours(6 * 24);

/// The address of that page.
pub(super) fn page(account: &str) -> String {
    format!("{account}{PAGE}")
}

/// The table `[destination]`. The account's address serves the stand-ins too.
pub(super) fn of_demo(account: &str) -> Table {
    let stand_ins = StandIns::default();
    let aws = [
        ("function", "omni"),
        ("region", stand_ins.aws.region.as_str()),
        ("access_key_id", stand_ins.aws.access_key_id.as_str()),
        ("secret_access_key", stand_ins.aws.secret_access_key.as_str()),
    ];
    let mut function = destination("aws_lambda", account);
    function.insert("aws_lambda".to_owned(), Value::Table(texts(&aws)));

    let mut ads = destination("meta_conversions", &format!("{account}/meta"));
    ads.insert("secret".to_owned(), stand_ins.token.as_str().into());
    ads.insert("consent".to_owned(), "true".into());
    let new_micro = stage::clock::now_micro() - NEW.as_micros() as i64;
    let is_new = format!("event_timestamp_micro >= {new_micro}");
    ads.insert("filter".to_owned(), is_new.into());
    let purchase = [
        ("name", "Purchase"),
        ("when", "deal_status == 'won' && deal_prev_status == 'open'"),
    ];
    ads.insert("events".to_owned(), vec![Value::Table(texts(&purchase))].into());
    let pixel = Value::Table(texts(&[("pixel_id", "1234567890")]));
    ads.insert("meta_conversions".to_owned(), pixel);

    let all = [
        ("tag_container", destination("gtm_server", account)),
        ("function", function),
        ("ads", ads),
    ];
    all.into_iter()
        .map(|(name, settings)| (name.to_owned(), Value::Table(settings)))
        .collect()
}

fn destination(kind: &str, url: &str) -> Table {
    let mut settings = texts(&[("kind", kind), ("url", url)]);
    settings.insert("allow_private_addresses".to_owned(), true.into());
    settings
}

fn texts(entries: &[(&str, &str)]) -> Table {
    let text = |(key, value): &(&str, &str)| ((*key).to_owned(), Value::from(*value));
    entries.iter().map(text).collect()
}
