//! Webhooks over TLS that the collector ends itself, and its certificate being replaced under it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local::testing::{Authority, Certified};
use omni_collector::{Config, Error};
use stage::Shutdown;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::support::{BASIC, PATH, Running, config, fixture, metric_in, start, until};

const EXPIRY: &str = "omni_collector_certificate_expiry_timestamp_seconds";

/// A folder that is a link to another, as Kubernetes mounts a Secret.
struct Mounted {
    folder: TempDir,
    versions: usize,
}

impl Mounted {
    fn with(pair: &Certified) -> Self {
        let mut mounted = Self {
            folder: tempfile::tempdir().unwrap(),
            versions: 0,
        };
        mounted.swap(pair);
        mounted
    }

    /// Both files change at one moment.
    fn swap(&mut self, pair: &Certified) {
        self.versions += 1;
        let data = self.folder.path().join(format!("..{}", self.versions));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("tls.crt"), &pair.certificate).unwrap();
        std::fs::write(data.join("tls.key"), &pair.key).unwrap();
        let fresh = self.folder.path().join("..fresh");
        std::os::unix::fs::symlink(&data, &fresh).unwrap();
        std::fs::rename(fresh, self.folder.path().join("..data")).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("..data").join(name)
    }
}

/// Kafka is away, so that every event is spooled at once.
fn secured(certificate: &Path, key: &Path) -> Config {
    let mut config = config("127.0.0.1:1");
    config.collector.spool_after_ms = 1;
    config.collector.tls_certificate_file = Some(certificate.to_owned());
    config.collector.tls_key_file = Some(key.to_owned());
    config
}

/// Who trusts this authority alone.
fn client(authority: &Authority) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_built_in_root_certs(false);
    client.add_root_certificate(trusted).build().unwrap()
}

async fn post(omni: &Running, client: &reqwest::Client) -> reqwest::Result<u16> {
    let url = format!("https://localhost:{}{PATH}", omni.address.port());
    let request = client.post(url).header("authorization", BASIC);
    let request = request.header("content-type", "application/json");
    let answer = request.body(fixture("v1/added_person.json")).send().await?;
    Ok(answer.status().as_u16())
}

async fn reloads(omni: &Running, outcome: &str) -> f64 {
    let (_, text) = omni.admin("/metrics").await;
    let name = format!("omni_collector_certificate_reloads_total{{outcome=\"{outcome}\"}}");
    if text.contains(&name) {
        metric_in(&text, &name)
    } else {
        0.0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_taken_over_tls_by_who_trusts_the_authority() {
    let authority = Authority::new("ours");
    let mounted = Mounted::with(&authority.certify(&["localhost"]));
    let omni = start(secured(&mounted.file("tls.crt"), &mounted.file("tls.key"))).await;
    assert_eq!(post(&omni, &client(&authority)).await.unwrap(), 200);
    assert!(post(&omni, &client(&Authority::new("another"))).await.is_err());
    let plain = reqwest::Client::new().post(omni.url(PATH)).send().await;
    assert!(plain.is_err(), "nothing is said in the clear");
    let left = omni.metric(EXPIRY).await - stage::clock::now_micro() as f64 / 1e6;
    assert!((80_000.0..=86_400.0).contains(&left), "{left} s");
    assert_eq!(omni.admin("/healthz").await.0, 200, "the admin port stays plain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pair_is_for_new_connections_and_open_ones_go_on() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let mut mounted = Mounted::with(&before.certify(&["localhost"]));
    let omni = start(secured(&mounted.file("tls.crt"), &mounted.file("tls.key"))).await;
    let open = client(&before);
    assert_eq!(post(&omni, &open).await.unwrap(), 200);
    let newcomer = client(&after);
    assert!(post(&omni, &newcomer).await.is_err());
    let ends = omni.metric(EXPIRY).await;
    mounted.swap(&after.certify_until(
        &["localhost"],
        time::OffsetDateTime::now_utc() + Duration::from_hours(48),
    ));
    until("newcomers see the new certificate", async || {
        assert_eq!(post(&omni, &open).await.unwrap(), 200, "nothing fails meanwhile");
        post(&omni, &newcomer).await.is_ok_and(|status| status == 200)
    })
    .await;
    assert_eq!(
        post(&omni, &open).await.unwrap(),
        200,
        "on the connection that was open"
    );
    assert!(
        post(&omni, &client(&before)).await.is_err(),
        "the old one is gone"
    );
    assert_eq!(reloads(&omni, "taken").await as u32, 1);
    assert!(omni.metric(EXPIRY).await > ends + 80_000.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_cannot_be_used_leaves_the_one_before() {
    let authority = Authority::new("ours");
    let mut mounted = Mounted::with(&authority.certify(&["localhost"]));
    let omni = start(secured(&mounted.file("tls.crt"), &mounted.file("tls.key"))).await;
    let ends = omni.metric(EXPIRY).await;
    let good = authority.certify(&["localhost"]);
    let ended = authority.certify_until(
        &["localhost"],
        time::OffsetDateTime::now_utc() - Duration::from_mins(1),
    );
    let broken = [
        Certified {
            key: authority.certify(&["localhost"]).key,
            ..good.clone()
        },
        Certified {
            certificate: "-----BEGIN CERTIFICATE-----\nbroken".to_owned(),
            ..good.clone()
        },
        ended,
    ];
    for (pair, refused) in broken.iter().zip(1..) {
        mounted.swap(pair);
        until("it is refused", async || {
            reloads(&omni, "refused").await as u32 == refused
        })
        .await;
        assert_eq!(post(&omni, &client(&authority)).await.unwrap(), 200);
        assert!((omni.metric(EXPIRY).await - ends).abs() < 1.0);
    }
    mounted.swap(&good);
    until("what can be used is taken", async || {
        reloads(&omni, "taken").await as u32 == 1
    })
    .await;
    assert_eq!(post(&omni, &client(&authority)).await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_dawdles_is_cut_and_holds_up_nobody() {
    let authority = Authority::new("ours");
    let mounted = Mounted::with(&authority.certify(&["localhost"]));
    let mut config = secured(&mounted.file("tls.crt"), &mounted.file("tls.key"));
    config.collector.head_ms_max = 300;
    let omni = start(config).await;
    let mut silent = TcpStream::connect(omni.address).await.unwrap();
    assert_eq!(post(&omni, &client(&authority)).await.unwrap(), 200);
    let cut = tokio::time::timeout(Duration::from_secs(20), silent.read(&mut [0; 16])).await;
    assert!(matches!(cut, Ok(Ok(0) | Err(_))), "{cut:?}");
    until("its place is free", async || {
        omni.metric("omni_collector_connections").await < 2.0
    })
    .await;
}

#[tokio::test]
async fn a_start_without_a_whole_pair_says_which_file() {
    let authority = Authority::new("ours");
    let (one, other) = (
        authority.certify(&["localhost"]),
        authority.certify(&["localhost"]),
    );
    let mut key = tempfile::NamedTempFile::new().unwrap();
    key.write_all(other.key.as_bytes()).unwrap();
    let mounted = Mounted::with(&one);
    let mut config = secured(&mounted.file("tls.crt"), key.path());
    let spool = tempfile::tempdir().unwrap();
    config.collector.spool_dir = spool.path().to_owned();
    let (_trigger, shutdown) = Shutdown::pair();
    let refused = omni_collector::open(config)
        .await
        .unwrap()
        .serve(shutdown)
        .await
        .unwrap_err();
    let Error::Tls(cause) = &refused else {
        panic!("{refused:?}");
    };
    let cause = std::error::Error::source(cause).unwrap().to_string();
    assert!(cause.contains("is not the key of"), "{cause}");
    assert!(cause.contains(&key.path().display().to_string()), "{cause}");
}
