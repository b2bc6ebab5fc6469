//! What Omni sent to a tag container and gets back by its reporting tag: once in the table, once delivered, however often it
//! comes round.

use futures::StreamExt as _;
use serde_json::{Value, json};
use stage::{Shutdown, Trigger};

use super::company::Company;
use super::dev::{Dev, dev, root};
use super::own::{deal, omni, own_source, post};
use super::round::{Round, counts, ledger, token};

const COMPANY: u64 = Company::Circling.id();
const EVENTS: u64 = 1_000;
const SENT_AT_ONCE: usize = 32;

/// A way round over a tag container, whose reporting tag posts back to the collector.
struct Circle {
    round: Round,
    container: String,
    _simulating: Trigger,
}

impl Circle {
    async fn begin(dev: &Dev, name: &'static str, company: u64) -> Self {
        let (token, hash) = token();
        let (container, simulating) = container().await;
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
        Self {
            round: Round::begin(dev, name, &own, token).await,
            container,
            _simulating: simulating,
        }
    }

    /// From now on the container's tag posts back what the container takes.
    async fn close(&self, client: &reqwest::Client) {
        let Round { url, token, .. } = &self.round;
        let tag = json!({"url": format!("{url}/events/flat"), "token": token.expose()});
        let control = format!("{}/simulator/gtm/reporting", self.container);
        let set = client.put(control).json(&tag).send().await.expect("an answer");
        assert_eq!(set.status(), 204);
    }

    async fn told(&self, client: &reqwest::Client, what: &str) -> Value {
        let asked = client.get(format!("{}/simulator/{what}", self.container));
        let answer = asked.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_that_come_back_from_a_tag_container_are_there_once_and_delivered_once() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let circle = Circle::begin(dev, "circle", COMPANY).await;
    circle.close(&client).await;
    let posts = (1..=EVENTS).map(|id| post(&client, &circle.round.url, "circle", deal(COMPANY, id)));
    let posts = futures::stream::iter(posts).buffer_unordered(SENT_AT_ONCE);
    posts.collect::<Vec<_>>().await;

    // What the events become, what comes back of it, and what might come of that.
    for _ in 0..3 {
        circle.round.worked_off().await;
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
    let (status, answer) = circle.round.post_flat(&client, &json!(again)).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(300)), "{answer}");
    circle.round.worked_off().await;
    circle.round.worked_off().await;
    let twice = format!("{EVENTS}\t{EVENTS}\t{EVENTS}\t{}", EVENTS + 300);
    assert_eq!(counts(dev, &client, COMPANY).await, twice);
    assert_eq!(circle.told(&client, "gtm").await["count"], EVENTS);
    assert_eq!(
        ledger(&circle.round.settings, "circle").await,
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
    let (status, answer) = circle.round.post_flat(&client, &json!([fresh, late, bad])).await;
    assert_eq!((status, &answer["accepted"]), (207, &json!(2)), "{answer}");
    assert_eq!(answer["refused"][0]["errors"][0]["path"], "$.deal_value");
    circle.round.worked_off().await;
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
    let (status, _) = circle.round.post_flat(&client, &unremembered).await;
    assert_eq!(status, 200);
    circle.round.worked_off().await;
    assert_eq!(counts(dev, &client, OUTSIDE).await, "2\t1\t1\t0");
    let refused = format!(
        "SELECT count() FROM rejected_events WHERE event_source = '{}'",
        circle.round.name
    );
    dev.wait_for_count(&client, &refused, 1).await;
    let words = ["rejected", "list", "--source", circle.round.name];
    let (status, said) = omni(&circle.round.settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("not_flat") && said.contains("$.deal_value"),
        "{said}"
    );
    // The late one counts once: one event, accepted twice.
    assert_eq!(
        ledger(&circle.round.settings, circle.round.name).await,
        [3, 2, 1, 0, 0]
    );
}
