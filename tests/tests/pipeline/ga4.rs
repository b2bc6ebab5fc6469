//! Deals that were won, told to Google Analytics 4: once to where Google records and says nothing, and once to its validation
//! server, which says what is wrong and records nothing.

use futures::future::join_all;
use serde_json::{Value, json};
use simulator::StandIns;
use stage::{Trigger, clock};

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{activation, collector, own_source, post, settings};
use super::runa;
use super::stand_in::{StandIn, TOKEN};

const COMPANY: u64 = Company::Measured.id();
const KIND: &str = "ga4";
/// Records, and the one that asks the validation server.
const RECORDS: &str = "ga4";
const VALIDATES: &str = "ga4-validates";
/// What the deals' titles are: they are sent as the currency.
const CURRENCY: &str = "EUR";
const NO_CURRENCY: &str = "NONE";
/// Google takes what is at most 72 hours old.
const TOO_OLD_MICRO: i64 = 73 * 3_600_000_000;

struct Property {
    dev: &'static Dev,
    client: reqwest::Client,
    stand_in: StandIn,
    collector: String,
    #[expect(dead_code, reason = "what it started stops when it goes")]
    running: (tempfile::TempDir, Trigger, Trigger),
}

impl Property {
    async fn open() -> Self {
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let stand_in = StandIn::open(COMPANY, StandIns::default()).await;
        let destinations = format!(
            "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n{}{}",
            destination(RECORDS, &stand_in.url, ""),
            destination(VALIDATES, &stand_in.url, "debug = true\n")
        );
        let settings = settings(dev, &own_source(KIND, &destinations), &folder);
        let (collector, collecting) = collector(&settings).await;
        let delivering = activation(&settings).await;
        Self {
            dev,
            client: reqwest::Client::new(),
            stand_in,
            collector,
            running: (folder, collecting, delivering),
        }
    }

    /// Waits until she is known: her id is the client.
    async fn meet_runa(&self) {
        post(&self.client, &self.collector, KIND, runa::person(COMPANY)).await;
        let sql = format!("SELECT count() FROM entities FINAL WHERE event_company_id = {COMPANY}");
        self.dev.wait_for_count(&self.client, &sql, 1).await;
    }

    async fn post_all(&self, webhooks: impl IntoIterator<Item = Value>) {
        let posts = webhooks.into_iter().map(|webhook| {
            let body = webhook.to_string().into_bytes();
            post(&self.client, &self.collector, KIND, body)
        });
        join_all(posts).await;
    }

    /// Waits until this is the number of a destination's attempts of a kind.
    async fn wait(&self, destination: &str, what: &str, of: &str, wanted: u64) {
        let sql = format!(
            "SELECT {what} FROM deliveries WHERE event_company_id = {COMPANY} AND destination = '{destination}' AND {of}"
        );
        self.dev.wait_for_count(&self.client, &sql, wanted).await;
    }

    async fn wait_until_delivered(&self, recorded: u64, valid: u64) {
        let (what, of) = ("uniqExact(event_uuid)", "outcome = 'delivered'");
        self.wait(RECORDS, what, of, recorded).await;
        self.wait(VALIDATES, what, of, valid).await;
    }

    /// Waits until one event is given up for each of these reasons, and none for another.
    async fn wait_until_given_up(&self, destination: &str, reasons: &[&str]) {
        for reason in reasons {
            let of = format!("outcome = 'gave_up' AND JSONExtractString(record, 'reason') = '{reason}'");
            self.wait(destination, "count()", &of, 1).await;
        }
        let all = reasons.len() as u64;
        self.wait(destination, "count()", "outcome = 'gave_up'", all)
            .await;
    }

    /// What the stand-in was sent: to be recorded, and to be looked at.
    async fn told(&self) -> (Vec<Value>, Vec<Value>) {
        let told = self.stand_in.told(KIND).await;
        let deliveries = told["deliveries"].as_array().expect("a list").iter().cloned();
        deliveries.partition(|one| one["mode"].is_null())
    }
}

fn destination(name: &str, stand_in: &str, more: &str) -> String {
    format!(
        "[destination.{name}]\nkind = '{KIND}'\nurl = '{stand_in}'\nsecret = '{TOKEN}'\nallow_private_addresses = true\n\
         order = 'none'\nretry_ms = 50\nretry_ms_max = 500\n\
         events = [{{ name = 'purchase', when = \"event_company_id == {COMPANY} && deal_status == 'won'\" }}]\n\
         [destination.{name}.map]\n\
         fields = {{ transaction_id = 'event_uuid', value = 'deal_value', currency = 'deal_title' }}\n\
         constants = {{ engagement_time_msec = 1 }}\n\
         [destination.{name}.{KIND}]\nmeasurement_id = 'G-DEMO'\n{more}"
    )
}

fn of_nobody(id: u64) -> Value {
    let mut webhook = runa::won(COMPANY, id, CURRENCY);
    webhook["data"]["person_id"] = Value::Null;
    webhook
}

fn too_old(id: u64) -> Value {
    let mut webhook = runa::won(COMPANY, id, CURRENCY);
    let at = event::moment::to_rfc3339(clock::now_micro() - TOO_OLD_MICRO);
    webhook["meta"]["timestamp"] = json!(at);
    webhook
}

fn with_outcome<'a>(deliveries: &'a [Value], outcome: &str) -> Vec<&'a Value> {
    deliveries
        .iter()
        .filter(|one| one["outcome"] == outcome)
        .collect()
}

/// How many different transactions these are of.
fn transactions(deliveries: &[&Value]) -> usize {
    let ids = deliveries.iter().filter_map(|one| one["event_id"].as_str());
    ids.collect::<std::collections::BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn google_counts_every_purchase_once_and_its_validation_server_says_which_it_would_drop() {
    let property = Property::open().await;
    property.meet_runa().await;
    let title = |id: u64| if id == 17 { NO_CURRENCY } else { CURRENCY };
    property
        .post_all((1..=30).map(|id| runa::won(COMPANY, id, title(id))))
        .await;
    property.post_all([of_nobody(31), too_old(32)]).await;

    // What Google drops it says to nobody who does not ask for it.
    property.wait_until_delivered(30, 29).await;
    let known_to_be_dropped = ["no_client", "too_old"];
    property.wait_until_given_up(RECORDS, &known_to_be_dropped).await;
    let told_to_be_dropped = ["invalid", "no_client", "too_old"];
    property.wait_until_given_up(VALIDATES, &told_to_be_dropped).await;
    let in_googles_words = "outcome = 'gave_up' AND record LIKE '%none of ISO 4217%'";
    property.wait(VALIDATES, "count()", in_googles_words, 1).await;
    let (recorded, validated) = property.told().await;
    for (deliveries, why) in [(&recorded, "dropped: Event"), (&validated, "Event")] {
        let [accepted, refused] = ["accepted", "refused"].map(|outcome| with_outcome(deliveries, outcome));
        assert_eq!((accepted.len(), refused.len()), (29, 1), "{deliveries:#?}");
        let said = refused[0]["why"].as_str().expect("a reason");
        assert!(said.starts_with(why) && said.contains(NO_CURRENCY), "{said}");
        for one in accepted {
            assert_eq!(one["sent"]["client_id"], runa::PERSON.to_string(), "{one}");
        }
    }

    // It takes these, and nobody hears that it did: they are sent again, and counted once.
    property.stand_in.trouble(KIND, "lost").await;
    property
        .post_all((101..=105).map(|id| runa::won(COMPANY, id, CURRENCY)))
        .await;
    property
        .wait(RECORDS, "toUInt64(count() > 0)", "outcome = 'retry'", 1)
        .await;
    property.stand_in.trouble(KIND, "none").await;
    property.wait_until_delivered(35, 34).await;
    let (recorded, _) = property.told().await;
    let [accepted, doubled] = ["accepted", "duplicate"].map(|outcome| with_outcome(&recorded, outcome));
    assert_eq!(
        (accepted.len(), transactions(&accepted)),
        (34, 34),
        "{recorded:#?}"
    );
    assert!(transactions(&doubled) > 0, "none came twice: {recorded:#?}");
}
