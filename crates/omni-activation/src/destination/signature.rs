//! The signature of [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.
//!
//! By `ring`, which uses the processor's instructions for it: with the crate of the standard's authors a tenth of what a delivery
//! costs was hashing (docs/decisions/0030-deliveries-a-second.md). That crate verifies ours in the tests.
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac::{Context, HMAC_SHA256, Key};

const SECRET_PREFIX: &str = "whsec_";
const VERSION: &str = "v1";

/// Signs with one secret.
#[derive(Clone)]
pub(super) struct Signer(Key);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    /// Of a secret in base64, with or without `whsec_` before it; `None` where it is not base64.
    pub(super) fn new(secret: &str) -> Option<Self> {
        let secret = secret.strip_prefix(SECRET_PREFIX).unwrap_or(secret);
        let key = BASE64.decode(secret).ok()?;
        Some(Self(Key::new(HMAC_SHA256, &key)))
    }

    /// The signature of a message, as it stands in its header. `seconds` since 1970.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut code = Context::with_key(&self.0);
        code.update(format!("{id}.{seconds}.").as_bytes());
        code.update(body);
        format!("{VERSION},{}", BASE64.encode(code.sign()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use standardwebhooks::Webhook;

    #[test]
    fn a_secret_that_is_no_base64_is_refused() {
        assert!(Signer::new("whsec_?").is_none());
        assert!(Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_some());
    }

    proptest! {
        #[test]
        fn the_standards_own_library_signs_alike(
            key in prop::collection::vec(any::<u8>(), 0..100), id in ".{0,40}", seconds in any::<i64>(), body in ".{0,300}",
            prefix in prop_oneof![Just(""), Just(SECRET_PREFIX)],
        ) {
            let secret = format!("{prefix}{}", BASE64.encode(key));
            let theirs = Webhook::new(&secret).unwrap().sign(&id, seconds, body.as_bytes()).unwrap();
            prop_assert_eq!(Signer::new(&secret).unwrap().sign(&id, seconds, body.as_bytes()), theirs);
        }
    }
}
