//! Temporary keys as the endpoints of containers and instances hand them out: JSON.

use serde::Deserialize;
use stage::clock;

use super::keys;
use crate::destination::{Brought, Step};

const MICROS: i64 = 1_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Issued {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    expiration: String,
}

/// What an endpoint's last answer comes to.
pub(super) fn issued(brought: &Brought) -> Step {
    if let Some(none) = not_given(brought) {
        return none;
    }
    let Ok(issued) = serde_json::from_slice::<Issued>(&brought.body) else {
        // Such as `{"Code": "Failed"}`: the role's trust may be mended meanwhile.
        return Step::Later("credential_away");
    };
    let until = clock::parse_rfc3339_micro(&issued.expiration);
    Step::Have {
        credential: keys(&issued.access_key_id, &issued.secret_access_key, &issued.token),
        until_seconds: until.ok().map(|micro| micro / MICROS),
    }
}

/// What an answer that is none means: the endpoint is busy or broken, or does not want us.
pub(super) fn not_given(brought: &Brought) -> Option<Step> {
    match brought.status.as_u16() {
        200 => None,
        408 | 429 | 500..=599 => Some(Step::Later("credential_away")),
        _ => Some(Step::Refused("credential_refused")),
    }
}
