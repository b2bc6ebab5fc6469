//! What a segment's bytes hold: its whole frames in order, what is damaged between them, and how it ends.
//!
//! Pure. Reading goes on behind damage at the next frame that is whole.

use std::ops::Range;

use super::frame::{Frame, HEAD_BYTES, Salt};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whole frames, heads included.
    pub(super) frames: Vec<Range<usize>>,
    /// Bytes that are no whole frame and were not just being written.
    pub(super) damaged: Vec<Range<usize>>,
    /// Where a frame begins that was being written when the writer ended; its sender got no answer.
    pub(super) torn_at: Option<usize>,
}

pub(super) fn scan(salt: Salt, bytes: &[u8]) -> Scan {
    let mut found = Scan::default();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let end = match salt.look(rest) {
            Frame::Whole(body) => {
                let end = at + HEAD_BYTES + body.len();
                found.frames.push(at..end);
                end
            }
            look => match salt.find(bytes, at + 1) {
                Some(next) => {
                    found.damaged.push(at..next);
                    next
                }
                None if look == Frame::Cut => {
                    found.torn_at = Some(at);
                    break;
                }
                None => {
                    found.damaged.push(at..bytes.len());
                    break;
                }
            },
        };
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    const SALT: Salt = Salt(0x0123_4567_89AB_CDEF);

    fn written(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for body in bodies {
            SALT.put(body, &mut bytes);
        }
        bytes
    }

    fn bodies(bytes: &[u8], scan: &Scan) -> Vec<Vec<u8>> {
        let body = |frame: &Range<usize>| bytes[frame.start + HEAD_BYTES..frame.end].to_vec();
        scan.frames.iter().map(body).collect()
    }

    fn some_bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 1..12)
    }

    proptest! {
        #[test]
        fn any_cut_leaves_a_prefix_of_the_records_and_no_damage(bodies_in in some_bodies(), cut in any::<prop::sample::Index>()) {
            let bytes = written(&bodies_in);
            let bytes = &bytes[..cut.index(bytes.len() + 1)];
            let found = scan(SALT, bytes);
            let read = bodies(bytes, &found);
            prop_assert_eq!(&read[..], &bodies_in[..read.len()]);
            prop_assert!(found.damaged.is_empty());
            let whole = found.frames.last().map_or(0, |frame| frame.end);
            prop_assert_eq!(found.torn_at, (whole < bytes.len()).then_some(whole));
        }

        #[test]
        fn any_flipped_byte_is_noticed_and_all_other_records_survive(
            bodies_in in some_bodies(), at in any::<prop::sample::Index>(), flip in 1_u8..
        ) {
            let mut bytes = written(&bodies_in);
            let at = at.index(bytes.len());
            let intact = scan(SALT, &bytes);
            let hit = intact.frames.iter().position(|frame| frame.contains(&at)).unwrap();
            bytes[at] ^= flip;
            let found = scan(SALT, &bytes);
            let mut expected = bodies_in;
            expected.remove(hit);
            prop_assert_eq!(bodies(&bytes, &found), expected);
            prop_assert!(found.damaged.len() == 1 || found.torn_at.is_some());
        }

        #[test]
        fn zeros_at_the_end_are_a_torn_tail(bodies_in in some_bodies(), zeros in 1_usize..64) {
            let mut bytes = written(&bodies_in);
            let whole = bytes.len();
            bytes.resize(whole + zeros, 0);
            let found = scan(SALT, &bytes);
            prop_assert_eq!((found.frames.len(), found.torn_at), (bodies_in.len(), Some(whole)));
        }
    }

    #[test]
    fn a_body_that_holds_a_frame_of_another_segment_brings_no_record_in() {
        let mut forged = Vec::new();
        Salt(7).put(b"forged", &mut forged);
        let mut bytes = written(&[forged, b"next".to_vec()]);
        // The outer record is damaged, so its body is searched for the next one.
        bytes[HEAD_BYTES - 1] ^= 1;
        let found = scan(SALT, &bytes);
        assert_eq!(bodies(&bytes, &found), [b"next".to_vec()]);
    }
}
