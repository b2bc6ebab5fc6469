//! Who is let in by each way there is, and who is not.
#![allow(clippy::unwrap_used)]
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::Config;

fn policy(change: impl FnOnce(&mut Config)) -> Policy {
    let mut config = Config::default();
    config.reporting.hosts = vec!["board.example.org".to_owned()];
    change(&mut config);
    config.access.check().unwrap();
    Policy::new(&config).unwrap()
}

fn parts(host: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().uri("/").header(header::HOST, host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

async fn asked(policy: &Policy, peer: &str, host: &str, headers: &[(&str, &str)]) -> Result<Grant, Denied> {
    let peer = peer.parse().unwrap();
    authorise(policy, peer, &parts(host, headers), Asks::Read).await
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[tokio::test]
async fn a_loopback_board_is_for_its_own_machine_by_its_own_names() {
    let policy = policy(|_| {});
    for host in [
        "localhost:8090",
        "127.0.0.1:8090",
        "[::1]:8090",
        "LOCALHOST",
        "board.example.org",
    ] {
        let grant = asked(&policy, "127.0.0.1:5000", host, &[]).await.unwrap();
        assert!(grant.pii(), "{host}");
    }
    assert!(
        asked(&policy, "[::ffff:127.0.0.1]:5000", "localhost", &[])
            .await
            .is_ok()
    );
    assert_eq!(
        asked(&policy, "10.0.0.7:5000", "localhost", &[]).await,
        Err(Denied::Peer)
    );
    for host in [
        "rebound.example.com:8090",
        "10.0.0.7",
        "localhost.example.com",
        "",
    ] {
        assert_eq!(
            asked(&policy, "127.0.0.1:5000", host, &[]).await,
            Err(Denied::Host),
            "{host}"
        );
    }
}

#[tokio::test]
async fn a_board_open_to_the_network_is_called_as_the_network_likes_and_names_nobody() {
    let policy = policy(|config| config.reporting.open_to = OpenTo::Network);
    let grant = asked(&policy, "10.0.0.7:5000", "board.internal", &[])
        .await
        .unwrap();
    assert!(!grant.pii());
}

#[tokio::test]
async fn with_passwords_a_user_sees_what_is_the_users() {
    let policy = policy(|config| {
        config.reporting.open_to = OpenTo::Network;
        config.reporting.companies = vec![7, 8];
        config.access.sign_in = SignIn::Basic;
        config.access.failures_per_minute = 3;
        let user = config::User {
            password_hash: password_hash("right").unwrap().into(),
            companies: vec![8, 9],
            pii: Some(false),
        };
        config.access.user.insert("ada".to_owned(), user);
    });
    let (peer, right, wrong) = ("10.0.0.7:5000", basic("ada:right"), basic("ada:wrong"));
    assert_eq!(asked(&policy, peer, "x", &[]).await, Err(Denied::Unknown));
    let grant = asked(&policy, peer, "x", &[("authorization", &right)])
        .await
        .unwrap();
    assert_eq!(grant.offered(&[]), [8]);
    assert!(!grant.pii());
    for _ in 0..3 {
        let denied = asked(&policy, peer, "x", &[("authorization", &wrong)]).await;
        assert_eq!(denied, Err(Denied::Credentials));
    }
    // Even the right one has to wait now; another address does not.
    assert_eq!(
        asked(&policy, peer, "x", &[("authorization", &right)]).await,
        Err(Denied::TooMany)
    );
    assert!(
        asked(&policy, "10.0.0.8:1", "x", &[("authorization", &right)])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_proxy_is_believed_and_nobody_else_is() {
    let policy = policy(|config| {
        config.reporting.open_to = OpenTo::Network;
        config.access.sign_in = SignIn::Proxy;
        config.access.trusted_proxies = vec!["10.1.0.0/16".to_owned()];
    });
    let named = [("x-forwarded-user", "ada")];
    let grant = asked(&policy, "10.1.2.3:5000", "x", &named).await.unwrap();
    assert_eq!(grant.who(), &Who::User("ada".to_owned()));
    assert!(grant.pii());
    assert_eq!(
        asked(&policy, "10.2.2.3:5000", "x", &named).await,
        Err(Denied::Proxy)
    );
    assert_eq!(
        asked(&policy, "10.1.2.3:5000", "x", &[]).await,
        Err(Denied::Unnamed)
    );
    let twice = [("x-forwarded-user", "ada"), ("x-forwarded-user", "eve")];
    assert_eq!(
        asked(&policy, "10.1.2.3:5000", "x", &twice).await,
        Err(Denied::Unnamed)
    );
}

#[tokio::test]
async fn an_api_key_does_what_its_scopes_say() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let mut ring = keys::Ring::default();
    let mut make = |scopes: &[Scope]| {
        let key = keys::ApiKey {
            label: String::new(),
            sha256: String::new(),
            scopes: scopes.to_vec(),
            companies: vec![7],
            pii: false,
            created_at: String::new(),
        };
        ring.add_api(key).unwrap().1
    };
    let (reads, makes) = (make(&[Scope::Read]), make(&[Scope::Tokens]));
    ring.write(&file).unwrap();
    let policy = policy(|config| config.access.keys_file = file);
    let judged = async |text: &str, asks| {
        let headers = [("authorization", &*format!("Bearer {text}"))];
        authorise(
            &policy,
            "127.0.0.1:1".parse().unwrap(),
            &parts("localhost", &headers),
            asks,
        )
        .await
    };
    let grant = judged(&reads, Asks::Read).await.unwrap();
    assert_eq!((grant.offered(&[]), grant.pii()), (&[7][..], false));
    assert_eq!(judged(&reads, Asks::MakeToken).await, Err(Denied::Scope));
    assert!(judged(&makes, Asks::MakeToken).await.is_ok());
    assert_eq!(judged(&makes, Asks::Read).await, Err(Denied::Scope));
    for asks in [Asks::Read, Asks::MakeToken, Asks::Page] {
        assert_eq!(judged(&format!("{reads}x"), asks).await, Err(Denied::Key));
    }
    // Whoever sits here without a key may look, and makes no tokens.
    let (peer, plain) = ("127.0.0.1:1".parse().unwrap(), parts("localhost", &[]));
    let nobody = authorise(&policy, peer, &plain, Asks::MakeToken).await;
    assert_eq!(nobody, Err(Denied::Scope));
}

#[tokio::test]
async fn one_address_asks_as_often_as_it_may() {
    let policy = policy(|config| {
        config.reporting.open_to = OpenTo::Network;
        config.access.requests_per_minute = 2;
    });
    for _ in 0..2 {
        assert!(asked(&policy, "10.0.0.7:1", "x", &[]).await.is_ok());
    }
    assert_eq!(asked(&policy, "10.0.0.7:2", "x", &[]).await, Err(Denied::TooMany));
    assert!(asked(&policy, "10.0.0.8:1", "x", &[]).await.is_ok());
}

#[test]
fn only_allowed_companies_are_seen() {
    let one = Grant::of(Who::Machine, &[7, 5], true);
    assert_eq!(one.company(None, &[1, 5, 7]), Ok(7));
    assert_eq!(one.company(Some(5), &[]), Ok(5));
    assert_eq!(one.company(Some(1), &[1]), Err(Denied::Company));
    let any = Grant::of(Who::Machine, &[], true);
    assert_eq!(any.company(None, &[1, 5]), Ok(1));
    assert_eq!(any.company(None, &[]), Ok(0));
    assert_eq!(any.company(Some(9), &[1]), Ok(9));
}

#[test]
fn what_cannot_work_names_its_key_and_a_remedy() {
    for (change, part) in [
        (
            (|settings| settings.sign_in = SignIn::Basic) as fn(&mut Settings),
            "omni access password",
        ),
        (|settings| settings.sign_in = SignIn::Proxy, "trusted_proxies"),
        (
            |settings| settings.trusted_proxies = vec!["proxy".to_owned()],
            "10.0.0.0/8",
        ),
        (
            |settings| settings.embed_origins = vec!["app.example.com".to_owned()],
            "https://app.example.com",
        ),
        (|settings| settings.failures_per_minute = 0, "failures_per_minute"),
        (
            |settings| {
                settings.sign_in = SignIn::Basic;
                settings.user.insert("ada".to_owned(), config::User::default());
            },
            "user.ada.password_hash",
        ),
    ] {
        let mut settings = Settings::default();
        change(&mut settings);
        let said = settings.check().unwrap_err().to_string();
        assert!(said.contains(part), "{said}");
    }
}
