//! Deals that were won, told to ads platforms: from the webhook to stand-ins that check each platform's rules, and back to what
//! the warehouse says of every event.

use std::path::PathBuf;

use futures::future::join_all;
use serde_json::{Value, json};
use simulator::StandIns;
use stage::Trigger;

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{activation, collector, own_source, post, settings};
use super::runa;
use super::stand_in::{StandIn, TOKEN};

/// printf %s runa@example.com | sha256sum
const RUNA: &str = "21d6f304d871968cbd2b15526005f78f071949e6d4f7b60263afc89cecae0a37";
/// What the deals' titles are: they are sent as the currency.
const CURRENCY: &str = "EUR";
const NO_CURRENCY: &str = "NONE";

/// A platform, and what is particular in talking to it.
struct Platform {
    kind: &'static str,
    company: u64,
    /// Where it is stood in for.
    path: &'static str,
    own: &'static str,
    /// Where it is told the e-mail address.
    email: &'static str,
    /// What it says of a currency that is none.
    refusal: &'static str,
}

const META: Platform = Platform {
    kind: "meta_conversions",
    company: Company::ToldToMeta.id(),
    path: "/meta",
    own: "pixel_id = '1234567890'",
    email: "/user_data/em/0",
    refusal: "Invalid Currency",
};

const TIKTOK: Platform = Platform {
    kind: "tiktok_events",
    company: Company::ToldToTikTok.id(),
    path: "/tiktok",
    own: "event_source = 'offline'\nevent_source_id = '7066'",
    email: "/user/email/0",
    refusal: "Not a supported currency",
};

/// A platform's stand-in, and a collector and a delivery of our own for it.
struct Case {
    platform: Platform,
    dev: &'static Dev,
    client: reqwest::Client,
    stand_in: StandIn,
    collector: String,
    #[expect(dead_code, reason = "what it started stops when it goes")]
    running: (tempfile::TempDir, Trigger, Trigger),
}

impl Case {
    async fn open(platform: Platform) -> Self {
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let stand_in = StandIn::open(platform.company, StandIns::default()).await;
        let settings = destination(&platform, &stand_in.url, dev, &folder);
        let (collector, collecting) = collector(&settings).await;
        let delivering = activation(&settings).await;
        Self {
            platform,
            dev,
            client: reqwest::Client::new(),
            stand_in,
            collector,
            running: (folder, collecting, delivering),
        }
    }

    /// Waits until her address is known.
    async fn meet_runa(&self) {
        let (kind, company) = (self.platform.kind, self.platform.company);
        post(&self.client, &self.collector, kind, runa::person(company)).await;
        let sql = format!("SELECT count() FROM entities FINAL WHERE event_company_id = {company}");
        self.dev.wait_for_count(&self.client, &sql, 1).await;
    }

    /// Wins these deals of hers, all at once.
    async fn win(&self, deals: impl IntoIterator<Item = (u64, &'static str)>) {
        let (kind, company) = (self.platform.kind, self.platform.company);
        let posts = deals.into_iter().map(|(id, title)| {
            let webhook = runa::won(company, id, title).to_string();
            post(&self.client, &self.collector, kind, webhook.into_bytes())
        });
        join_all(posts).await;
    }

    /// Waits until the warehouse has so many attempts of this kind.
    async fn wait(&self, what: &str, of: &str, wanted: u64) {
        let company = self.platform.company;
        let sql = format!("SELECT {what} FROM deliveries WHERE event_company_id = {company} AND {of}");
        self.dev.wait_for_count(&self.client, &sql, wanted).await;
    }

    async fn wait_for_any(&self, of: &str) {
        self.wait("toUInt64(count() > 0)", of, 1).await;
    }

    async fn wait_until_delivered(&self, events: u64) {
        self.wait("uniqExact(event_uuid)", "outcome = 'delivered'", events)
            .await;
        self.wait("count()", "outcome = 'gave_up'", 1).await;
    }

    /// Sets what is wrong with the platform.
    async fn trouble(&self, trouble: &str) {
        self.stand_in.trouble(self.platform.kind, trouble).await;
    }
}

fn destination(platform: &Platform, stand_in: &str, dev: &Dev, folder: &tempfile::TempDir) -> PathBuf {
    let Platform {
        kind,
        company,
        path,
        own,
        ..
    } = platform;
    let destination = format!(
        "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.{kind}]\nkind = '{kind}'\n\
         url = '{stand_in}{path}'\nsecret = '{TOKEN}'\nconsent = 'true'\nallow_private_addresses = true\norder = 'none'\n\
         events = [{{ name = 'Purchase', when = \"event_company_id == {company} && deal_status == 'won'\" }}]\n\
         batch_wait_ms = 500\nretry_ms = 50\nretry_ms_max = 500\n[destination.{kind}.map]\n\
         fields = {{ value = 'deal_value', currency = 'deal_title' }}\n[destination.{kind}.{kind}]\n{own}"
    );
    settings(dev, &own_source(kind, &destination), folder)
}

/// One event that the platform refuses, limits and a token that is not taken: all else arrives, once.
async fn all_but_the_wrong_one_arrive(platform: Platform) {
    let case = Case::open(platform).await;
    case.meet_runa().await;
    let title = |id: u64| if id == 17 { NO_CURRENCY } else { CURRENCY };
    case.win((1..=30).map(|id| (id, title(id)))).await;
    case.wait_until_delivered(29).await;
    let of_refused = format!(
        "outcome = 'gave_up' AND record LIKE '%\"reason\":\"refused\"%' AND record LIKE '%{}%'",
        case.platform.refusal
    );
    case.wait("count()", &of_refused, 1).await;

    case.trouble("throttled").await;
    case.win((101..=105).map(|id| (id, CURRENCY))).await;
    case.wait_for_any("outcome = 'retry' AND record LIKE '%\"reason\":\"busy\"%'")
        .await;
    case.trouble("unauthorized").await;
    case.wait_for_any("outcome = 'misconfigured' AND record LIKE '%\"reason\":\"unauthorized\"%'")
        .await;
    case.trouble("none").await;
    case.wait_until_delivered(34).await;

    let told = case.stand_in.told(case.platform.kind).await;
    let counts = &told["destinations"][case.platform.kind];
    assert_eq!(
        (&counts["accepted"], &counts["duplicates"]),
        (&json!(34), &json!(0)),
        "{counts}"
    );
    let deliveries = told["deliveries"].as_array().expect("a list");
    let accepted: Vec<&Value> = deliveries
        .iter()
        .filter(|one| one["outcome"] == "accepted")
        .collect();
    for one in &accepted {
        assert_eq!(
            one["sent"].pointer(case.platform.email),
            Some(&json!(RUNA)),
            "{one}"
        );
    }
    let refused = deliveries.iter().filter(|one| {
        one["why"]
            .as_str()
            .is_some_and(|why| why.contains("another event"))
    });
    assert!(refused.count() > 0, "it went in company at first");
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_gets_every_purchase_but_the_one_it_refuses() {
    all_but_the_wrong_one_arrive(META).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiktok_gets_every_purchase_but_the_one_it_refuses() {
    all_but_the_wrong_one_arrive(TIKTOK).await;
}
