//! Any other provider, by a mapping in the configuration: how it is asked, where in its JSON the words and
//! numbers stand, and what its words mean.

use std::collections::BTreeMap;

use event::flat::EMAIL_SOURCE_PARTS;
use serde_json::Value;
use stage::ConfigError;
use stage::outbound::{Answer, Method, Outbound, RequestBuilder, Url, header};

use super::{Provider, Reply, by_code, secret_value};
use crate::config::{Email, EmailHttp, HttpMethod};
use crate::email::block::{Block, FLAGS, RESULTS, STATUSES};

const TABLE: &str = "enricher.email.http";
/// Stands for the address.
const EMAIL: &str = "{email}";
const PENDING: &str = "pending";
const REFUSED: &str = "refused";

#[derive(Debug)]
pub(super) struct Http {
    url: String,
    /// What is asked should the template with an address ever be no address: it was one at the start.
    plain: Url,
    method: Method,
    body: String,
    headers: header::HeaderMap,
    pending_codes: Vec<u16>,
    refused_codes: Vec<u16>,
    invalid_codes: Vec<u16>,
    status: String,
    result: Option<String>,
    score: Option<String>,
    score_max: u32,
    status_words: BTreeMap<String, String>,
    result_words: BTreeMap<String, String>,
    flags: Vec<(String, String)>,
    sources: Option<Sources>,
}

/// Where the pages stand on which an address was seen.
#[derive(Debug)]
struct Sources {
    list: String,
    /// Within one of them.
    parts: Vec<(String, String)>,
}

impl Http {
    pub(super) fn new(settings: &Email) -> Result<Self, ConfigError> {
        let http = &settings.http;
        let plain = settings.address(TABLE, "url", &http.url.replace(EMAIL, "a"))?;
        let other = settings.address(TABLE, "url", &http.url.replace(EMAIL, "b"))?;
        if plain.origin() != other.origin() {
            return refuse("url", "must have `{email}` after its host");
        }
        if plain.fragment().is_some() {
            return refuse("url", "must not have a `#`: nothing after it is sent");
        }
        if plain == other && !http.body.contains(EMAIL) {
            return refuse("url", "must have `{email}` where the address belongs");
        }
        let method = match http.method {
            HttpMethod::Get if !http.body.is_empty() => {
                return refuse("body", "needs `method = \"POST\"`");
            }
            HttpMethod::Get => Method::GET,
            HttpMethod::Post => Method::POST,
        };
        if !http.body.is_empty() && serde_json::from_str::<Value>(&filled(&http.body, "a")).is_err() {
            return refuse("body", "must be JSON");
        }
        if http.score_max == 0 {
            return refuse("score_max", "must be at least 1");
        }
        let Some(status) = pointer(&http.status_path) else {
            return refuse("status_path", "is needed, e.g. \"/data/status\"");
        };
        let statuses = [&STATUSES[..], &[PENDING, REFUSED]].concat();
        Ok(Self {
            url: http.url.clone(),
            plain,
            method,
            body: http.body.clone(),
            headers: headers(settings)?,
            pending_codes: codes("pending_codes", &http.pending_codes)?,
            refused_codes: codes("refused_codes", &http.refused_codes)?,
            invalid_codes: codes("invalid_codes", &http.invalid_codes)?,
            status,
            result: pointer(&http.result_path),
            score: pointer(&http.score_path),
            score_max: http.score_max,
            status_words: words("status_words", &http.status_words, &statuses)?,
            result_words: words("result_words", &http.result_words, &RESULTS)?,
            flags: paths("flag_paths", &http.flag_paths, &FLAGS)?,
            sources: Sources::new(http)?,
        })
    }

    fn understood(&self, body: &[u8]) -> Option<Reply> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let status = word(&body, &self.status)?;
        let status = self.status_words.get(&status).cloned().unwrap_or(status);
        let status = match status.as_str() {
            PENDING => return Some(Reply::Pending),
            REFUSED => return Some(Reply::Refused),
            status => STATUSES
                .into_iter()
                .find(|word| *word == status)
                .unwrap_or("unknown"),
        };
        let mut block = Block::new(status);
        let result = self.result.as_deref().and_then(|path| word(&body, path));
        let result = result.map(|told| self.result_words.get(&told).cloned().unwrap_or(told));
        block.result(result.as_deref());
        block.score(
            self.score.as_deref().and_then(|path| body.pointer(path)),
            self.score_max,
        );
        for (name, path) in &self.flags {
            block.flag(name, body.pointer(path));
        }
        let sources = self.sources.as_ref().and_then(|sources| sources.of(&body));
        block.sources(sources.as_ref());
        Some(Reply::Known(block.done()))
    }
}

impl Sources {
    fn new(http: &EmailHttp) -> Result<Option<Self>, ConfigError> {
        let known = EMAIL_SOURCE_PARTS.map(|(name, _)| name);
        let parts = paths("source_paths", &http.source_paths, &known)?;
        match (pointer(&http.sources_path), parts.is_empty()) {
            (None, true) => Ok(None),
            (Some(list), false) => Ok(Some(Self { list, parts })),
            (None, false) => refuse(
                "source_paths",
                "needs `sources_path`, where the list of pages stands",
            ),
            (Some(_), true) => refuse("sources_path", "needs `source_paths`, e.g. { uri = \"/url\" }"),
        }
    }

    /// The provider's list by our names.
    fn of(&self, body: &Value) -> Option<Value> {
        let list = body.pointer(&self.list)?.as_array()?;
        let source = |told: &Value| -> Value {
            let part = |(name, path): &(String, String)| Some((name.clone(), told.pointer(path)?.clone()));
            self.parts.iter().filter_map(part).collect()
        };
        Some(list.iter().map(source).collect())
    }
}

impl Provider for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn request(&self, outbound: &Outbound, address: &str) -> RequestBuilder {
        let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
        let url = Url::parse(&self.url.replace(EMAIL, &encoded)).unwrap_or_else(|_| self.plain.clone());
        let request = outbound
            .request(self.method.clone(), url)
            .headers(self.headers.clone());
        if self.body.is_empty() {
            return request;
        }
        request
            .header(header::CONTENT_TYPE, "application/json")
            .body(filled(&self.body, address))
    }

    fn judge(&self, answer: &Answer) -> Reply {
        let code = answer.status.as_u16();
        if self.refused_codes.contains(&code) {
            Reply::Refused
        } else if self.pending_codes.contains(&code) {
            Reply::Pending
        } else if self.invalid_codes.contains(&code) {
            Reply::Invalid
        } else if answer.status.is_success() {
            self.understood(&answer.body).unwrap_or(Reply::Unexpected)
        } else {
            by_code(answer)
        }
    }
}

fn refuse<T>(key: &str, message: &str) -> Result<T, ConfigError> {
    Err(ConfigError::invalid(TABLE, format!("`{key}` {message}")))
}

/// A body with the address in it, as part of a JSON text.
fn filled(body: &str, address: &str) -> String {
    let quoted = Value::from(address).to_string();
    let inside = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    body.replace(EMAIL, inside)
}

/// A word as the maps have it: trimmed, in lower case.
fn word(body: &Value, path: &str) -> Option<String> {
    match body.pointer(path)? {
        Value::String(text) => Some(text.trim().to_lowercase()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A JSON pointer of a pointer or of keys with dots; none of an empty text.
fn pointer(path: &str) -> Option<String> {
    match path {
        "" => None,
        pointer if pointer.starts_with('/') => Some(pointer.to_owned()),
        keys => Some(format!("/{}", keys.replace('.', "/"))),
    }
}

/// JSON pointers by our names, without those that are empty.
fn paths(
    key: &str,
    told: &BTreeMap<String, String>,
    ours: &[&str],
) -> Result<Vec<(String, String)>, ConfigError> {
    if let Some(name) = told.keys().find(|name| !ours.contains(&name.as_str())) {
        let known = ours.join(", ");
        return refuse(key, &format!("has no `{name}`; it knows {known}"));
    }
    let path = |(name, path): (&String, &String)| Some((name.clone(), pointer(path)?));
    Ok(told.iter().filter_map(path).collect())
}

fn words(
    key: &str,
    told: &BTreeMap<String, String>,
    ours: &[&str],
) -> Result<BTreeMap<String, String>, ConfigError> {
    if let Some(stranger) = told.values().find(|word| !ours.contains(&word.as_str())) {
        let known = ours.join(", ");
        return refuse(
            key,
            &format!("has no word `{stranger}` of ours; it knows {known}"),
        );
    }
    Ok(told
        .iter()
        .map(|(theirs, ours)| (theirs.trim().to_lowercase(), ours.clone()))
        .collect())
}

fn codes(key: &str, codes: &[u16]) -> Result<Vec<u16>, ConfigError> {
    match codes.iter().find(|code| !(200..600).contains(*code)) {
        Some(code) => refuse(key, &format!("holds {code}, which is no status code")),
        None => Ok(codes.to_vec()),
    }
}

fn headers(settings: &Email) -> Result<header::HeaderMap, ConfigError> {
    let mut headers = header::HeaderMap::new();
    for (name, value) in &settings.http.headers {
        let named = header::HeaderName::from_bytes(name.as_bytes()).ok();
        let Some((named, value)) = named.zip(secret_value(value.expose())) else {
            return refuse("headers", &format!("`{name}` cannot be sent as a header"));
        };
        headers.insert(named, value);
    }
    Ok(headers)
}
