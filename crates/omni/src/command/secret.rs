//! Passwords that commands make: 192 random bits, in letters that need no quoting anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BYTES: usize = 24;

/// A new one, 32 letters.
pub(super) fn random() -> String {
    let bytes: [u8; BYTES] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}
