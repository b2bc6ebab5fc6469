//! The founding article's event through loader, warehouse and dashboard: a deployment of `pipedrive-deals/1.03` alone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use event::entity::EntityId;
use event::identity::{Ver, message_key, partition_text};
use event::{Headers, Kind};
use kafka::{Outgoing, Placement, Producer, ProducerSettings, Topic, admin};
use serde_json::{Value, json};
use stage::{Shutdown, Trigger};
use uuid::Uuid;

const TEMPLATE: &str = "pipedrive-deals/1.03";
const COMPANY: u64 = 13_310_617;
const DEAL: u64 = 12_044;
/// The article's own time, and an hour in microseconds.
const AT: i64 = 1_725_294_540_402_495;
const HOUR: i64 = 3_600_000_000;
/// From a record on the topic to a number on the board, beside all other tests.
const SHOWN_MAX: Duration = Duration::from_mins(3);
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// Loader and dashboard, and what goes with them.
struct World {
    kafka: kafka::Config,
    url: String,
    client: reqwest::Client,
    _triggers: [Trigger; 2],
    _folder: tempfile::TempDir,
}

fn settings(kafka: &kafka::Config, folder: &Path) -> PathBuf {
    let server = local::testing::clickhouse();
    let text = format!(
        "[kafka]\nbootstrap = '{}'\ntopic_prefix = '{}'\ngroup_prefix = '{}'\npartitions = 1\n\
         [warehouse]\nurl = '{}'\nuser = '{}'\npassword = '{}'\ndatabase = 'f{}'\n\
         [loader]\nadmin_listen = '127.0.0.1:0'\ntemplates = ['{TEMPLATE}']\n\
         [reporting]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nboards = ['{TEMPLATE}']\n\
         warehouse_user = '{}'\nwarehouse_password = '{}'\n",
        kafka.bootstrap,
        kafka.topic_prefix,
        kafka.group_prefix,
        server.url,
        server.user,
        server.password,
        Uuid::new_v4().simple(),
        server.dashboard_user,
        server.dashboard_password,
    );
    let path = folder.join("omni.toml");
    std::fs::write(&path, text).expect("the settings are written");
    path
}

impl World {
    async fn new() -> Self {
        let unique = Uuid::new_v4().simple().to_string();
        let kafka = kafka::Config {
            bootstrap: local::testing::kafka().to_owned(),
            topic_prefix: format!("f{unique}."),
            group_prefix: format!("f{unique}-"),
            partitions: 1,
            ..kafka::Config::default()
        };
        admin::create_topics(&kafka).expect("topics");
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(&kafka, folder.path());
        let migrated = Command::new(local::testing::omni())
            .args(["migrate", "--config"])
            .arg(&settings)
            .output()
            .expect("omni starts");
        assert!(
            migrated.status.success(),
            "{}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        let (loading, loader_stops) = Shutdown::pair();
        let config = omni_loader::Config::load(Some(&settings)).expect("settings");
        tokio::spawn(omni_loader::run(config, loader_stops));
        let (showing, board_stops) = Shutdown::pair();
        let config = omni_reporting::Config::load(Some(&settings)).expect("settings");
        let server = omni_reporting::Server::bind(&config, board_stops);
        let server = server.await.expect("its ports open");
        let url = format!("http://{}/api/v1/boards/pipedrive-deals", server.address());
        tokio::spawn(server.serve());
        Self {
            kafka,
            url,
            client: reqwest::Client::new(),
            _triggers: [loading, showing],
            _folder: folder,
        }
    }

    /// Puts the article's event onto the topic, with what the pipeline adds to it, after a change.
    async fn send(&self, at: i64, change: &Value) {
        let uuid = Uuid::new_v4();
        let mut flat: event::Map =
            serde_json::from_str(include_str!("../../crates/event/fixtures/article/flat.json"))
                .expect("the article's event");
        let added = json!({
            "event_uuid": uuid.to_string(), "event_ver": Ver::compute(at, &uuid, 0).to_string(), "event_revision": 0,
            "event_company_id": COMPANY, "event_id": DEAL, "event_timestamp": at / 1_000_000,
            "event_timestamp_micro": at, "event_received_at": "2024-09-02T16:29:01.000000Z",
        });
        for more in [added, change.clone()] {
            let Value::Object(more) = more else {
                panic!("a change is an object")
            };
            flat.extend(more);
        }
        let deal = EntityId::parse(&DEAL.to_string()).expect("an id");
        let record = Outgoing {
            topic: Topic::Flat,
            placement: Placement::By(partition_text(Some(COMPANY), "crm")),
            key: message_key(COMPANY, &"deal".into(), &deal).into_bytes(),
            payload: Some(Value::Object(flat).to_string().into_bytes()),
            headers: Headers::new(uuid, Kind::Webhook, "crm", at).to_pairs().into(),
        };
        let kafka = self.kafka.clone();
        let producer =
            tokio::task::spawn_blocking(move || Producer::new(&kafka, ProducerSettings::default()));
        let producer = producer.await.expect("no panic").expect("a producer");
        producer.send(record).await.expect("Kafka takes it");
    }

    async fn told(&self, path: &str) -> (u16, Value) {
        let answer = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// The first row of a panel by column, once this column of it is so.
    async fn row(&self, panel: &str, column: &str, wanted: &str) -> Value {
        let path = format!("/panels/{panel}?company={COMPANY}&period=custom&from=2024-09-01&to=2024-09-30");
        let deadline = Instant::now() + SHOWN_MAX;
        loop {
            let (_, told) = self.told(&path).await;
            let row = first_row(&told);
            if row[column] == wanted {
                return row;
            }
            assert!(Instant::now() < deadline, "{panel} tells {told}");
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }
}

fn first_row(told: &Value) -> Value {
    let names = told["columns"].as_array().into_iter().flatten();
    let cells = told["rows"][0].as_array().into_iter().flatten();
    let row = names.zip(cells).map(|(column, cell)| {
        let name = column["name"].as_str().unwrap_or_default().to_owned();
        (name, cell.clone())
    });
    Value::Object(row.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_articles_event_moves_the_board_of_the_founding_columns() {
    let world = World::new().await;
    world.send(AT, &json!({})).await;
    let open = world.row("open_pipeline", "open_deals", "1").await;
    assert_eq!(
        (&open["open_value"], &open["currency"]),
        (&json!("22944"), &json!("USD"))
    );
    let contact = world.row("top_contacts", "open_deals", "1").await;
    assert_eq!(contact["name"], "Jack Datomni");

    // Won an hour later, worth another amount a day after: it was won then, and is worth that.
    world
        .send(
            AT + 25 * HOUR,
            &json!({"deal_status": "won", "deal_value": 25_000}),
        )
        .await;
    world.send(AT + HOUR, &json!({"deal_status": "won"})).await;
    let won = world.row("won_value", "won_value", "25000").await;
    assert_eq!(won["won_deals"], "1");
    let source = world.row("won_by_source", "won_deals", "1").await;
    assert_eq!(
        (&source["source"], &source["total_value"]),
        (&json!("facebook"), &json!("25000"))
    );
    let list = format!("/lists/closed_deals?company={COMPANY}&period=custom&from=2024-09-01&to=2024-09-30");
    let listed = first_row(&world.told(&list).await.1);
    assert_eq!(listed["closed_at"], "2024-09-02T17:29:00.402495Z");
    assert_eq!(
        (&listed["title"], &listed["told_average"]),
        (&json!("#12044"), &json!("18700"))
    );

    // What the columns do not tell is said in its place.
    let (_, manifest) = world.told("").await;
    let panels = manifest["panels"].as_array().expect("panels");
    let leaderboard = panels
        .iter()
        .find(|panel| panel["id"] == "leaderboard")
        .expect("its place");
    assert_eq!(leaderboard["kind"], "text");
    assert!(
        leaderboard["definition"]
            .as_str()
            .is_some_and(|text| text.contains("pipedrive-deals/2.0"))
    );
    assert_eq!(world.told("/panels/leaderboard").await.0, 404);
}
