//! Hunter's e-mail verifier (`GET /v2/email-verifier`), by its reference: 200 known, 202 and 222 ask again,
//! 400 `invalid_email` no address, 401 key, 403 and 429 too many, 451 the person must not be processed.

use serde::Deserialize;
use serde_json::Value;
use stage::ConfigError;
use stage::outbound::{Answer, Method, Outbound, RequestBuilder, Url, header};

use super::{Provider, Reply, by_code, secret_value};
use crate::config::Email;
use crate::email::block::{Block, FLAGS, STATUSES};

const TABLE: &str = "enricher.email";
/// What it calls an address that is none.
const INVALID: &str = "invalid_email";

#[derive(Debug)]
pub(super) struct Hunter {
    url: Url,
    key: header::HeaderValue,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    id: String,
}

impl Hunter {
    pub(super) fn new(settings: &Email) -> Result<Self, ConfigError> {
        let refuse = |message: &str| Err(ConfigError::invalid(TABLE, message));
        let url = settings.address(TABLE, "api_url", &settings.api_url)?;
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("`api_url` must end before `?`: the key goes into `api_key`");
        }
        if settings.api_key.is_empty() {
            return refuse("`provider = \"hunter\"` needs an `api_key` (or `api_key_file`)");
        }
        match secret_value(settings.api_key.expose()) {
            Some(key) => Ok(Self { url, key }),
            None => refuse("`api_key` has letters that cannot be sent in a header"),
        }
    }
}

impl Provider for Hunter {
    fn name(&self) -> &'static str {
        "hunter"
    }

    fn request(&self, outbound: &Outbound, address: &str) -> RequestBuilder {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("email", address);
        outbound
            .request(Method::GET, url)
            .header("x-api-key", self.key.clone())
    }

    fn judge(&self, answer: &Answer) -> Reply {
        match answer.status.as_u16() {
            200 => known(&answer.body).unwrap_or(Reply::Unexpected),
            202 | 222 => Reply::Pending,
            400 if is_invalid(&answer.body) => Reply::Invalid,
            451 => Reply::Refused,
            _ => by_code(answer),
        }
    }
}

fn known(body: &[u8]) -> Option<Reply> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let data = body.get("data")?.as_object()?;
    let status = data.get("status")?.as_str()?;
    // A word of tomorrow says nothing today.
    let status = STATUSES
        .into_iter()
        .find(|word| *word == status)
        .unwrap_or("unknown");
    let mut block = Block::new(status);
    block.result(data.get("result").and_then(Value::as_str));
    block.score(data.get("score"), 100);
    for flag in FLAGS {
        block.flag(flag, data.get(flag));
    }
    block.sources(data.get("sources"));
    Some(Reply::Known(block.done()))
}

fn is_invalid(body: &[u8]) -> bool {
    serde_json::from_slice(body)
        .is_ok_and(|refusal: Refusal| refusal.errors.iter().any(|problem| problem.id == INVALID))
}
