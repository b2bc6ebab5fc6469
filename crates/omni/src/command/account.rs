//! What commands that read a whole account share: which account is meant, its lists, their pages, rows as records of
//! `omni.raw`, and how far a run came.

pub(crate) mod pages;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod steps;

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _};
use kafka::{Outgoing, Producer};
use pipedrive::{Account, State};
use serde_json::Value;

/// Records on their way to Kafka at once.
const IN_FLIGHT_MAX: usize = 500;

/// The account that is meant, and the source's name.
///
/// # Errors
/// None has an API, or several have and none was named.
pub(crate) fn chosen(
    config: &omni_enricher::Config,
    source: Option<&str>,
) -> anyhow::Result<(String, Account)> {
    let mut accounts = Vec::new();
    for (name, source) in &config.source {
        accounts.extend(source.account(name)?.map(|account| (name.clone(), account)));
    }
    let known = || {
        let names: Vec<_> = accounts.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    };
    match source {
        Some(wanted) => {
            let known = known();
            let found = accounts.into_iter().find(|(name, _)| name == wanted);
            found.with_context(|| format!("no source {wanted} has an `api_url`; there are [{known}]"))
        }
        None if accounts.len() > 1 => bail!("which account? --source, one of {}", known()),
        None => accounts.pop().context(
            "no source has an `api_url`: [source.<name>] needs one, and `api_token` or `api_token_file`",
        ),
    }
}

/// Whether the owner of the credentials (`/users/me`) has an administrator's rights in one of the apps.
pub(crate) fn is_admin(me: &State) -> bool {
    let access = me.get("access").and_then(Value::as_array);
    access.is_some_and(|access| {
        access
            .iter()
            .any(|app| app.get("admin") == Some(&Value::Bool(true)))
    })
}

/// Sends records, and waits until Kafka has them all.
///
/// # Errors
/// Kafka did not take one of them.
pub(crate) async fn send(producer: &Producer, records: Vec<Outgoing>) -> anyhow::Result<()> {
    futures::stream::iter(records)
        .map(|record| producer.send(record))
        .buffer_unordered(IN_FLIGHT_MAX)
        .try_for_each(|_| std::future::ready(Ok(())))
        .await
        .context("kafka did not take the rows of a page; run the command again, it goes on where it stood")
}
