//! The whole way of an event on a Kafka with TLS, where every program has a user of its own with the rights of
//! `omni topics acls`, and no more.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use kafka::config::{Mechanism, Protocol};
use kafka::{Class, Config, Placement, Producer, ProducerSettings, RecordHeaders, Topic};
use local::testing::{SecuredBroker, Wanted};
use serde_json::json;
use stage::Shutdown;
use tempfile::TempDir;

const USERS: [&str; 6] = [
    "omni-collector",
    "omni-enricher",
    "omni-activation",
    "omni-loader",
    "omni-reporting",
    "omni-operator",
];
const DEADLINE: Duration = Duration::from_mins(2);

fn password(user: &str) -> String {
    format!("password-of-{user}")
}

/// A broker, and a folder with the settings of each user.
struct World {
    broker: SecuredBroker,
    folder: TempDir,
    delivered: Arc<AtomicUsize>,
}

impl World {
    /// Users are made with the broker, their rights by the lines that the tool prints, the topics by the operator.
    fn start(destination: &str, delivered: Arc<AtomicUsize>) -> Self {
        let broker = SecuredBroker::start(&Wanted {
            users: USERS.map(|user| (user.to_owned(), password(user))).to_vec(),
            ..Wanted::default()
        });
        let folder = tempfile::tempdir().unwrap();
        let database = format!("secured_{}", uuid::Uuid::new_v4().simple());
        for user in USERS {
            let text = settings(&broker, user, destination, &database, folder.path());
            std::fs::write(folder.path().join(user), text).unwrap();
        }
        let world = Self {
            broker,
            folder,
            delivered,
        };
        let printed = world.omni("omni-operator", &["topics", "acls"]);
        for line in printed.lines() {
            let (_, rights) = line.split_once("--command-config admin.properties ").unwrap();
            world.broker.acls(&rights.split(' ').collect::<Vec<_>>());
        }
        world.omni("omni-operator", &["topics", "create"]);
        world.omni("omni-loader", &["migrate"]);
        world
    }

    fn file(&self, user: &str) -> std::path::PathBuf {
        self.folder.path().join(user)
    }

    /// What the tool says as this user.
    fn omni(&self, user: &str, words: &[&str]) -> String {
        let mut command = Command::new(local::testing::omni());
        let told = command.args(words).arg("--config").arg(self.file(user));
        let output = told.output().expect("omni starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let beside = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "omni {words:?}: {said}{beside}");
        said
    }

    fn kafka(&self, user: &str) -> Config {
        omni_loader::Config::load(Some(&self.file(user))).unwrap().kafka
    }
}

fn settings(broker: &SecuredBroker, user: &str, destination: &str, database: &str, folder: &Path) -> String {
    let clickhouse = local::testing::clickhouse();
    let (spool, states) = (folder.join("spool"), folder.join("states"));
    format!(
        "[kafka]\nbootstrap = '{bootstrap}'\npartitions = 2\n\
         [kafka.security]\nprotocol = 'sasl_ssl'\nca_file = '{ca}'\nsasl_mechanism = 'SCRAM-SHA-512'\n\
         sasl_user = '{user}'\nsasl_password = '{password}'\n\
         [warehouse]\nurl = '{url}'\ndatabase = '{database}'\nuser = '{admin}'\npassword = '{admins}'\n\
         [source.crm]\nuser = 'u'\npassword = 'p'\n\
         [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nspool_dir = '{spool}'\nheartbeat_ms = 500\n\
         [enricher]\nadmin_listen = '127.0.0.1:0'\nstate_dir = '{states}'\n\
         [activation]\nadmin_listen = '127.0.0.1:0'\n\
         [destination.own]\nkind = 'http'\nurl = '{destination}'\nallow_private_addresses = true\n\
         [loader]\nadmin_listen = '127.0.0.1:0'\n\
         [reporting]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\n",
        bootstrap = broker.bootstrap(),
        ca = broker.ca_file().display(),
        password = password(user),
        url = clickhouse.url,
        admin = clickhouse.user,
        admins = clickhouse.password,
        spool = spool.display(),
        states = states.display(),
    )
}

/// An address that takes whatever is delivered, and counts it.
async fn destination() -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let take = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { "" }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/in", post(take))).await });
    (url, count)
}

async fn until(broker: &SecuredBroker, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so().await {
        let denials = broker.denials();
        let late = Instant::now() > deadline;
        assert!(
            !late && denials.is_empty(),
            "{what}, denied:\n{}",
            denials.join("\n")
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn deal() -> String {
    let meta = json!({
        "action": "change", "company_id": "1", "correlation_id": uuid::Uuid::new_v4(), "entity_id": "7", "entity": "deal",
        "id": uuid::Uuid::new_v4(), "is_bulk_edit": false, "timestamp": "2026-01-06T08:00:00.000Z", "type": "general",
        "user_id": "1", "version": "2.0", "webhook_id": "1", "webhook_owner_id": "1", "change_source": "app",
        "permitted_user_ids": ["1"], "attempt": 1, "host": "crm.pipedrive.com"
    });
    let data = json!({
        "id": 7, "title": "Let in", "value": 10, "currency": "EUR", "status": "open", "stage_id": 1, "pipeline_id": 1,
        "owner_id": 1, "person_id": null, "org_id": null, "custom_fields": {}, "add_time": "2026-01-05T08:00:00Z",
        "update_time": "2026-01-06T08:00:00Z"
    });
    json!({"data": data, "previous": null, "meta": meta}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_all_the_way_with_the_rights_of_each_program_and_no_more() {
    let (url, delivered) = destination().await;
    let world = tokio::task::spawn_blocking(move || World::start(&url, delivered))
        .await
        .unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    let collector = omni_collector::Config::load(Some(&world.file("omni-collector"))).unwrap();
    let collector = omni_collector::open(collector).await.unwrap();
    let hook = format!("http://{}/webhooks/pipedrive/crm", collector.address());
    let enricher = omni_enricher::Config::load(Some(&world.file("omni-enricher"))).unwrap();
    let enricher = omni_enricher::open(enricher).await.unwrap();
    let activation = omni_activation::Config::load(Some(&world.file("omni-activation"))).unwrap();
    let activation = omni_activation::open(activation).await.unwrap();
    let loader = omni_loader::Config::load(Some(&world.file("omni-loader"))).unwrap();
    let loader = omni_loader::open(loader).await.unwrap();
    let loader_admin = loader.admin_address();
    let reporting = omni_reporting::Config::load(Some(&world.file("omni-reporting"))).unwrap();
    let reporting = omni_reporting::Server::bind(&reporting, shutdown.clone())
        .await
        .unwrap();
    let reporting_admin = reporting.admin_address();
    let mut parts = tokio::task::JoinSet::new();
    let stop = [(); 4].map(|()| shutdown.clone());
    let [of_collector, of_enricher, of_activation, of_loader] = stop;
    parts.spawn(async move {
        collector
            .serve(of_collector)
            .await
            .map_err(|error| format!("{error:?}"))
    });
    parts.spawn(async move {
        enricher
            .work(of_enricher)
            .await
            .map_err(|error| format!("{error:?}"))
    });
    parts.spawn(async move {
        activation
            .work(of_activation)
            .await
            .map_err(|error| format!("{error:?}"))
    });
    parts.spawn(async move { loader.load(of_loader).await.map_err(|error| format!("{error:?}")) });
    parts.spawn(async move { reporting.serve().await.map_err(|error| format!("{error:?}")) });

    let client = reqwest::Client::new();
    until(
        &world.broker,
        "the collector is ready and takes a webhook",
        async || {
            let request = client.post(&hook).basic_auth("u", Some("p"));
            let answer = request
                .header("content-type", "application/json")
                .body(deal())
                .send()
                .await;
            answer.is_ok_and(|answer| answer.status() == 200)
        },
    )
    .await;
    let told = async |admin: std::net::SocketAddr, line: &str| {
        let answer = client.get(format!("http://{admin}/metrics")).send().await;
        let text = answer.unwrap().text().await.unwrap();
        let found = text.lines().find_map(|found| found.strip_prefix(line));
        found.is_some_and(|value| value.trim().parse::<f64>().unwrap() > 0.0)
    };
    until(&world.broker, "the event is delivered", async || {
        world.delivered.load(Ordering::Relaxed) > 0
    })
    .await;
    until(&world.broker, "the dashboard hears of a row", async || {
        told(
            reporting_admin,
            "omni_reporting_notices_total{outcome=\"understood\"}",
        )
        .await
    })
    .await;
    until(&world.broker, "the ledger is looked at", async || {
        told(loader_admin, "omni_loader_ledger_looked_timestamp_seconds").await
    })
    .await;
    let (world, denials) = tokio::task::spawn_blocking(move || {
        for words in [&["topics", "list"] as &[&str], &["topics", "check"]] {
            world.omni("omni-operator", words);
        }
        let denials = world.broker.denials();
        (world, denials)
    })
    .await
    .unwrap();
    let failed = parts.try_join_next();
    assert!(failed.is_none(), "a part ended: {failed:?}");
    assert!(denials.is_empty(), "{}", denials.join("\n"));
    trigger.request();
    while let Some(ended) = parts.join_next().await {
        ended.unwrap().unwrap();
    }
    tokio::task::spawn_blocking(move || nobody_does_anothers_work(&world))
        .await
        .unwrap();
}

/// Each writes where it may, and nowhere else.
fn nobody_does_anothers_work(world: &World) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (user, may) in [
        ("omni-collector", &[Topic::Raw, Topic::Rejected] as &[Topic]),
        (
            "omni-activation",
            &[Topic::Flat, Topic::Rejected, Topic::Deliveries],
        ),
        ("omni-loader", &[Topic::Rejected, Topic::Filtered, Topic::Loaded]),
        ("omni-reporting", &[]),
    ] {
        let config = world.kafka(user);
        assert_eq!(config.security.protocol, Protocol::SaslSsl);
        assert_eq!(config.security.sasl_mechanism, Some(Mechanism::ScramSha512));
        let denied = Topic::ALL.into_iter().filter(|topic| !may.contains(topic));
        // Who may write nothing waits long for that: one topic says it.
        for topic in denied.take(if may.is_empty() { 1 } else { Topic::ALL.len() }) {
            let producer = Producer::new(&config, ProducerSettings::default()).unwrap();
            let sent = runtime.block_on(producer.send(kafka::Outgoing {
                topic,
                placement: Placement::Partition(0),
                key: b"not-its-own".to_vec(),
                payload: Some(b"1".to_vec()),
                headers: RecordHeaders::new(),
            }));
            let refused = sent.expect_err("it may not");
            // Who may write nothing is given no producer's id, and what waits for one is taken back.
            assert!(
                may.is_empty() || refused.class() == Class::Fatal,
                "{user} {topic:?} {refused:?}"
            );
        }
    }
}
