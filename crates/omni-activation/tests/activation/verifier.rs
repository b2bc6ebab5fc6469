//! A receiver's check of a signature, written from the Standard Webhooks specification (signature scheme, verifying) and
//! RFC 2104, so that it shares no code with the library that signs.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// How far the receiver's clock and the sender's may be apart.
const TOLERANCE_SECONDS: u64 = 5 * 60;
const BLOCK_BYTES: usize = 64;

/// One secret, as a receiver holds it.
#[derive(Clone)]
pub(crate) struct Verifier(Vec<u8>);

impl Verifier {
    /// Of the text that sender and receiver agreed on.
    pub(crate) fn new(secret: &str) -> Self {
        let text = secret.strip_prefix("whsec_").unwrap();
        Self(STANDARD.decode(text).unwrap())
    }

    /// Whether one of the signatures is of this secret, over exactly this message, sent just now.
    pub(crate) fn accepts(&self, headers: &HeaderMap, body: &[u8], now_seconds: i64) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signatures)) = (
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
        ) else {
            return false;
        };
        let is_fresh = timestamp
            .parse()
            .is_ok_and(|sent: i64| sent.abs_diff(now_seconds) <= TOLERANCE_SECONDS);
        let expected = self.signature(id, timestamp, body);
        is_fresh && signatures.split(' ').any(|signature| signature == expected)
    }

    fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        format!("v1,{}", STANDARD.encode(hmac(&self.0, &signed)))
    }
}

/// HMAC-SHA256.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// RFC 4231, cases 1 and 6: a short key, and one that is longer than a block.
#[test]
fn the_mac_is_the_one_of_the_published_vectors() {
    for (key, message, expected) in [
        (
            vec![0x0b; 20],
            "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            vec![0xaa; 131],
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ] {
        assert_eq!(hmac(&key, message.as_bytes()).to_vec(), bytes(expected));
    }
}

/// The message that the specification's own libraries are tested with.
#[test]
fn the_published_message_is_accepted_and_no_other() {
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    let verifier = Verifier::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let headers = |id: &str, timestamp: &str, signature: &str| {
        let pairs = [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", signature),
        ];
        pairs
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    };
    let (id, at) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert!(verifier.accepts(&headers(id, at, signature), BODY, AT));
    assert!(verifier.accepts(&headers(id, at, &format!("v1,AAAA {signature}")), BODY, AT + 300));
    assert!(
        !verifier.accepts(&headers(id, at, signature), BODY, AT + 301),
        "old"
    );
    assert!(
        !verifier.accepts(&headers(id, at, signature), b"{}", AT),
        "another body"
    );
    assert!(
        !verifier.accepts(&headers("msg", at, signature), BODY, AT),
        "another id"
    );
    assert!(
        !verifier.accepts(&headers(id, "1614265331", signature), BODY, AT),
        "another time"
    );
    assert!(
        !verifier.accepts(&headers(id, at, "v1,"), BODY, AT),
        "no signature"
    );
    let other = Verifier::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    assert!(
        !other.accepts(&headers(id, at, signature), BODY, AT),
        "another secret"
    );
}
