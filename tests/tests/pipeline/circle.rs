//! What Omni sent to a tag container and gets back by its reporting tag: once in the table, once delivered, however often it
//! comes round.

use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use kafka::Topic;
use kafka::admin::{self, Places};
use ledger::way;
use omni_collector::token::{self, TokenHash};
use serde_json::{Value, json};
use stage::{Shutdown, Trigger};

use super::company::Company;
use super::dev::{Dev, dev, root};
use super::own::{collector, deal, omni, own_source, post, settings};

const COMPANY: u64 = Company::Circling.id();
const EVENTS: u64 = 1_000;
const SENT_AT_ONCE: usize = 32;
const WORKED_OFF_WITHIN: Duration = Duration::from_mins(2);
/// The group that loads the deals.
const DEALS: &str = "loader-pipedrive-deals-2.0";

/// A collector, a destination and a tag container of a test's own, whose reporting tag posts back to the collector.
struct Circle {
    name: &'static str,
    _folder: tempfile::TempDir,
    settings: std::path::PathBuf,
    url: String,
    container: String,
    token: stage::Secret,
    kafka: kafka::Config,
    _running: [Trigger; 3],
}

impl Circle {
    async fn begin(dev: &Dev, name: &'static str, company: u64) -> Self {
        let token = token::new().expect("a token");
        let hash = TokenHash::of(token.expose().as_bytes()).to_hex();
        let (container, simulating) = container().await;
        let folder = tempfile::tempdir().expect("a folder");
        let destination = format!(
            "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.{name}]\nkind = 'gtm_server'\n\
             url = '{container}'\nallow_private_addresses = true\nfilter = 'event_company_id == {company}'"
        );
        let own = own_source(name, &destination);
        let own = own.replacen(
            "password",
            &format!("flat_token_sha256 = ['{hash}']\npassword"),
            1,
        );
        let settings = settings(dev, &own, &folder);
        let (url, collecting) = collector(&settings).await;
        let config = omni_activation::Config::load(Some(&settings)).expect("settings");
        let kafka = config.kafka.clone();
        let (delivering, shutdown) = Shutdown::pair();
        let stage = omni_activation::open(config).await.expect("its port opens");
        tokio::spawn(stage.work(shutdown));
        Self {
            name,
            _folder: folder,
            settings,
            url,
            container,
            token,
            kafka,
            _running: [simulating, collecting, delivering],
        }
    }

    /// From now on the container's tag posts back what the container takes.
    async fn close(&self, client: &reqwest::Client) {
        let tag = json!({"url": format!("{}/events/flat", self.url), "token": self.token.expose()});
        let control = format!("{}/simulator/gtm/reporting", self.container);
        let set = client.put(control).json(&tag).send().await.expect("an answer");
        assert_eq!(set.status(), 204);
    }

    async fn told(&self, client: &reqwest::Client, what: &str) -> Value {
        let asked = client.get(format!("{}/simulator/{what}", self.container));
        let answer = asked.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Posts until it is taken or refused: a collector that just started has not seen the topics yet.
    async fn post_flat(&self, client: &reqwest::Client, events: &Value) -> (u16, Value) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let request = client.post(format!("{}/events/flat", self.url));
            let answer = request.bearer_auth(self.token.expose()).json(events).send();
            let answer = answer.await.expect("an answer");
            let status = answer.status().as_u16();
            if status != 503 {
                return (status, answer.json().await.expect("JSON"));
            }
            assert!(Instant::now() < deadline, "the collector takes nothing");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Until every stage is past all that was on its topic when the stage before it was: what is on `omni.raw` now has been
    /// read, passed on or left out, loaded, delivered and archived by then.
    async fn worked_off(&self) {
        let delivery = format!("delivery-{}", self.name);
        for (topic, groups) in [
            (Topic::Raw, vec!["enricher".to_owned(), way::archive(Topic::Raw)]),
            (Topic::Enriched, vec!["flattener".to_owned()]),
            (Topic::Flat, vec![delivery, DEALS.to_owned()]),
            (Topic::Filtered, vec![way::archive(Topic::Filtered)]),
            (Topic::Deliveries, vec![way::archive(Topic::Deliveries)]),
        ] {
            let config = self.kafka.clone();
            let ends = blocking(move || admin::ends(&config, topic, None)).await;
            for group in groups {
                self.past(&group, topic, &ends).await;
            }
        }
    }

    async fn past(&self, group: &str, topic: Topic, ends: &Places) {
        let deadline = Instant::now() + WORKED_OFF_WITHIN;
        loop {
            let (config, group, ends) = (self.kafka.clone(), group.to_owned(), ends.clone());
            let name = group.clone();
            let left = blocking(move || match admin::left(&config, &group, topic, &ends) {
                // A broker that just moved a group does not answer at once.
                Err(error) if error.class() == kafka::Class::Retry => Ok(1),
                left => left,
            })
            .await;
            if left == 0 {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{name} has {left} records of {topic:?} before it"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn blocking<T: Send + 'static>(ask: impl FnOnce() -> Result<T, kafka::Error> + Send + 'static) -> T {
    let asked = tokio::task::spawn_blocking(ask).await.expect("it ends");
    asked.expect("kafka answers")
}

/// A tag container alone: no account lives beside it.
async fn container() -> (String, Trigger) {
    let config = simulator::Config {
        rate: 0.0,
        history_events: 0,
        ..simulator::Config::default()
    };
    let simulator = simulator::Simulator::bind(config).await.expect("its port opens");
    let url = format!("http://{}", simulator.address());
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(simulator.serve(shutdown));
    (url, trigger)
}

/// Rows of the deals' table, deliveries that succeeded, events delivered, and doubles left out.
async fn counts(dev: &Dev, client: &reqwest::Client, company: u64) -> String {
    let sql = format!(
        "SELECT (SELECT count() FROM deal_events WHERE event_company_id = {company}), \
                countIf(outcome = 'delivered'), uniqExactIf(event_uuid, outcome = 'delivered'), \
                (SELECT count() FROM filtered_events WHERE event_company_id = {company} AND rule = 'duplicate') \
         FROM deliveries WHERE event_company_id = {company}"
    );
    dev.ask(client, &sql).await.trim().to_owned()
}

/// Sums of the ledger's rows of a source.
async fn ledger(settings: &Path, source: &str) -> [u64; 5] {
    let words = ["ledger", "--source", source, "--since", "1h", "--json"];
    let (status, said) = omni(settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    let report: Value = serde_json::from_str(&said).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().expect("a number")).sum();
    ["accepted", "loaded", "rejected", "filtered", "missing"].map(sum)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_that_come_back_from_a_tag_container_are_there_once_and_delivered_once() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let circle = Circle::begin(dev, "circle", COMPANY).await;
    circle.close(&client).await;
    let posts = (1..=EVENTS).map(|id| post(&client, &circle.url, "circle", deal(COMPANY, id)));
    let posts = futures::stream::iter(posts).buffer_unordered(SENT_AT_ONCE);
    posts.collect::<Vec<_>>().await;

    // What the events become, what comes back of it, and what might come of that.
    for _ in 0..3 {
        circle.worked_off().await;
    }
    let once = format!("{EVENTS}\t{EVENTS}\t{EVENTS}\t{EVENTS}");
    assert_eq!(counts(dev, &client, COMPANY).await, once);
    assert_eq!(circle.told(&client, "gtm").await["count"], EVENTS);
    let reporting = circle.told(&client, "gtm/reporting").await;
    assert_eq!(reporting["answers"], json!({"200": EVENTS}));
    let raw = format!(
        "SELECT countIf(event_kind = 'webhook'), countIf(event_kind = 'flat'), countIf(event_kind = 'flat' AND body LIKE \
         '%\"unique_event_id\"%') FROM raw_events WHERE event_company_id = {COMPANY}"
    );
    let kept = dev.ask(&client, &raw).await;
    assert_eq!(
        kept.trim(),
        format!("{EVENTS}\t{EVENTS}\t{EVENTS}"),
        "as they came"
    );

    // The same again, sent by hand: it ends where the others did, and the ledger has each event once.
    let received = circle.told(&client, "gtm?newest=300").await;
    let requests = received["requests"].as_array().expect("requests");
    let again: Vec<&Value> = requests.iter().map(|request| &request["event"]).collect();
    let (status, answer) = circle.post_flat(&client, &json!(again)).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(300)), "{answer}");
    circle.worked_off().await;
    circle.worked_off().await;
    let twice = format!("{EVENTS}\t{EVENTS}\t{EVENTS}\t{}", EVENTS + 300);
    assert_eq!(counts(dev, &client, COMPANY).await, twice);
    assert_eq!(circle.told(&client, "gtm").await["count"], EVENTS);
    assert_eq!(
        ledger(&circle.settings, "circle").await,
        [EVENTS, EVENTS, 0, 0, 0]
    );
}

/// A deal's event as another Omni may send it, enriched so many hours ago, with what a container added.
fn foreign(company: u64, deal: u64, hours: i64) -> Value {
    let example = root().join("schemas/examples/flat/deal-updated-v2.json");
    let example = std::fs::read(example).expect("the example");
    let mut event: Value = serde_json::from_slice(&example).expect("JSON");
    let at = stage::clock::now_micro() - hours * 3_600_000_000;
    event["event_uuid"] = json!(uuid::Uuid::new_v4());
    event["event_company_id"] = json!(company);
    event["event_id"] = json!(deal);
    event["deal_id"] = json!(deal);
    event["event_enriched_at"] = json!(stage::clock::rfc3339_micro(at));
    event["user_data"] = json!({"email": null});
    event["ip_override"] = json!("203.0.113.9");
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_from_outside_is_loaded_and_delivered_unless_it_comes_so_late_that_it_may_have_been_here() {
    const OUTSIDE: u64 = Company::OutsideCircle.id();
    let (dev, client) = (dev(), reqwest::Client::new());
    let circle = Circle::begin(dev, "outside", OUTSIDE).await;
    let (fresh, late) = (foreign(OUTSIDE, 1, 0), foreign(OUTSIDE, 2, 21));
    let mut bad = foreign(OUTSIDE, 3, 0);
    bad["deal_value"] = json!("much");
    let (status, answer) = circle.post_flat(&client, &json!([fresh, late, bad])).await;
    assert_eq!((status, &answer["accepted"]), (207, &json!(2)), "{answer}");
    assert_eq!(answer["refused"][0]["errors"][0]["path"], "$.deal_value");
    circle.worked_off().await;
    assert_eq!(counts(dev, &client, OUTSIDE).await, "2\t1\t1\t0");
    let received = circle.told(&client, "gtm").await;
    let event = &received["requests"][0]["event"];
    assert_eq!(
        (&received["count"], &event["event_uuid"]),
        (&json!(1), &fresh["event_uuid"])
    );
    assert!(
        event.get("user_data").is_none() && event.get("ip_override").is_none(),
        "what a container added goes no further: {event}"
    );
    let kept = format!(
        "SELECT countIf(body LIKE '%ip_override%') FROM raw_events WHERE event_company_id = {OUTSIDE}"
    );
    assert_eq!(
        dev.ask(&client, &kept).await.trim(),
        "2",
        "and is kept as it came"
    );

    // Nobody remembers the late one: under another deal the enricher has not seen it. The table has.
    let mut unremembered = late.clone();
    unremembered["event_id"] = json!(4);
    let (status, _) = circle.post_flat(&client, &unremembered).await;
    assert_eq!(status, 200);
    circle.worked_off().await;
    assert_eq!(counts(dev, &client, OUTSIDE).await, "2\t1\t1\t0");
    let refused = format!(
        "SELECT count() FROM rejected_events WHERE event_source = '{}'",
        circle.name
    );
    dev.wait_for_count(&client, &refused, 1).await;
    let words = ["rejected", "list", "--source", circle.name];
    let (status, said) = omni(&circle.settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("not_flat") && said.contains("$.deal_value"),
        "{said}"
    );
    // The late one counts once: one event, accepted twice.
    assert_eq!(ledger(&circle.settings, circle.name).await, [3, 2, 1, 0, 0]);
}
