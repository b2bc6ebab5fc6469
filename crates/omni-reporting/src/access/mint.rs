//! Makes a token of an embed: for `POST /api/v1/embed/tokens` and for `omni embed token`, by the same rules.
//!
//! What would be refused when the token is used is refused here already, with the name of what is wrong.
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::keys::{EmbedKey, Ring};
use super::narrow::Choosing;
use super::token::{self, Claims, TTL_MAX};
use super::{Grant, Policy};
use crate::board::Board;

/// Parameters that may be allowed beside a board's variables.
const COMMON: &[&str] = &["*", "period", "compare", "tz", "currency"];

/// What a token shall say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// A board by its id, or by `id/version`.
    pub template: String,
    pub company: u64,
    /// Values by parameter.
    pub lock: Map<String, Value>,
    /// Left out: period and comparison.
    pub allow: Option<Vec<String>>,
    pub pii: bool,
    /// Left out: those of the key.
    pub origins: Vec<String>,
    /// At most 900, which it is when left out.
    pub ttl_seconds: Option<u64>,
    pub panels: Vec<String>,
    pub sections: Vec<String>,
    /// The id of the key that signs; left out: the only one.
    pub key: Option<String>,
}

/// A token, and where the page that takes it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minted {
    pub token: String,
    /// RFC 3339.
    pub expires_at: String,
    /// On the dashboard's address; the token stands after `#`.
    pub path: String,
}

/// What of the wish cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Unwanted {
    pub field: &'static str,
    pub reason: String,
}

fn unwanted(field: &'static str, reason: impl Into<String>) -> Unwanted {
    let reason = reason.into();
    Unwanted { field, reason }
}

/// Makes the token, at `now` in seconds since 1970; `asker` is the API key that asks, if one does.
pub fn mint(
    policy: &Policy,
    boards: &[Arc<Board>],
    wanted: &Wanted,
    asker: Option<&Grant>,
    now: u64,
) -> Result<Minted, Unwanted> {
    let ring = policy.keys.now();
    let board = boards
        .iter()
        .find(|board| board.id == wanted.template || board.key == wanted.template)
        .ok_or_else(|| unwanted("template", format!("no board is called `{}`", wanted.template)))?;
    let (id, key) = key(&ring, wanted.key.as_deref(), board)?;
    check_company(policy, wanted, asker)?;
    check_names(board, wanted)?;
    let ttl = wanted.ttl_seconds.unwrap_or(TTL_MAX.as_secs());
    if ttl == 0 || ttl > TTL_MAX.as_secs() {
        return Err(unwanted("ttl_seconds", "must be from 1 to 900"));
    }
    if wanted.pii && asker.is_some_and(|asker| !asker.pii()) {
        return Err(unwanted("pii", "this API key may not show who persons are"));
    }
    let claims = Claims {
        iat: now,
        exp: now + ttl,
        template: board.id.clone(),
        company: wanted.company,
        lock: wanted.lock.clone(),
        allow: wanted.allow.clone(),
        pii: wanted.pii,
        origins: if wanted.origins.is_empty() {
            key.origins.clone()
        } else {
            wanted.origins.clone()
        },
        panels: wanted.panels.clone(),
        sections: wanted.sections.clone(),
        ..Claims::default()
    };
    let locked = claims
        .locked()
        .map_err(|error| unwanted("lock", error.to_string()))?;
    Choosing::new(locked, None)
        .check(&board.declared)
        .map_err(|denied| unwanted("lock", denied.to_string()))?;
    let token = token::sign(&claims, id, key).map_err(|error| unwanted("key", error.to_string()))?;
    token::judge(&token, &ring, now).map_err(|error| unwanted("key", error.to_string()))?;
    Ok(Minted {
        path: format!("/e/{}?k={id}#t={token}", board.id),
        expires_at: stage::clock::rfc3339_micro((claims.exp as i64).saturating_mul(1_000_000)),
        token,
    })
}

fn key<'r>(
    ring: &'r Ring,
    named: Option<&str>,
    board: &Board,
) -> Result<(&'r String, &'r EmbedKey), Unwanted> {
    if let Some(id) = named {
        let found = ring.embed.get_key_value(id);
        return found.ok_or_else(|| {
            unwanted(
                "key",
                format!("there is no key `{id}`: `omni embed key list` names them"),
            )
        });
    }
    let opens = |key: &EmbedKey| key.boards.is_empty() || key.boards.contains(&board.id);
    let mut fitting = ring.embed.iter().filter(|(_, key)| opens(key));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(unwanted(
            "key",
            "there is no key for this board yet: `omni embed key new --origin https://…` makes one, in `[access] keys_file`",
        )),
        _ => Err(unwanted("key", "several keys open this board: name one")),
    }
}

fn check_company(policy: &Policy, wanted: &Wanted, asker: Option<&Grant>) -> Result<(), Unwanted> {
    if wanted.company == 0 {
        return Err(unwanted(
            "company",
            "must be named: the company's id in Pipedrive",
        ));
    }
    let among = |list: &[u64]| list.is_empty() || list.contains(&wanted.company);
    let is_askers = asker.is_none_or(|asker| among(asker.offered(&[])));
    if is_askers && among(&policy.companies) {
        Ok(())
    } else {
        Err(unwanted("company", "this company's data are not shown here"))
    }
}

/// Everything that is named must be there, or a token would open less, or more, than was meant.
fn check_names(board: &Board, wanted: &Wanted) -> Result<(), Unwanted> {
    let manifest = &board.manifest;
    let panels: BTreeSet<&str> = manifest.panels.iter().map(|panel| panel.id.as_str()).collect();
    let sections: BTreeSet<&str> = manifest
        .sections
        .iter()
        .map(|section| section.id.as_str())
        .collect();
    let mut choices: BTreeSet<&str> = COMMON.iter().copied().collect();
    choices.extend(board.declared.variables.keys().map(String::as_str));
    let allowed = wanted.allow.as_deref().unwrap_or_default();
    for (field, names, known) in [
        ("allow", allowed, &choices),
        ("panels", &wanted.panels, &panels),
        ("sections", &wanted.sections, &sections),
    ] {
        if let Some(stranger) = names.iter().find(|name| !known.contains(name.as_str())) {
            let known: Vec<_> = known.iter().copied().collect();
            let reason = format!("`{stranger}` is none of {}", known.join(", "));
            return Err(unwanted(field, reason));
        }
    }
    Ok(())
}
