//! One look at every instance.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ANSWER_WITHIN, Numbers, Places};

/// One instance of a stage, and what became of asking it.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) stage: &'static str,
    /// Host and port.
    pub(crate) address: String,
    /// What it told, or why it did not.
    pub(crate) told: Result<Told, String>,
}

/// What an instance told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) readiness: Readiness,
    pub(crate) numbers: Numbers,
}

/// `/readyz`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) checks: BTreeMap<String, Check>,
}

/// One of its checks.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct Check {
    pub(crate) ready: bool,
    pub(crate) reason: String,
    pub(crate) since: String,
}

impl Told {
    /// The version of Omni it says it is.
    pub(crate) fn version(&self) -> &str {
        let build = self.numbers.of("omni_build_info").next();
        build.map_or("", |build| build.label("version"))
    }

    /// The checks that do not hold: name, reason, since when.
    pub(crate) fn unready(&self) -> impl Iterator<Item = (&str, &Check)> {
        let checks = self.readiness.checks.iter().filter(|(_, check)| !check.ready);
        checks.map(|(name, check)| (name.as_str(), check))
    }
}

/// Asks every instance of every stage, in the order the data flows.
///
/// # Errors
/// Where no client could be made.
pub(crate) async fn look(places: &Places) -> anyhow::Result<Vec<Instance>> {
    // A proxy of the environment is for the outside, never for our own ports.
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .build()?;
    let asked = places.resolved().await.into_iter().map(|(stage, url, resolved)| {
        let client = client.clone();
        async move {
            let told = match resolved {
                Ok(()) => ask(&client, &url, stage).await,
                Err(error) => Err(error),
            };
            Instance {
                stage,
                address: address(&url),
                told,
            }
        }
    });
    Ok(join_all(asked).await)
}

fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

async fn ask(client: &reqwest::Client, url: &Url, stage: &str) -> Result<Told, String> {
    let readiness = get(client, url, "readyz").await?;
    let readiness: Readiness =
        serde_json::from_str(&readiness).map_err(|_| "what answers there is no stage of Omni".to_owned())?;
    let numbers = Numbers::read(&get(client, url, "metrics").await?);
    let told = Told { readiness, numbers };
    let other = told.numbers.of("omni_build_info").next();
    match other.map(|build| build.label("stage")) {
        Some(other) if other != stage => Err(format!("what answers there is {other}")),
        _ => Ok(told),
    }
}

async fn get(client: &reqwest::Client, url: &Url, path: &str) -> Result<String, String> {
    let url = url.join(path).map_err(|error| error.to_string())?;
    let answered = async { client.get(url).send().await?.text().await };
    answered.await.map_err(|error: reqwest::Error| {
        if error.is_timeout() {
            format!("no answer within {} s", ANSWER_WITHIN.as_secs())
        } else if error.is_connect() {
            "nothing listens there".to_owned()
        } else {
            error.without_url().to_string()
        }
    })
}
