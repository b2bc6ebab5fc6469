//! A service account, and the claims its key signs (RFC 7523, RS256).
//!
//! Put together here: `jsonwebtoken` takes its signatures from one provider a process, and that is the dashboard's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use stage::Secret;

use super::{Access, TOKEN_URL};
use crate::destination::Refused;

/// How long a claim holds, at most by Google's rule.
const CLAIM_SECONDS: i64 = 3_600;

/// A service account.
pub(super) struct Service {
    email: String,
    key_id: String,
    scope: &'static str,
    pub(super) key: RsaKeyPair,
    /// Whom its claims are made to, whatever the address.
    pub(super) audience: String,
}

/// The file that Google Cloud makes.
#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: Secret,
    #[serde(default)]
    private_key_id: String,
    #[serde(default)]
    token_uri: Option<String>,
}

impl Service {
    pub(super) fn new(access: &Access<'_>) -> Result<Self, Refused> {
        let table = access.table;
        let refused = |what: &str| {
            let text = format!("`{table}.service_account` must be the key file of a service account: {what}");
            Refused::Parameters(text)
        };
        let file: KeyFile = serde_json::from_str(access.service_account.expose())
            .map_err(|_| refused("JSON with `client_email` and `private_key`"))?;
        let der = PrivatePkcs8KeyDer::from_pem_slice(file.private_key.expose().as_bytes());
        let key = der
            .ok()
            .and_then(|der| RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok());
        Ok(Self {
            key: key.ok_or_else(|| refused("its `private_key` is no RSA key in PKCS #8"))?,
            email: file.client_email,
            key_id: file.private_key_id,
            scope: access.scope,
            audience: file.token_uri.unwrap_or_else(|| TOKEN_URL.to_owned()),
        })
    }

    /// A signed claim (JWT, RS256); none where it cannot be signed.
    pub(super) fn claim(&self, at_seconds: i64) -> Option<String> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let claims = json!({
            "iss": self.email,
            "scope": self.scope,
            "aud": self.audience,
            "iat": at_seconds,
            "exp": at_seconds + CLAIM_SECONDS,
        });
        let signed = [header, claims].map(|part| BASE64.encode(part.to_string()));
        let signed = signed.join(".");
        let mut signature = vec![0; self.key.public().modulus_len()];
        let made = self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        made.ok()?;
        Some(format!("{signed}.{}", BASE64.encode(signature)))
    }
}
