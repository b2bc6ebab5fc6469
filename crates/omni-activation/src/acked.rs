//! Offsets that are done beyond the committed one, as text beside it: who takes the partition over sends them to nobody
//! again.
//!
//! A bitmap from the committed offset on, of at most [`SPAN_MAX`] offsets, in base64: 2,734 bytes at most, of the 4,096
//! that the broker keeps beside an offset.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// Offsets between the oldest open one and the newest, at most; a partition that spans more waits.
pub(crate) const SPAN_MAX: i64 = 16_384;
/// Tells the shape of the text, should there ever be another.
const SHAPE: &str = "a1:";
const BITS: i64 = 8;

/// Which offsets are done, from a first one on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Acked {
    first: i64,
    bits: Vec<u8>,
}

impl Acked {
    /// All from a first one up to an end that is not among them, as far as it can tell.
    pub(crate) fn all(first: i64, end: i64) -> Self {
        let count = (end - first).clamp(0, SPAN_MAX);
        let mut bits = vec![u8::MAX; usize::try_from(count / BITS).unwrap_or_default()];
        if count % BITS > 0 {
            bits.push((1 << (count % BITS)) - 1);
        }
        Self { first, bits }
    }

    /// What an earlier life wrote beside this offset; `None` for a text that is of somebody else.
    pub(crate) fn read(first: i64, text: &str) -> Option<Self> {
        let bits = BASE64.decode(text.strip_prefix(SHAPE)?).ok()?;
        let is_whole = bits.len() as i64 * BITS <= SPAN_MAX;
        is_whole.then_some(Self { first, bits })
    }

    /// The text; none where nothing is done beyond.
    pub(crate) fn text(&self) -> Option<String> {
        let used = self.bits.iter().rposition(|byte| *byte != 0)? + 1;
        let used = self.bits.get(..used)?;
        Some(format!("{SHAPE}{}", BASE64.encode(used)))
    }

    pub(crate) fn add(&mut self, offset: i64) {
        let Some((byte, bit)) = self.place(offset) else {
            return;
        };
        if self.bits.len() <= byte {
            self.bits.resize(byte + 1, 0);
        }
        if let Some(byte) = self.bits.get_mut(byte) {
            *byte |= bit;
        }
    }

    pub(crate) fn remove(&mut self, offset: i64) {
        if let Some((byte, bit)) = self.place(offset)
            && let Some(byte) = self.bits.get_mut(byte)
        {
            *byte &= !bit;
        }
    }

    pub(crate) fn has(&self, offset: i64) -> bool {
        let place = self.place(offset);
        place.is_some_and(|(byte, bit)| self.bits.get(byte).is_some_and(|byte| byte & bit != 0))
    }

    /// One past the last offset it could tell of.
    pub(crate) fn end(&self) -> i64 {
        self.first + self.bits.len() as i64 * BITS
    }

    fn place(&self, offset: i64) -> Option<(usize, u8)> {
        let beyond = offset.checked_sub(self.first)?;
        if !(0..SPAN_MAX).contains(&beyond) {
            return None;
        }
        Some((usize::try_from(beyond / BITS).ok()?, 1 << (beyond % BITS)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_text_fits_beside_an_offset() {
        let mut acked = Acked::all(7, 7);
        (7..7 + SPAN_MAX).for_each(|offset| acked.add(offset));
        let text = acked.text().unwrap();
        assert!(text.len() <= kafka::METADATA_BYTES_MAX, "{}", text.len());
        acked.add(7 + SPAN_MAX);
        acked.add(6);
        assert_eq!(acked.text().unwrap(), text);
    }

    #[test]
    fn a_text_of_somebody_else_tells_nothing() {
        for text in ["", "a1:?", "a2:AA", "{\"plan\":1}"] {
            assert_eq!(Acked::read(0, text), None, "{text}");
        }
        assert_eq!(Acked::read(0, &format!("a1:{}", "A".repeat(2_800))), None);
        assert_eq!(Acked::all(4, 4).text(), None);
    }

    proptest! {
        #[test]
        fn all_but_some_is_each_of_the_others(
            first in 0_i64..1 << 40,
            count in 0..SPAN_MAX + 20,
            open in prop::collection::btree_set(0..SPAN_MAX, 0..50),
        ) {
            let mut acked = Acked::all(first, first + count);
            for beyond in &open {
                acked.remove(first + beyond);
            }
            for beyond in 0..SPAN_MAX + 20 {
                let is_done = beyond < count.min(SPAN_MAX) && !open.contains(&beyond);
                prop_assert_eq!(acked.has(first + beyond), is_done, "{}", beyond);
            }
        }

        #[test]
        fn what_is_written_is_read(first in 0_i64..1 << 40, done in prop::collection::btree_set(0..SPAN_MAX, 1..200)) {
            let mut acked = Acked::all(first, first);
            for beyond in &done {
                acked.add(first + beyond);
            }
            let again = Acked::read(first, &acked.text().unwrap()).unwrap();
            for beyond in 0..SPAN_MAX {
                prop_assert_eq!(again.has(first + beyond), done.contains(&beyond));
            }
            prop_assert!(again.end() > first + done.last().unwrap());
            prop_assert!(!again.has(first - 1) && !again.has(first + SPAN_MAX));
        }
    }
}
