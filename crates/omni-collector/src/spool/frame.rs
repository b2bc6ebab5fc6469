//! A frame: how one record stands in a segment, so that a damaged one is noticed and the next is found.
//!
//! Mark (8 bytes), length of the body (4, little endian), checksum of length and body (8), body. Mark and checksum
//! depend on the segment's salt, which no sender knows: a body that looks like a frame is none.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes before the body.
pub(super) const HEAD_BYTES: usize = 20;
const MARK_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;

/// A segment's own number, part of its name: damage inside the file cannot reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt(pub(super) u64);

/// What begins at some byte of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A whole one, as it was written.
    Whole(&'a [u8]),
    /// A frame that the file ends in the middle of, or nothing but zeros: it was being written.
    Cut,
    /// Anything else.
    Damaged,
}

impl Salt {
    fn mark(self) -> [u8; MARK_BYTES] {
        // Not zero even for a salt of zero, or zeros would be marks.
        (self.0 ^ 0xF5_4F_4D_4E_49_0D_0A_A7).to_le_bytes()
    }

    fn checksum(self, length: [u8; LENGTH_BYTES], body: &[u8]) -> [u8; 8] {
        let seed = self.0 ^ u64::from(u32::from_le_bytes(length));
        xxh3_64_with_seed(body, seed).to_le_bytes()
    }

    /// Adds a frame; gives how many bytes it takes.
    pub(super) fn put(self, body: &[u8], into: &mut Vec<u8>) -> usize {
        let length = (body.len() as u32).to_le_bytes();
        into.extend_from_slice(&self.mark());
        into.extend_from_slice(&length);
        into.extend_from_slice(&self.checksum(length, body));
        into.extend_from_slice(body);
        HEAD_BYTES + body.len()
    }

    /// Looks at what these bytes begin with.
    pub(super) fn look(self, bytes: &[u8]) -> Frame<'_> {
        let Some((mark, rest)) = bytes.split_first_chunk::<MARK_BYTES>() else {
            let is_begun = self.mark().starts_with(bytes) || is_zero(bytes);
            return if is_begun { Frame::Cut } else { Frame::Damaged };
        };
        if *mark != self.mark() {
            return if is_zero(bytes) {
                Frame::Cut
            } else {
                Frame::Damaged
            };
        }
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
            return Frame::Cut;
        };
        let Some((checksum, rest)) = rest.split_first_chunk::<8>() else {
            return Frame::Cut;
        };
        match rest.get(..u32::from_le_bytes(*length) as usize) {
            Some(body) if *checksum == self.checksum(*length, body) => Frame::Whole(body),
            Some(_) => Frame::Damaged,
            None => Frame::Cut,
        }
    }

    /// Where the next whole frame begins, from `from` on.
    pub(super) fn find(self, bytes: &[u8], mut from: usize) -> Option<usize> {
        let mark = self.mark();
        loop {
            let rest = bytes.get(from..)?;
            from += rest.windows(MARK_BYTES).position(|window| window == mark)?;
            if matches!(self.look(bytes.get(from..)?), Frame::Whole(_)) {
                return Some(from);
            }
            from += 1;
        }
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
