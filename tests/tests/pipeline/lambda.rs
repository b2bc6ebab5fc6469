//! From a webhook to a function of AWS Lambda: signatures are checked by whoever stands in for Amazon, by code of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use simulator::{Aws, Simulator, StandIns};
use stage::{Shutdown, Trigger};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::company::Company;
use super::dev::{Dev, dev, pause};
use super::own::{Running, collector, deal_that_is, own_source, post, settings};

const DEADLINE: Duration = Duration::from_mins(1);

/// Somebody who stands in for Amazon.
async fn amazon(aws: Aws) -> (String, Trigger) {
    let config = simulator::Config {
        rate: 0.0,
        history_events: 0,
        stand_ins: StandIns {
            aws,
            ..StandIns::default()
        },
        ..simulator::Config::default()
    };
    let simulator = Simulator::bind(config).await.expect("its port opens");
    let url = format!("http://{}", simulator.address());
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(simulator.serve(shutdown));
    (url, trigger)
}

/// Makes something go wrong with the function, or right again.
async fn trouble(client: &Client, amazon: &str, trouble: &str) {
    let faults = json!({"destinations": {"aws_lambda": {"trouble": trouble}}});
    let asked = client.put(format!("{amazon}/simulator/faults")).json(&faults);
    let answer = asked.send().await.expect("the stand-in answers");
    assert!(answer.status().is_success(), "{trouble}: {}", answer.status());
}

/// What Amazon was sent, the newest first.
async fn received(client: &Client, amazon: &str) -> Vec<Value> {
    let asked = client.get(format!(
        "{amazon}/deliveries.json?destination=aws_lambda&newest=1000"
    ));
    let mut told: Value = asked.send().await.expect("an answer").json().await.expect("json");
    serde_json::from_value(told["deliveries"].take()).expect("a list")
}

/// A process that delivers, told of its platform by the environment.
fn delivering(settings: &Path, platform: &[(&str, &str)]) -> Running {
    Running::start("omni-activation", |command| {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
            "AWS_PROFILE",
        ] {
            command.env_remove(name);
        }
        command
            .arg("--config")
            .arg(settings)
            .envs(platform.iter().copied())
    })
}

/// A collector, a way of posting a deal's change, and what is told of its company's deliveries.
struct Account {
    dev: &'static Dev,
    client: Client,
    folder: tempfile::TempDir,
    settings: PathBuf,
    source: &'static str,
    company: u64,
    collector: (String, Trigger),
}

impl Account {
    async fn open(source: &'static str, company: Company, destinations: &str) -> Self {
        let company = company.id();
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let more = format!(
            "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n{}",
            destinations.replace("COMPANY", &company.to_string())
        );
        let settings = settings(dev, &own_source(source, &more), &folder);
        Self {
            dev,
            client: Client::new(),
            collector: collector(&settings).await,
            folder,
            settings,
            source,
            company,
        }
    }

    async fn post(&self, deal: u64, status: &str) {
        let body = deal_that_is(self.company, deal, status);
        post(&self.client, &self.collector.0, self.source, body).await;
    }

    /// `destination outcome reason status`, each with its count.
    async fn told(&self) -> Vec<String> {
        let sql = format!(
            "SELECT concat(destination, ' ', outcome, ' ', JSONExtractString(record, 'reason'), ' ', toString(status)) AS told, \
             count() FROM deliveries FINAL WHERE event_company_id = {} GROUP BY told ORDER BY told",
            self.company
        );
        let text = self.dev.ask(&self.client, &sql).await;
        text.lines().map(|line| line.replace('\t', " x")).collect()
    }

    /// Waits until a line of [`Account::told`] begins so.
    async fn told_of(&self, what: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let told = self.told().await;
            if told.iter().any(|line| line.starts_with(what)) {
                return;
            }
            assert!(Instant::now() < deadline, "{what:?} is not told, but {told:#?}");
            pause().await;
        }
    }

    /// The answer that was kept with such an attempt.
    async fn answer(&self, reason: &str) -> String {
        let sql = format!(
            "SELECT any(JSONExtractString(record, 'answer')) FROM deliveries WHERE event_company_id = {} \
             AND JSONExtractString(record, 'reason') = '{reason}'",
            self.company
        );
        self.dev.ask(&self.client, &sql).await
    }
}

const DESTINATION: &str = "kind = 'aws_lambda'\nallow_private_addresses = true\nretry_ms = 50\nretry_ms_max = 500\n\
                           filter = 'event_company_id == COMPANY'\n";

/// Their session is over every few seconds, which nobody may notice.
#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_the_container_and_the_instance_and_are_renewed_before_they_expire() {
    const LIFE: Duration = Duration::from_secs(3);
    let aws = Aws {
        session: LIFE,
        ..Aws::default()
    };
    let (url, _amazon) = amazon(aws).await;
    let destinations = format!(
        "[destination.task]\n{DESTINATION}url = '{url}'\n[destination.task.aws_lambda]\nfunction = 'omni'\nqualifier = 'live'\n\
         region = 'eu-central-1'\ncredentials = 'container'\n[destination.machine]\n{DESTINATION}url = '{url}'\n\
         [destination.machine.aws_lambda]\nfunction = 'arn:aws:lambda:eu-central-1:123456789012:function:omni'\n\
         invocation = 'event'\ncredentials = 'instance'\n"
    );
    let account = Account::open("lambda-keys", Company::LambdasKeys, &destinations).await;
    let container = format!("{url}/credentials/task");
    let platform = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "demo-token"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
    ];
    let _delivering = delivering(&account.settings, &platform);
    let (begun, mut events) = (Instant::now(), 0);
    while events < 6 || begun.elapsed() < 3 * LIFE {
        events += 1;
        account.post(events, "open").await;
        account
            .told_of(&format!("machine delivered  202 x{events}"))
            .await;
        account.told_of(&format!("task delivered  200 x{events}")).await;
    }
    assert_eq!(account.told().await.len(), 2, "{:#?}", account.told().await);
    let received = received(&account.client, &url).await;
    let (queued, now): (Vec<_>, Vec<_>) = received.iter().partition(|one| one["mode"] == "asynchronous");
    assert_eq!((queued.len(), now.len()), (events as usize, events as usize));
    assert!(
        received.iter().all(|one| one["outcome"] == "accepted"),
        "{received:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lambda_refuses_waits_and_what_the_function_throws_is_told() {
    let (url, _amazon) = amazon(Aws::default()).await;
    let keys = "region = 'eu-central-1'\naccess_key_id = 'AKIADEMO'\nsecret_access_key =";
    let destinations = format!(
        "[destination.thrown]\n{DESTINATION}url = '{url}'\nattempts_max = 1000\n[destination.thrown.aws_lambda]\nfunction = 'omni'\n\
         {keys} 'demo-token'\n[destination.forged]\n{DESTINATION}url = '{url}/function-url'\n[destination.forged.aws_lambda]\n\
         {keys} 'not-the-secret'\n"
    );
    let account = Account::open("lambda-troubles", Company::LambdasTroubles, &destinations).await;
    let client = &account.client;
    trouble(client, &url, "throttled").await;
    let _delivering = delivering(&account.settings, &[]);
    account.post(1, "open").await;
    account.told_of("thrown retry busy 429").await;
    trouble(client, &url, "function").await;
    account.told_of("thrown retry function_error 200").await;
    let answer = account.answer("function_error").await;
    assert!(answer.contains("the function throws, as it was told"), "{answer}");
    trouble(client, &url, "unauthorized").await;
    account.told_of("thrown misconfigured unauthorized 403").await;
    trouble(client, &url, "none").await;
    account.told_of("thrown delivered  200 x1").await;

    account.told_of("forged misconfigured unauthorized 403").await;
    let sql = "SELECT JSONExtractString(record, 'answer') AS answer FROM deliveries WHERE destination = 'forged' \
               AND answer LIKE 'InvalidSignatureException%' LIMIT 1";
    let answer = account.dev.ask(client, sql).await;
    assert!(
        answer.contains("does not match the signature you provided") && !answer.contains("Canonical"),
        "{answer}"
    );
    let delivered = received(client, &url).await;
    let accepted = delivered.iter().filter(|one| one["outcome"] == "accepted");
    assert_eq!(accepted.count(), 1, "{delivered:#?}");
}

/// Whoever writes new keys into the file need not tell Omni.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_refused_are_read_again_from_their_file() {
    let aws = Aws {
        session: Duration::from_secs(5),
        ..Aws::default()
    };
    let (url, _amazon) = amazon(aws).await;
    let destinations = format!(
        "[destination.filed]\n{DESTINATION}url = '{url}/function-url'\n[destination.filed.aws_lambda]\nregion = 'eu-central-1'\n\
         credentials = 'file'\nprofile = 'omni'\n"
    );
    let account = Account::open("lambda-file", Company::LambdasKeyFile, &destinations).await;
    let asked = account.client.get(format!("{url}/credentials/task"));
    let asked = asked.header("authorization", "demo-token").send().await;
    let keys: Value = asked.expect("an answer").json().await.expect("keys");
    let file = account.folder.path().join("credentials");
    let write = |id: &str, secret: &str, token: &str| {
        let token = if token.is_empty() {
            String::new()
        } else {
            format!("aws_session_token = {token}\n")
        };
        let text = format!("[omni]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n{token}");
        std::fs::write(&file, text).expect("the file is written");
    };
    let key = |name: &str| keys[name].as_str().expect("a text").to_owned();
    write(&key("AccessKeyId"), &key("SecretAccessKey"), &key("Token"));
    let path = file.display().to_string();
    let _delivering = delivering(&account.settings, &[("AWS_SHARED_CREDENTIALS_FILE", &path)]);
    let mut deals = 0;
    while !account
        .told()
        .await
        .iter()
        .any(|line| line.starts_with("filed misconfigured unauthorized 403"))
    {
        deals += 1;
        assert!(deals < 1_000, "keys that expired are refused");
        account.post(deals, "open").await;
        pause().await;
    }
    let answer = account.answer("unauthorized").await;
    assert!(
        answer.starts_with("ExpiredTokenException: ") && !answer.contains(&key("Token")),
        "{answer}"
    );
    write("AKIADEMO", "demo-token", "");
    account.told_of("filed retry credential_old 403").await;
    account.told_of(&format!("filed delivered  200 x{deals}")).await;
}

/// A function that takes a list, and does not want deals that are lost; it counts how often it runs.
async fn function(runs: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            runs.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(choose(connection));
        }
    });
    address
}

/// One invocation a connection.
async fn choose(mut connection: TcpStream) {
    let mut received = Vec::new();
    let events: Vec<Value> = loop {
        let mut part = [0; 16_384];
        let read = connection.read(&mut part).await.expect("a request");
        received.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&received);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        if let Some(Ok(events)) = body.map(|body| serde_json::from_str(&body)) {
            break events;
        }
    };
    let is_lost = |event: &Value| event["deal_status"] == "lost";
    let refused: Vec<Value> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| is_lost(event))
        .map(|(index, event)| json!({"index": index, "reason": format!("no lost deals: {}", event["deal_title"])}))
        .collect();
    let said = json!({"taken": events.len() - refused.len(), "refused": refused}).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    );
    connection.write_all(answer.as_bytes()).await.expect("it is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_says_of_each_event_whether_it_is_wanted() {
    const DEALS: u64 = 30;
    let runs = Arc::new(AtomicUsize::new(0));
    let aws = Aws {
        forward: Some(
            format!("http://{}", function(Arc::clone(&runs)).await)
                .parse()
                .expect("an address"),
        ),
        ..Aws::default()
    };
    let (url, _amazon) = amazon(aws).await;
    let destinations = format!(
        "[destination.choosing]\n{DESTINATION}url = '{url}'\nbatch_wait_ms = 300\n[destination.choosing.aws_lambda]\n\
         function = 'omni'\nregion = 'eu-central-1'\naccess_key_id = 'AKIADEMO'\nsecret_access_key = 'demo-token'\n\
         events_max = 10\n"
    );
    let account = Account::open("lambda-choosing", Company::LambdasChoice, &destinations).await;
    for deal in 1..=DEALS {
        let status = if deal % 3 == 0 { "lost" } else { "open" };
        account.post(deal, status).await;
    }
    let _delivering = delivering(&account.settings, &[]);
    account.told_of("choosing delivered  200 x20").await;
    account.told_of("choosing gave_up not_wanted 200 x10").await;
    let answer = account.answer("not_wanted").await;
    assert!(
        answer.contains("no lost deals") && !answer.contains("Counted"),
        "{answer}"
    );
    let runs = runs.load(Ordering::Relaxed);
    assert!(
        runs <= DEALS as usize / 3,
        "{runs} invocations for {DEALS} events"
    );
}
