//! The token endpoint: refresh tokens, and assertions of a service account.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use simulator::Config;
use time::OffsetDateTime;

use super::{Caller, conversion, running};
use crate::receiver::{Running, client};

const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async fn token(running: &Running, form: &[(&str, &str)]) -> (u16, Value) {
    let request = client().post(format!("{}/google/token", running.url)).form(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_refresh_token_gives_an_access_token() {
    let running = running(Config::default()).await;
    let right = [
        ("grant_type", "refresh_token"),
        ("client_id", "demo-client"),
        ("client_secret", "demo-token"),
        ("refresh_token", "demo-token"),
    ];
    let (status, answer) = token(&running, &right).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("Bearer"), &json!(3_599))
    );
    for (key, value, status, error) in [
        ("grant_type", "password", 400, "unsupported_grant_type"),
        ("grant_type", "", 400, "invalid_request"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("client_secret", "wrong", 401, "invalid_client"),
        ("refresh_token", "revoked", 400, "invalid_grant"),
        ("refresh_token", "", 400, "invalid_request"),
    ] {
        let form = right.map(|(name, given)| if name == key { (name, value) } else { (name, given) });
        let (told, answer) = token(&running, &form).await;
        assert_eq!(
            (told, answer["error"].as_str()),
            (status, Some(error)),
            "{key}={value}"
        );
        assert!(answer["error_description"].is_string());
    }
    running.stop().await;
}

/// The key file's account, which signs what it is told.
struct Account {
    file: Value,
    key: RsaKeyPair,
}

impl Account {
    async fn of(running: &Running) -> Self {
        let (_, file) = running.get("/google/service-account.json").await;
        let pem = file["private_key"].as_str().unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
        Self { file, key }
    }

    fn claims(&self) -> Value {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        json!({
            "iss": self.file["client_email"], "scope": "https://www.googleapis.com/auth/adwords",
            "aud": self.file["token_uri"], "iat": now, "exp": now + 3_600,
        })
    }

    fn assertion(&self, header: &Value, claims: &Value) -> String {
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An access token for this scope, by the service account.
pub(crate) async fn service_token(running: &Running, scope: &str) -> String {
    let account = Account::of(running).await;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": account.file["private_key_id"]});
    let mut claims = account.claims();
    claims["scope"] = json!(scope);
    let assertion = account.assertion(&header, &claims);
    let (status, answer) = token(running, &[("grant_type", ASSERTION), ("assertion", &assertion)]).await;
    assert_eq!((status, answer["scope"].as_str()), (200, Some(scope)), "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_service_account_signs_for_an_access_token() {
    let running = running(Config::default()).await;
    let account = Account::of(&running).await;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": account.file["private_key_id"]});
    let ask =
        async |assertion: &str| token(&running, &[("grant_type", ASSERTION), ("assertion", assertion)]).await;
    let right = account.assertion(&header, &account.claims());
    let (status, answer) = ask(&right).await;
    assert_eq!(status, 200, "{answer}");
    let caller = Caller {
        running: &running,
        token: answer["access_token"].as_str().unwrap().to_owned(),
    };
    assert_eq!(caller.upload(&[conversion("o-1")]).await.0, 200);
    let changed = |key: &str, value: Value| {
        let mut claims = account.claims();
        claims[key] = value;
        account.assertion(&header, &claims)
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let (head, tail) = right.split_at(right.len() - 8);
    let forged = format!("{head}{}", tail.chars().rev().collect::<String>());
    for (assertion, error, part) in [
        (forged, "invalid_grant", "Invalid JWT Signature"),
        (
            account.assertion(&json!({"alg": "HS256"}), &account.claims()),
            "invalid_grant",
            "Signature",
        ),
        (
            changed("iss", json!("nobody@demo.iam.gserviceaccount.com")),
            "invalid_grant",
            "account not found",
        ),
        (
            changed("aud", json!("https://elsewhere.example/token")),
            "invalid_grant",
            "audience",
        ),
        (changed("exp", json!(now + 7_200)), "invalid_grant", "short-lived"),
        (changed("iat", json!(now - 7_200)), "invalid_grant", "short-lived"),
        (changed("scope", json!("email")), "invalid_scope", "scope"),
        ("no.jwt".to_owned(), "invalid_grant", "three parts"),
    ] {
        let (status, answer) = ask(&assertion).await;
        assert_eq!((status, answer["error"].as_str()), (400, Some(error)), "{part}");
        let told = answer["error_description"].as_str().unwrap();
        assert!(told.contains(part), "{told}");
    }
    running.stop().await;
}
