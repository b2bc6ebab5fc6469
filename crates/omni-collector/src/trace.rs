//! `traceparent` (W3C Trace Context): the sender's is passed on, without one the event's id begins the trace,
//! so that an event's retries share one and a person finds it by the id alone.

use axum::http::HeaderMap;
use uuid::Uuid;

const NAME: &str = "traceparent";

/// The sender's, when it is one.
pub(crate) fn given(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(NAME)?.to_str().ok()?.trim();
    is_traceparent(text).then(|| text.to_owned())
}

/// The first span of an event's trace; `number` tells the retries apart.
pub(crate) fn begun(event_uuid: Uuid, number: u64) -> String {
    // A span id of zeros is no span; numbers start at 1.
    format!("00-{}-{:016x}-01", event_uuid.simple(), number.max(1))
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, no id all zeros. Longer ones of later versions are not passed on.
fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let id = |part: &str, length: usize| hex(part, length) && part.bytes().any(|byte| byte != b'0');
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let [version, trace, span, flags] = parts.as_slice() else {
        return false;
    };
    hex(version, 2) && *version != "ff" && id(trace, 32) && id(span, 16) && hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_good_one_is_passed_on_and_a_bad_one_is_not() {
        assert!(is_traceparent(GOOD));
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }

    #[test]
    fn one_we_begin_is_good() {
        assert!(is_traceparent(&begun(Uuid::from_u128(7), 0)));
    }
}
