//! Offsets that are done beyond the committed one, as text beside it: who takes the partition over sends them to nobody
//! again.
//!
//! Two shapes, in base64, whichever is shorter: a bitmap from the committed offset on, or the offsets that are still open. A
//! bitmap of [`DENSE_SPAN_MAX`] offsets and a list of [`SPARSE_OPEN_MAX`] both fit into the 4,096 bytes that the broker keeps
//! beside an offset, so few events that wait for hours hold nobody up, and many that are under way find room too.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

/// Offsets between the oldest open one and the newest, at most, however many of them are open: 2,734 bytes.
pub(crate) const DENSE_SPAN_MAX: i64 = 16_384;
/// The same, where at most [`SPARSE_OPEN_MAX`] of them are open: 4,007 bytes.
pub(crate) const SPARSE_SPAN_MAX: i64 = 1 << 20;
pub(crate) const SPARSE_OPEN_MAX: usize = 1_000;

/// Tell the shape of the text: a bit an offset, set where it is done.
const DENSE: &str = "a1:";
/// The end, then the open offsets in their order, each counted from the first in so many bytes.
const SPARSE: &str = "a2:";
const BITS: i64 = 8;
const NUMBER_BYTES: usize = 3;

/// Whether so many offsets, with so many open ones among them, can be told beside an offset.
pub(crate) fn fits(span: i64, open: usize) -> bool {
    span <= DENSE_SPAN_MAX || (span <= SPARSE_SPAN_MAX && open <= SPARSE_OPEN_MAX)
}

/// Which offsets are done: all from a first one up to an end, but for those that are open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Acked {
    first: i64,
    end: i64,
    /// In their order.
    open: Vec<i64>,
}

impl Acked {
    /// `open` are in their order, between the first and the end; what is open at the end is not told.
    pub(crate) fn new(first: i64, mut end: i64, mut open: Vec<i64>) -> Self {
        while open.last().is_some_and(|last| last + 1 == end) {
            open.pop();
            end -= 1;
        }
        Self { first, end, open }
    }

    /// What an earlier life wrote beside this offset; `None` for a text that is of somebody else.
    pub(crate) fn read(first: i64, text: &str) -> Option<Self> {
        let (shape, coded) = text.split_at_checked(DENSE.len())?;
        let bytes = BASE64.decode(coded).ok()?;
        match shape {
            DENSE => read_dense(first, &bytes),
            SPARSE => read_sparse(first, &bytes),
            _ => None,
        }
    }

    /// The text; none where nothing is done beyond.
    pub(crate) fn text(&self) -> Option<String> {
        let span = self.end - self.first;
        if span <= 0 {
            return None;
        }
        let dense_bytes = (span + BITS - 1) / BITS;
        let sparse_bytes = (self.open.len() + 1) * NUMBER_BYTES;
        let is_dense = span <= DENSE_SPAN_MAX && dense_bytes <= sparse_bytes as i64;
        let (shape, bytes) = if is_dense {
            (DENSE, self.dense(dense_bytes as usize))
        } else {
            (SPARSE, self.sparse())
        };
        Some(format!("{shape}{}", BASE64.encode(bytes)))
    }

    pub(crate) fn has(&self, offset: i64) -> bool {
        (self.first..self.end).contains(&offset) && self.open.binary_search(&offset).is_err()
    }

    /// One past the last offset it tells of.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// The open ones from this offset on.
    pub(crate) fn open_from(&self, offset: i64) -> &[i64] {
        let at = self.open.partition_point(|open| *open < offset);
        self.open.get(at..).unwrap_or_default()
    }

    fn dense(&self, length: usize) -> Vec<u8> {
        let mut bits = vec![u8::MAX; length];
        let beyond_end = self.end..self.first + length as i64 * BITS;
        for offset in self.open.iter().copied().chain(beyond_end) {
            let beyond = offset - self.first;
            if let Some(byte) = bits.get_mut((beyond / BITS) as usize) {
                *byte &= !(1 << (beyond % BITS));
            }
        }
        bits
    }

    fn sparse(&self) -> Vec<u8> {
        let numbers = std::iter::once(&self.end).chain(&self.open);
        numbers
            .flat_map(|offset| {
                let [.., a, b, c] = (offset - self.first).to_be_bytes();
                [a, b, c]
            })
            .collect()
    }
}

fn read_dense(first: i64, bits: &[u8]) -> Option<Acked> {
    let span = bits.len() as i64 * BITS;
    let is_done = |beyond: &i64| {
        let byte = bits.get((beyond / BITS) as usize);
        byte.is_some_and(|byte| byte & (1 << (beyond % BITS)) != 0)
    };
    let open = (0..span).filter(|beyond| !is_done(beyond));
    (span <= DENSE_SPAN_MAX)
        .then(|| Acked::new(first, first + span, open.map(|beyond| first + beyond).collect()))
}

fn read_sparse(first: i64, bytes: &[u8]) -> Option<Acked> {
    let (numbers, rest) = bytes.as_chunks::<NUMBER_BYTES>();
    let mut offsets = numbers
        .iter()
        .map(|[a, b, c]| first + i64::from(u32::from_be_bytes([0, *a, *b, *c])));
    let end = offsets.next()?;
    let open: Vec<i64> = offsets.collect();
    let is_in_order = open.is_sorted_by(|a, b| a < b) && open.last().is_none_or(|last| *last < end);
    let is_whole = rest.is_empty() && is_in_order && fits(end - first, open.len());
    is_whole.then(|| Acked::new(first, end, open))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_texts_fit_beside_an_offset() {
        let every_other = (7..7 + DENSE_SPAN_MAX).step_by(2).collect();
        let dense = Acked::new(7, 7 + DENSE_SPAN_MAX, every_other);
        let few = (7..7 + SPARSE_OPEN_MAX as i64).collect();
        let sparse = Acked::new(7, 7 + SPARSE_SPAN_MAX, few);
        for (acked, shape) in [(dense, DENSE), (sparse, SPARSE)] {
            let text = acked.text().unwrap();
            assert!(text.starts_with(shape), "{text}");
            assert!(text.len() <= kafka::METADATA_BYTES_MAX, "{}", text.len());
            assert_eq!(Acked::read(7, &text), Some(acked));
        }
    }

    #[test]
    fn few_open_ones_are_told_by_themselves_however_near() {
        let text = Acked::new(100, 200, vec![100]).text().unwrap();
        assert_eq!(text, format!("{SPARSE}{}", BASE64.encode([0, 0, 100, 0, 0, 0])));
        let text = Acked::new(100, 108, vec![100]).text().unwrap();
        assert_eq!(text, format!("{DENSE}{}", BASE64.encode([0b1111_1110])));
    }

    #[test]
    fn a_text_of_somebody_else_tells_nothing() {
        let out_of_order = format!("{SPARSE}{}", BASE64.encode([0, 0, 9, 0, 0, 4, 0, 0, 2]));
        let beyond_its_end = format!("{SPARSE}{}", BASE64.encode([0, 0, 9, 0, 0, 9]));
        let cut = format!("{SPARSE}{}", BASE64.encode([0, 0, 9, 0]));
        for text in [
            "",
            "a1:?",
            "a2:",
            "a3:AA",
            "{\"plan\":1}",
            &out_of_order,
            &beyond_its_end,
            &cut,
        ] {
            assert_eq!(Acked::read(0, text), None, "{text}");
        }
        assert_eq!(Acked::read(0, &format!("{DENSE}{}", "A".repeat(2_800))), None);
        assert_eq!(Acked::new(4, 4, Vec::new()).text(), None);
        assert_eq!(Acked::new(4, 6, vec![4, 5]).text(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            first in 0_i64..1 << 40,
            span in prop_oneof![1..200_i64, 1..=DENSE_SPAN_MAX, 1..=SPARSE_SPAN_MAX],
            open in prop::collection::vec(any::<prop::sample::Index>(), 0..300),
        ) {
            let open: std::collections::BTreeSet<i64> =
                open.iter().map(|index| first + index.index(span as usize) as i64).collect();
            let acked = Acked::new(first, first + span, open.iter().copied().collect());
            let again = acked.text().and_then(|text| Acked::read(first, &text));
            prop_assert_eq!(again.clone().unwrap_or(Acked::new(first, first, Vec::new())), acked);
            let has = |offset| again.as_ref().is_some_and(|acked| acked.has(offset));
            for offset in open.iter().flat_map(|offset| [offset - 1, *offset, offset + 1]).chain([first, first + span]) {
                let is_done = (first..first + span).contains(&offset) && !open.contains(&offset);
                prop_assert_eq!(has(offset), is_done, "{}", offset - first);
            }
        }
    }
}
