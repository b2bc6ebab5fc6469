//! What is asked for a token, and what its answers come to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use stage::outbound::StatusCode;

use super::*;

/// Made for these tests; it opens nothing.
const KEY_FILE: &str = include_str!("../../../../tests/cases/google_ads/service_account/key.json");
const AT_SECONDS: i64 = 1_770_114_030;

const SCOPE: &str = "https://www.googleapis.com/auth/adwords";

/// Settings that own what [`Access`] borrows.
#[derive(Default)]
struct Given {
    refresh_token: Secret,
    client_id: String,
    client_secret: Secret,
    service_account: Secret,
    token_url: String,
}

impl Given {
    fn login(&self) -> Result<GoogleLogin, Refused> {
        GoogleLogin::new(&Access {
            table: "google_ads",
            scope: SCOPE,
            refresh_token: &self.refresh_token,
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            service_account: &self.service_account,
            token_url: &self.token_url,
        })
    }
}

fn of_a_person(change: fn(&mut Given)) -> Result<GoogleLogin, Refused> {
    let mut given = Given {
        refresh_token: "refresh/1".into(),
        client_id: "client".to_owned(),
        client_secret: "hush".into(),
        ..Given::default()
    };
    change(&mut given);
    given.login()
}

fn of_a_service(change: fn(&mut Given)) -> Result<GoogleLogin, Refused> {
    let mut given = Given {
        service_account: KEY_FILE.into(),
        ..Given::default()
    };
    change(&mut given);
    given.login()
}

/// The first step's address and form.
fn asked(login: &GoogleLogin) -> (String, BTreeMap<String, String>) {
    let Step::Ask(request) = login.step(&[], AT_SECONDS) else {
        panic!("it asks");
    };
    assert_eq!(request.headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
    let form = url::form_urlencoded::parse(&request.body).into_owned().collect();
    (request.url.to_string(), form)
}

fn answered(login: &GoogleLogin, status: StatusCode, body: &str) -> Step {
    let answer = Brought {
        status,
        body: body.as_bytes().to_vec(),
    };
    login.step(&[answer], AT_SECONDS)
}

#[test]
fn a_refresh_token_is_exchanged() {
    let (url, form) = asked(&of_a_person(|_| {}).unwrap());
    assert_eq!(url, "https://oauth2.googleapis.com/token");
    let expected = [
        ("grant_type", "refresh_token"),
        ("client_id", "client"),
        ("client_secret", "hush"),
        ("refresh_token", "refresh/1"),
    ];
    assert_eq!(
        form,
        expected.map(|(key, value)| (key.into(), value.into())).into()
    );
}

#[test]
fn a_service_account_claims_what_its_key_signs() {
    let login =
        of_a_service(|settings| settings.token_url = "https://proxy.example.com/token".into()).unwrap();
    let (url, form) = asked(&login);
    assert_eq!(url, "https://proxy.example.com/token");
    assert_eq!(form["grant_type"], JWT_BEARER);
    let parts: Vec<&str> = form["assertion"].split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&BASE64.decode(part).unwrap()).unwrap();
    assert_eq!(
        json(parts[0]),
        json!({"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef"})
    );
    assert_eq!(
        json(parts[1]),
        json!({
            "iss": "omni@omni-tests.iam.gserviceaccount.com",
            "scope": SCOPE,
            "aud": "https://oauth2.googleapis.com/token",
            "iat": AT_SECONDS,
            "exp": AT_SECONDS + 3_600,
        })
    );
    let Grant::Service(service) = &login.grant else {
        panic!("it is a service account");
    };
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, service.key.public());
    let signed = parts[..2].join(".");
    let signature = BASE64.decode(parts[2]).unwrap();
    public.verify(signed.as_bytes(), &signature).unwrap();
    assert!(public.verify(b"another", &signature).is_err());
}

#[test]
fn what_the_token_endpoint_says_decides() {
    let login = of_a_person(|_| {}).unwrap();
    let granted = r#"{"access_token": "at", "expires_in": 3599, "token_type": "Bearer"}"#;
    let Step::Have {
        credential: Credential::Bearer(token),
        until_seconds,
    } = answered(&login, StatusCode::OK, granted)
    else {
        panic!("it is granted");
    };
    assert_eq!((token.expose(), until_seconds), ("at", Some(AT_SECONDS + 3_599)));
    for (status, body, expected) in [
        (StatusCode::OK, "<html>", Err("credential_answer")),
        (StatusCode::SERVICE_UNAVAILABLE, "", Err("credential_away")),
        (StatusCode::TOO_MANY_REQUESTS, "", Err("credential_away")),
        (
            StatusCode::BAD_REQUEST,
            r#"{"error": "invalid_grant"}"#,
            Ok("credential_refused"),
        ),
        (
            StatusCode::UNAUTHORIZED,
            r#"{"error": "invalid_client"}"#,
            Ok("credential_refused"),
        ),
    ] {
        let step = match answered(&login, status, body) {
            Step::Refused(reason) => Ok(reason),
            Step::Later(reason) => Err(reason),
            other => panic!("{other:?}"),
        };
        assert_eq!(step, expected, "{status} {body}");
    }
}

#[test]
fn half_a_grant_and_two_grants_are_refused() {
    let refused = |login: Result<GoogleLogin, Refused>| login.unwrap_err().to_string();
    for (login, part) in [
        (of_a_person(|settings| settings.client_id.clear()), "client_id"),
        (
            of_a_person(|settings| settings.service_account = KEY_FILE.into()),
            "neither",
        ),
        (
            of_a_person(|settings| settings.token_url = "token".to_owned()),
            "token_url",
        ),
        (
            of_a_service(|settings| settings.client_id = "x".into()),
            "neither",
        ),
        (
            of_a_service(|settings| settings.service_account = "{}".into()),
            "client_email",
        ),
        (
            of_a_service(|settings| {
                let file = KEY_FILE.replace("BEGIN PRIVATE", "BEGIN PUBLIC");
                settings.service_account = file.into();
            }),
            "PKCS #8",
        ),
    ] {
        let refused = refused(login);
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let shown = format!("{:?}", of_a_person(|_| {}).unwrap());
    assert!(!shown.contains("hush") && !shown.contains("refresh/1"), "{shown}");
}
