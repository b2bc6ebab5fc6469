//! A served board with the keys of embeds and of the API.
use std::path::PathBuf;

use omni_reporting::access::keys::{ApiKey, EmbedKey, Ring, Scope};
use omni_reporting::access::since_1970;
use omni_reporting::access::token::{self, Claims};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{Database, Order};
use crate::served::Served;

pub(crate) const BOARD: &str = "/api/v1/boards/pipedrive-deals";
/// Where pages may hold an embed.
pub(crate) const HOST: &str = "https://app.example.com";

/// A served board, and keys that open it.
pub(crate) struct Opened {
    pub(crate) served: Served,
    pub(crate) keys: PathBuf,
    ring: Ring,
    /// The id of the key that signs.
    pub(crate) key: String,
    pub(crate) api_key: String,
    _folder: TempDir,
}

impl Opened {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys.toml");
        std::fs::write(
            folder.path().join("index.html"),
            "<!doctype html><title>Omni</title>",
        )
        .unwrap();
        let mut ring = Ring::default();
        let key = ring.add_embed(embed_key()).unwrap();
        let api_key = ApiKey {
            label: "backend".to_owned(),
            sha256: String::new(),
            scopes: vec![Scope::Tokens],
            companies: vec![1001],
            pii: false,
            created_at: String::new(),
        };
        let (_, api_key) = ring.add_api(api_key).unwrap();
        ring.write(&keys).unwrap();
        let database = Database::new().await;
        database.load(Order::AsWritten).await;
        let (file, web_dir) = (keys.clone(), folder.path().to_owned());
        let served = Served::start_with(database, |config| {
            config.access.keys_file = file;
            config.access.failures_per_minute = 1_000_000;
            config.access.embed_origins = vec!["https://intranet.example.com".to_owned()];
            config.reporting.web_dir = web_dir;
        })
        .await;
        Self {
            served,
            keys,
            ring,
            key,
            api_key,
            _folder: folder,
        }
    }

    pub(crate) fn token(&self, change: impl FnOnce(&mut Claims)) -> String {
        let mut claims = claims();
        change(&mut claims);
        token::sign(&claims, &self.key, &self.ring.embed[&self.key]).unwrap()
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, bearer: &str) -> (u16, String) {
        let request = reqwest::Client::new().request(method.parse().unwrap(), self.served.url(path));
        let answer = request.bearer_auth(bearer).body("{}").send().await.unwrap();
        let status = answer.status().as_u16();
        // A stream that is let in does not end.
        let is_stream = answer.headers()["content-type"] == "text/event-stream";
        (
            status,
            if is_stream {
                String::new()
            } else {
                answer.text().await.unwrap()
            },
        )
    }

    pub(crate) async fn read(&self, path: &str, bearer: &str) -> Value {
        let (status, body) = self.ask("GET", &format!("{BOARD}{path}"), bearer).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The status, on every address of a board that shows or lists data.
    pub(crate) async fn on_each_data_route(&self, query: &str, bearer: &str) -> Vec<(String, u16)> {
        let mut got = Vec::new();
        for path in [
            "/panels/won_value",
            "/panels/won_value.csv",
            "/lists/closed_deals",
            "/lists/closed_deals.csv",
            "/options/source",
            "/live",
        ] {
            let (status, _) = self.ask("GET", &format!("{BOARD}{path}?{query}"), bearer).await;
            got.push((path.to_owned(), status));
        }
        got
    }
}

pub(crate) fn embed_key() -> EmbedKey {
    EmbedKey {
        label: "portal".to_owned(),
        secret: stage::Secret::default(),
        origins: vec![HOST.to_owned()],
        companies: vec![1001, 4004],
        boards: Vec::new(),
        pii: true,
        created_at: String::new(),
    }
}

pub(crate) fn claims() -> Claims {
    let now = since_1970().as_secs();
    Claims {
        iat: now,
        exp: now + 600,
        template: "pipedrive-deals".to_owned(),
        company: 1001,
        allow: Some(vec!["*".to_owned()]),
        origins: vec![HOST.to_owned()],
        ..Claims::default()
    }
}

pub(crate) fn lock(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}
