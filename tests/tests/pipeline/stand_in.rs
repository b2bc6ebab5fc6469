//! A test's own stand-ins of destinations, beside an account that is still.

use serde_json::{Value, json};
use simulator::{Simulator, StandIns};
use stage::{Shutdown, Trigger};

/// What every stand-in that asks for a token takes.
pub(super) const TOKEN: &str = "demo-token";

pub(super) struct StandIn {
    pub(super) url: String,
    client: reqwest::Client,
    #[expect(dead_code, reason = "it stops when this goes")]
    running: Trigger,
}

impl StandIn {
    pub(super) async fn open(company: u64, stand_ins: StandIns) -> Self {
        let config = simulator::Config {
            companies: vec![company],
            rate: 0.0,
            history_events: 0,
            stand_ins,
            ..simulator::Config::default()
        };
        let simulator = Simulator::bind(config).await.expect("the account opens");
        let url = format!("http://{}", simulator.address());
        let (running, shutdown) = Shutdown::pair();
        tokio::spawn(simulator.serve(shutdown));
        Self {
            url,
            client: reqwest::Client::new(),
            running,
        }
    }

    /// Sets what is wrong with a platform.
    pub(super) async fn trouble(&self, kind: &str, trouble: &str) {
        let faults = json!({"destinations": {kind: {"trouble": trouble}}});
        let request = self.client.put(format!("{}/simulator/faults", self.url));
        let answer = request.json(&faults).send().await.expect("the stand-in answers");
        assert!(answer.status().is_success(), "{trouble}");
    }

    /// What a platform was sent, and what it made of it, the newest first.
    pub(super) async fn told(&self, kind: &str) -> Value {
        let url = format!("{}/deliveries.json?destination={kind}&newest=1000", self.url);
        let answer = self.client.get(url).send().await.expect("the stand-in answers");
        answer.json().await.expect("JSON")
    }
}
