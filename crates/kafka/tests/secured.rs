//! A broker with TLS, SASL and rights lets in whom it should, and who is kept out hears why.
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka::config::{Mechanism, Protocol};
use kafka::{Class, Config, Error, HopSettings, Reason, Topic, admin, hop};
use local::testing::{Authority, SecuredBroker, Wanted};

use crate::support::{Copying, all, assert_exactly_once, corner, fill, try_all, until};

const USER: &str = "omni";
const PASSWORD: &str = "not-to-be-seen";
const NOBODY: &str = "nobody";

/// One for all tests; its certificate is for the address alone.
fn broker() -> &'static SecuredBroker {
    static BROKER: OnceLock<SecuredBroker> = OnceLock::new();
    BROKER.get_or_init(|| {
        let broker = SecuredBroker::start(&Wanted {
            users: [USER, NOBODY]
                .map(|user| (user.to_owned(), PASSWORD.to_owned()))
                .to_vec(),
            names: vec!["127.0.0.1".to_owned()],
            keys: Some(crate::tokens::keys()),
        });
        let users = [USER, crate::tokens::USER, "CN=omni-by-certificate"].map(|user| format!("User:{user}"));
        let users = users.iter().flat_map(|user| ["--allow-principal", user]);
        let all = [
            "--add",
            "--operation",
            "All",
            "--topic",
            "*",
            "--group",
            "*",
            "--transactional-id",
            "*",
            "--cluster",
        ];
        broker.acls(&all.into_iter().chain(users).collect::<Vec<_>>());
        broker
    })
}

/// Let in, to a corner of its own.
pub(crate) fn let_in() -> Config {
    let broker = broker();
    let mut config = corner_of(broker.bootstrap());
    config.security.protocol = Protocol::SaslSsl;
    config.security.ca_file = Some(broker.ca_file().to_owned());
    config.security.sasl_mechanism = Some(Mechanism::ScramSha512);
    config.security.sasl_user = Some(USER.to_owned());
    config.security.sasl_password = Some(PASSWORD.into());
    config
}

fn corner_of(bootstrap: String) -> Config {
    Config {
        bootstrap,
        ..corner(2)
    }
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("{}-{name}", uuid::Uuid::new_v4()));
    std::fs::write(&path, text).unwrap();
    path
}

/// All kinds of clients: admin, producer, transactional worker, group, reader of a partition.
pub(crate) fn goes_through(config: &Config) {
    admin::create_topics(config).unwrap();
    admin::retention(config, &[Topic::Raw]).unwrap();
    // The first group of a new broker waits for its coordinator.
    until("the topic has a name", || {
        admin::topic_identity(config, Topic::Raw).ok()
    });
    assert!(!admin::cluster_id(config).unwrap().is_empty());
    fill(config, Topic::Raw, 0..200);
    let mut settings = HopSettings::new("copying", "0", &[Topic::Raw]);
    settings.worker.outputs = vec![Topic::Enriched];
    let copied = || try_all(config, Topic::Enriched).is_ok_and(|records| records.len() >= 200);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ending = Ending(&stop);
        let stopped = || stop.load(Ordering::Relaxed);
        let running = scope.spawn(move || hop::run(config, settings, Copying::default(), stopped));
        until("all is copied", || {
            (copied() || running.is_finished()).then_some(())
        });
        drop(ending);
        running.join().unwrap().unwrap();
    });
    assert_exactly_once(&all(config, Topic::Enriched), 0..200);
}

/// Ends the copying when it goes, also when a wait fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What `omni topics list` would say.
fn refusal(config: &Config) -> (Reason, Class, String) {
    let error = admin::check(config).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains(PASSWORD), "{text}");
    let class = error.class();
    match error {
        Error::Denied { denied } => (denied.reason, class, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_client_is_let_in_by_scram() {
    goes_through(&let_in());
}

#[test]
fn every_client_is_let_in_by_a_certificate() {
    let broker = broker();
    let ours = broker.authority().certify(&["omni-by-certificate"]);
    let mut config = corner_of(broker.certified());
    config.security.protocol = Protocol::Ssl;
    config.security.ca_file = Some(broker.ca_file().to_owned());
    config.security.certificate_file = Some(file("ours.pem", &ours.certificate));
    config.security.key_file = Some(file("ours.key", &ours.key));
    goes_through(&config);
    config.security.certificate_file = None;
    config.security.key_file = None;
    let (reason, class, text) = refusal(&config);
    assert_eq!((reason, class), (Reason::OurCertificate, Class::Fatal), "{text}");
    assert!(text.contains("certificate_file"), "{text}");
}

#[test]
fn a_wrong_password_is_told_with_its_key() {
    for change in [
        (|config: &mut Config| config.security.sasl_password = Some("wrong".into())) as fn(&mut Config),
        |config| config.security.sasl_user = Some("stranger".to_owned()),
    ] {
        let mut config = let_in();
        change(&mut config);
        let (reason, class, text) = refusal(&config);
        assert_eq!((reason, class), (Reason::Credentials, Class::Fatal), "{text}");
        assert!(
            text.contains("`[kafka.security] sasl_user` and `sasl_password`"),
            "{text}"
        );
    }
}

#[test]
fn a_mechanism_that_is_not_enabled_is_told_with_its_key() {
    let mut config = let_in();
    config.security.sasl_mechanism = Some(Mechanism::ScramSha256);
    let (reason, class, text) = refusal(&config);
    assert_eq!((reason, class), (Reason::Mechanism, Class::Fatal), "{text}");
    assert!(text.contains("sasl_mechanism"), "{text}");
}

#[test]
fn an_authority_that_nobody_knows_is_told_with_its_key() {
    let mut config = let_in();
    config.security.ca_file = Some(file("other.pem", &Authority::new("another").pem()));
    let (reason, class, text) = refusal(&config);
    assert_eq!((reason, class), (Reason::Authority, Class::Fatal), "{text}");
    assert!(text.contains("ca_file"), "{text}");
}

#[test]
fn a_name_that_is_not_in_the_certificate_is_told_with_its_key() {
    let mut config = let_in();
    config.bootstrap = config.bootstrap.replace("127.0.0.1", "localhost");
    let (reason, class, text) = refusal(&config);
    assert_eq!((reason, class), (Reason::HostName, Class::Fatal), "{text}");
    assert!(text.contains("`[kafka] bootstrap`"), "{text}");
}

#[test]
fn a_port_that_speaks_another_protocol_is_told_and_waited_for() {
    let mut config = let_in();
    config.bootstrap = broker().inner();
    let tls_to_none = refusal(&config);
    let none_to_tls = refusal(&corner_of(broker().bootstrap()));
    for (reason, class, text) in [tls_to_none, none_to_tls] {
        assert_eq!((reason, class), (Reason::Protocol, Class::Retry), "{text}");
        assert!(text.contains("`[kafka.security] protocol`"), "{text}");
    }
}

#[test]
fn a_stage_that_is_not_let_in_ends_with_the_reason() {
    let mut config = let_in();
    config.security.sasl_password = Some("wrong".into());
    let refused = admin::until_ready(&config, || false).unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
}

#[test]
fn what_is_not_granted_is_refused_for_good() {
    let granted = let_in();
    admin::create_topics(&granted).unwrap();
    let mut config = granted;
    config.security.sasl_user = Some(NOBODY.to_owned());
    // Topics that it may not see are not there for it.
    assert!(matches!(admin::check(&config), Err(Error::MissingTopics(_))));
    let producer = kafka::Producer::new(&config, kafka::ProducerSettings::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sent = runtime.block_on(producer.send(crate::support::outgoing(
        Topic::Raw,
        kafka::Placement::Partition(0),
        "1",
    )));
    assert_eq!(sent.unwrap_err().class(), Class::Fatal);
    drop(runtime);
    let _ = producer.flush(Duration::ZERO);
}
