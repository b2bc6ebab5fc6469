//! Tokens of OAUTHBEARER are fetched, and fetched again before they end, while the connection goes on.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kafka::config::{Mechanism, OAuth, Security};
use kafka::{Class, Config, Error, Placement, Producer, ProducerSettings, Reason, Topic, admin};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::secured::{goes_through, let_in};
use crate::support::outgoing;

/// The `sub` of every token.
pub(crate) const USER: &str = "omni-by-token";
const SECRET: &str = "not-to-be-seen";

fn key() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap()
    })
}

/// What the broker checks tokens with, as a JWKS.
pub(crate) fn keys() -> String {
    let public = key().public_key().as_ref();
    let (x, y) = (&public[1..33], &public[33..]);
    format!(
        r#"{{"keys":[{{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"1","x":"{}","y":"{}"}}]}}"#,
        URL_SAFE_NO_PAD.encode(x),
        URL_SAFE_NO_PAD.encode(y)
    )
}

fn token(audience: &str, seconds: u64) -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"1","typ":"JWT"}"#);
    let claims = format!(
        r#"{{"iss":"https://login.example.org","sub":"{USER}","aud":"{audience}","iat":{now},"exp":{}}}"#,
        now + seconds
    );
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = key().sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token endpoint on this machine, which ends with the process.
struct Issuer {
    url: String,
    given: Arc<AtomicUsize>,
}

impl Issuer {
    fn start(audience: &'static str, seconds: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let given = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&given);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if answer(stream, audience, seconds).is_some() {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { url, given }
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::Relaxed)
    }
}

/// Reads a request of the client credentials grant; a token for who knows the secret.
fn answer(stream: TcpStream, audience: &str, seconds: u64) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 2)?;
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        let is_last = lower.starts_with("\r\n");
        head += &line;
        if is_last || head.ends_with("\r\n\r\n") {
            break;
        }
        let buffered = reader.buffer();
        if buffered.starts_with(b"\r\n") {
            reader.consume(2);
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("omni-client:{SECRET}"));
    let is_known = head.contains(&basic) && body.contains("grant_type=client_credentials");
    let (status, text) = if is_known {
        let token = token(audience, seconds);
        (
            "200 OK",
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{seconds}}}"#),
        )
    } else {
        ("401 Unauthorized", r#"{"error":"invalid_client"}"#.to_owned())
    };
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
    .ok()?;
    is_known.then_some(())
}

fn by_token(issuer: &Issuer) -> Config {
    let mut config = let_in();
    config.security = Security {
        sasl_mechanism: Some(Mechanism::OAuthBearer),
        sasl_user: None,
        sasl_password: None,
        oauth: OAuth {
            token_url: Some(issuer.url.clone()),
            client_id: Some("omni-client".to_owned()),
            client_secret: Some(SECRET.into()),
            scope: Some("kafka".to_owned()),
            ca_file: None,
        },
        ..config.security
    };
    config
}

#[test]
fn every_client_is_let_in_by_a_token() {
    goes_through(&by_token(&Issuer::start("kafka", 300)));
}

#[test]
fn a_connection_outlives_its_tokens() {
    // librdkafka asks again after four fifths of it: what is left must do on a machine that has much to do.
    const LIFE: Duration = Duration::from_secs(12);
    let issuer = Issuer::start("kafka", LIFE.as_secs());
    let config = by_token(&issuer);
    admin::create_topics(&config).unwrap();
    let producer = Producer::new(&config, ProducerSettings::default()).unwrap();
    let (before, begun) = (issuer.given(), Instant::now());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut sent = 0;
    runtime.block_on(async {
        while issuer.given() < before + 2 || begun.elapsed() < LIFE * 2 {
            assert!(begun.elapsed() < LIFE * 10, "{} tokens", issuer.given() - before);
            let record = outgoing(Topic::Raw, Placement::Partition(0), "1");
            producer.send(record).await.unwrap();
            sent += 1;
        }
    });
    assert!(sent > 100 && producer.health().is_up(), "{sent}");
    assert_eq!(producer.health().denied(), None);
}

#[test]
fn a_token_for_somebody_else_is_told() {
    let denied = admin::check(&by_token(&Issuer::start("another", 300))).unwrap_err();
    let text = denied.to_string();
    assert!(
        matches!(&denied, Error::Denied { denied } if denied.reason == Reason::Token),
        "{text}"
    );
    assert!(denied.class() == Class::Fatal && !text.contains(SECRET), "{text}");
}

#[test]
fn a_token_endpoint_that_gives_none_is_told() {
    let mut config = by_token(&Issuer::start("kafka", 300));
    config.security.oauth.client_secret = Some("wrong".into());
    let denied = admin::check(&config).unwrap_err();
    let text = denied.to_string();
    assert!(
        matches!(&denied, Error::Denied { denied } if denied.reason == Reason::NoToken),
        "{text}"
    );
    assert!(
        denied.class() == Class::Retry && text.contains("client_secret"),
        "{text}"
    );
}
