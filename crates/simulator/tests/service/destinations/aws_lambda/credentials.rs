//! Credentials of an instance and of a container, and what they open.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use simulator::{Aws, Config, StandIns};

use super::{Caller, INVOKE, running, told};
use crate::receiver::{Running, client, until};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

async fn token(running: &Running, ttl: &str) -> (u16, String) {
    let request = client().put(format!("{}/latest/api/token", running.url));
    let answer = request
        .header("x-aws-ec2-metadata-token-ttl-seconds", ttl)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn read(running: &Running, path: &str, header: (&str, &str)) -> (u16, String) {
    let request = client().get(format!("{}{path}", running.url));
    let answer = request.header(header.0, header.1).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What the endpoint handed out.
fn caller(credentials: &Value) -> Caller {
    let text = |key: &str| credentials[key].as_str().unwrap();
    Caller::with(text("AccessKeyId"), text("SecretAccessKey"), Some(text("Token")))
}

async fn invoked(running: &Running, caller: &Caller) -> (u16, String) {
    let answer = caller.ask(running, Method::POST, INVOKE, &[], b"{}").await;
    let (status, kind, _) = told(answer).await;
    (status, kind)
}

#[tokio::test]
async fn an_instance_gives_credentials_to_whoever_shows_a_token() {
    let running = running(Config::default()).await;
    for ttl in ["0", "21601", "long"] {
        assert_eq!(token(&running, ttl).await.0, 400, "{ttl}");
    }
    let forwarded = client()
        .put(format!("{}/latest/api/token", running.url))
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60")
        .header("x-forwarded-for", "10.0.0.1");
    assert_eq!(forwarded.send().await.unwrap().status().as_u16(), 403);
    let (status, token) = token(&running, "21600").await;
    assert_eq!(status, 200);
    let shown = ("x-aws-ec2-metadata-token", token.as_str());
    for path in [ROLES, "/latest/meta-data/iam/security-credentials/omni"] {
        assert_eq!(read(&running, path, ("x", "y")).await.0, 401, "version 1 is off");
        assert_eq!(read(&running, path, (shown.0, "guessed")).await.0, 401);
    }
    assert_eq!(read(&running, ROLES, shown).await, (200, "omni".to_owned()));
    assert_eq!(read(&running, &format!("{ROLES}other"), shown).await.0, 404);
    let region = read(&running, "/latest/meta-data/placement/region", shown).await;
    assert_eq!(region, (200, "eu-central-1".to_owned()));
    let (_, text) = read(&running, &format!("{ROLES}omni"), shown).await;
    let credentials: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&credentials["Code"], &credentials["Type"]),
        (&"Success".into(), &"AWS-HMAC".into())
    );
    assert_eq!(invoked(&running, &caller(&credentials)).await.0, 200);
    let mut without = credentials.clone();
    without["Token"] = "another".into();
    let refused = invoked(&running, &caller(&without)).await;
    assert_eq!(refused, (403, "UnrecognizedClientException".to_owned()));
    running.stop().await;
}

#[tokio::test]
async fn a_containers_credentials_expire_and_come_anew() {
    let running = running(Config {
        stand_ins: StandIns {
            aws: Aws {
                session: Duration::from_secs(2),
                ..Aws::default()
            },
            ..StandIns::default()
        },
        ..Config::default()
    })
    .await;
    let ask = async |token: &str| read(&running, "/credentials/task", ("authorization", token)).await;
    assert_eq!(ask("wrong").await.0, 401);
    let (status, text) = ask("demo-token").await;
    assert_eq!(status, 200);
    let first: Value = serde_json::from_str(&text).unwrap();
    assert!(first["Expiration"].as_str().unwrap().ends_with('Z'));
    assert!(first["RoleArn"].as_str().unwrap().ends_with(":role/omni"));
    assert_eq!(invoked(&running, &caller(&first)).await.0, 200);
    let refused = until("the end of the credentials", async || {
        let answer = invoked(&running, &caller(&first)).await;
        (answer.0 != 200).then_some(answer)
    });
    assert_eq!(refused.await, (403, "ExpiredTokenException".to_owned()));
    let second: Value = serde_json::from_str(&ask("demo-token").await.1).unwrap();
    assert_eq!(invoked(&running, &caller(&second)).await.0, 200);
    running.stop().await;
}
