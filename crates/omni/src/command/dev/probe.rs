//! Asks the admin ports of stages whether they are ready.

use std::time::Duration;
use tokio::runtime::Handle;

const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(super) struct Probe {
    handle: Handle,
    client: reqwest::Client,
}

impl Probe {
    pub(super) fn new(handle: &Handle) -> anyhow::Result<Self> {
        // A proxy of the environment is for the outside, never for our own ports.
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .no_proxy()
            .build()?;
        Ok(Self {
            handle: handle.clone(),
            client,
        })
    }

    /// Nothing when the stage is ready, else why it is not.
    pub(super) fn not_ready(&self, admin_url: &str) -> Option<String> {
        self.handle.block_on(async {
            let Ok(answer) = self.client.get(format!("{admin_url}/readyz")).send().await else {
                return Some("it does not answer yet".to_owned());
            };
            if answer.status().is_success() {
                return None;
            }
            Some(answer.text().await.unwrap_or_default())
        })
    }
}
