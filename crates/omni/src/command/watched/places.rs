//! Where the stages tell of themselves: `[status]`, else their `admin_listen` on this machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use url::Url;

/// In the order the data flows.
pub(crate) const STAGES: [&str; 5] = ["collector", "enricher", "activation", "loader", "reporting"];

/// `[status]`: where `omni status` and `omni top` find the stages.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where collectors tell metrics and readiness. Every address a name resolves to is asked.
    collector: Vec<Url>,
    /// The same of enrichers.
    enricher: Vec<Url>,
    /// The same of activation.
    activation: Vec<Url>,
    /// The same of loaders.
    loader: Vec<Url>,
    /// The same of reporting.
    reporting: Vec<Url>,
}

/// What is read of the file: the rest belongs to the stages, who judge it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tables {
    status: Settings,
}

/// Addresses of the admin ports, by stage.
#[derive(Debug, Clone)]
pub(crate) struct Places(BTreeMap<&'static str, Vec<Url>>);

impl Places {
    /// What the configuration says.
    ///
    /// # Errors
    /// Where the file cannot be read, or a stage would refuse it.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let told: Tables = stage::config::load(path, &["status"])?;
        let own = told.status;
        let configured = [
            own.collector,
            own.enricher,
            own.activation,
            own.loader,
            own.reporting,
        ];
        let mut places = BTreeMap::new();
        for (stage, told) in STAGES.into_iter().zip(configured) {
            let urls = if told.is_empty() {
                vec![here(admin_listen(stage, path)?)?]
            } else {
                told
            };
            places.insert(stage, urls);
        }
        Ok(Self(places))
    }

    /// Every stage with every address its names resolve to, or why they do not.
    pub(crate) async fn resolved(&self) -> Vec<(&'static str, Url, Result<(), String>)> {
        let mut all = Vec::new();
        for stage in STAGES {
            for url in self.0.get(stage).into_iter().flatten() {
                match addresses(url).await {
                    Ok(urls) => all.extend(urls.into_iter().map(|url| (stage, url, Ok(())))),
                    Err(error) => all.push((stage, url.clone(), Err(error))),
                }
            }
        }
        all
    }
}

fn admin_listen(stage: &str, path: Option<&Path>) -> anyhow::Result<SocketAddr> {
    Ok(match stage {
        "collector" => omni_collector::Config::load(path)?.collector.admin_listen,
        "enricher" => omni_enricher::Config::load(path)?.enricher.admin_listen,
        "activation" => omni_activation::Config::load(path)?.activation.admin_listen,
        "loader" => omni_loader::Config::load(path)?.loader.admin_listen,
        _ => omni_reporting::Config::load(path)?.reporting.admin_listen,
    })
}

/// Who listens everywhere listens here too.
fn here(listen: SocketAddr) -> anyhow::Result<Url> {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    Url::parse(&format!("http://{address}")).with_context(|| format!("{address} is no address to ask"))
}

async fn addresses(url: &Url) -> Result<Vec<Url>, String> {
    let Some(url::Host::Domain(host)) = url.host() else {
        return Ok(vec![url.clone()]);
    };
    if url.scheme() != "http" {
        // A certificate is of the name.
        return Ok(vec![url.clone()]);
    }
    let port = url.port_or_known_default().unwrap_or(80);
    let found = tokio::time::timeout(super::ANSWER_WITHIN, tokio::net::lookup_host((host, port)));
    let found = found
        .await
        .map_err(|_| format!("{host} could not be looked up in time"))?
        .map_err(|error| format!("{host} does not resolve: {error}"))?;
    let mut ips: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    ips.sort();
    ips.dedup();
    Ok(ips
        .into_iter()
        .filter_map(|ip| {
            let mut url = url.clone();
            url.set_ip_host(ip).ok()?;
            Some(url)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn places(text: &str) -> Places {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Places::load(Some(file.path())).unwrap()
    }

    #[test]
    fn a_stage_that_listens_everywhere_is_asked_here() {
        let places =
            places("[loader]\nadmin_listen = \"0.0.0.0:9999\"\n[enricher]\nadmin_listen = \"[::]:1\"");
        assert_eq!(places.0["loader"][0].as_str(), "http://127.0.0.1:9999/");
        assert_eq!(places.0["enricher"][0].as_str(), "http://[::1]:1/");
    }

    #[tokio::test]
    async fn a_name_stands_for_each_of_its_addresses() {
        let places = places("[status]\nloader = [\"http://localhost:9\", \"http://127.0.0.7:9\"]");
        let loaders: Vec<String> = places
            .resolved()
            .await
            .into_iter()
            .filter(|(stage, ..)| *stage == "loader")
            .map(|(_, url, _)| url.to_string())
            .collect();
        assert!(loaders.contains(&"http://127.0.0.1:9/".to_owned()), "{loaders:?}");
        assert!(loaders.contains(&"http://127.0.0.7:9/".to_owned()), "{loaders:?}");
    }
}
