//! `traceparent` as W3C Trace Context writes it: which trace an event belongs to, whose span comes before, and whether the
//! trace is recorded. Pure.

use std::fmt;

/// The bit of the flags that says that the trace is recorded.
const SAMPLED: u8 = 1;

/// What a `traceparent` says; its ids are never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    version: u8,
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

impl Traceparent {
    /// The first of a trace.
    pub(crate) fn begun(trace_id: u128, span_id: u64, is_sampled: bool) -> Self {
        Self {
            version: 0,
            trace_id,
            span_id,
            flags: if is_sampled { SAMPLED } else { 0 },
        }
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, no id all zeros. `None` for anything else; longer ones of later versions
    /// are not read.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut hex = |length: usize| parts.next().filter(|part| is_hex(part, length));
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        if parts.next().is_some() || version == "ff" {
            return None;
        }
        let read = Self {
            version: u8::from_str_radix(version, 16).ok()?,
            trace_id: u128::from_str_radix(trace, 16).ok()?,
            span_id: u64::from_str_radix(span, 16).ok()?,
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        (read.trace_id != 0 && read.span_id != 0).then_some(read)
    }

    /// Whether the trace is recorded.
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// 128 bits, not zero.
    pub fn trace_id(self) -> u128 {
        self.trace_id
    }

    pub(crate) fn flags(self) -> u8 {
        self.flags
    }

    /// 64 bits, not zero.
    pub fn span_id(self) -> u64 {
        self.span_id
    }

    /// Another span of the same trace.
    pub(crate) fn with_span(self, span_id: u64) -> Self {
        Self {
            // What is handed on is of the version that we write.
            version: 0,
            span_id,
            ..self
        }
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            trace_id,
            span_id,
            flags,
        } = self;
        write!(f, "{version:02x}-{trace_id:032x}-{span_id:016x}-{flags:02x}")
    }
}

fn is_hex(part: &str, length: usize) -> bool {
    part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_good_one_is_written_as_it_was_read_and_a_bad_one_is_not_read() {
        assert_eq!(Traceparent::read(GOOD).unwrap().to_string(), GOOD);
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        ] {
            assert_eq!(Traceparent::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_flag_says_whether_it_is_recorded_whatever_stands_beside_it() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("02", false), ("03", true)] {
            let text = format!("{}{flags}", GOOD.strip_suffix("01").unwrap());
            assert_eq!(
                Traceparent::read(&text).unwrap().is_sampled(),
                is_sampled,
                "{flags}"
            );
        }
    }

    #[test]
    fn another_span_stays_in_the_trace() {
        let next = Traceparent::read(GOOD).unwrap().with_span(7);
        let text = "00-0af7651916cd43dd8448eb211c80319c-0000000000000007-01";
        assert_eq!(next.to_string(), text);
    }
}
