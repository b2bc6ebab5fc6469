//! A record for Kafka as bytes, and back; nothing of it is lost, also not where it goes.
//!
//! The checksum is the frame's: what does not read back here was written by another version.

use kafka::{Outgoing, Placement, RecordHeaders, Topic};

/// Of this layout.
const VERSION: u8 = 1;
const BY_TEXT: u8 = 0;
const BY_NUMBER: u8 = 1;
const TOMBSTONE: u8 = 0;
const VALUE: u8 = 1;

/// A record, and when it came into the spool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spooled {
    pub(crate) at_micro: i64,
    pub(crate) record: Outgoing,
}

pub(super) fn write(record: &Outgoing, at_micro: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(record.bytes());
    out.push(VERSION);
    out.extend_from_slice(&at_micro.to_le_bytes());
    put(&mut out, record.topic.short().as_bytes());
    match &record.placement {
        Placement::By(text) => {
            out.push(BY_TEXT);
            put(&mut out, text.as_bytes());
        }
        Placement::Partition(partition) => {
            out.push(BY_NUMBER);
            out.extend_from_slice(&partition.to_le_bytes());
        }
    }
    put(&mut out, &record.key);
    match &record.payload {
        None => out.push(TOMBSTONE),
        Some(value) => {
            out.push(VALUE);
            put(&mut out, value);
        }
    }
    out.extend_from_slice(&(record.headers.len() as u32).to_le_bytes());
    for (name, value) in &record.headers {
        put(&mut out, name.as_bytes());
        put(&mut out, value);
    }
    out
}

/// `None`: not a record of this layout.
pub(super) fn read(mut bytes: &[u8]) -> Option<Spooled> {
    let rest = &mut bytes;
    if take(rest)? != [VERSION] {
        return None;
    }
    let at_micro = i64::from_le_bytes(take(rest)?);
    let topic = Topic::from_short(&text(rest)?)?;
    let placement = match take(rest)? {
        [BY_TEXT] => Placement::By(text(rest)?),
        [BY_NUMBER] => Placement::Partition(i32::from_le_bytes(take(rest)?)),
        _ => return None,
    };
    let key = part(rest)?.to_vec();
    let payload = match take(rest)? {
        [TOMBSTONE] => None,
        [VALUE] => Some(part(rest)?.to_vec()),
        _ => return None,
    };
    let count = u32::from_le_bytes(take(rest)?);
    let mut headers = RecordHeaders::new();
    for _ in 0..count {
        headers.push(&text(rest)?, part(rest)?);
    }
    let record = Outgoing {
        topic,
        placement,
        key,
        payload,
        headers,
    };
    rest.is_empty().then_some(Spooled { at_micro, record })
}

fn put(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u32).to_le_bytes());
    out.extend_from_slice(part);
}

fn take<const BYTES: usize>(rest: &mut &[u8]) -> Option<[u8; BYTES]> {
    let (taken, left) = rest.split_first_chunk::<BYTES>()?;
    *rest = left;
    Some(*taken)
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(part(rest)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::frame::{Frame, Salt};
    use super::*;

    fn any_record() -> impl Strategy<Value = Outgoing> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..200);
        let placement = prop_oneof![
            ".{0,20}".prop_map(Placement::By),
            any::<i32>().prop_map(Placement::Partition)
        ];
        let headers = prop::collection::vec((".{0,20}", bytes()), 0..8);
        let topic = prop::sample::select(Topic::ALL.to_vec());
        (topic, placement, bytes(), prop::option::of(bytes()), headers).prop_map(
            |(topic, placement, key, payload, headers)| Outgoing {
                topic,
                placement,
                key,
                payload,
                headers: headers.into_iter().collect(),
            },
        )
    }

    proptest! {
        #[test]
        fn a_record_reads_back_as_it_was(record in any_record(), at_micro in any::<i64>()) {
            let bytes = write(&record, at_micro);
            prop_assert_eq!(read(&bytes), Some(Spooled { at_micro, record }));
        }

        #[test]
        fn a_part_of_a_record_or_more_than_one_is_none(record in any_record(), cut in any::<prop::sample::Index>()) {
            let mut bytes = write(&record, 0);
            prop_assert_eq!(read(&bytes[..cut.index(bytes.len())]), None);
            bytes.push(0);
            prop_assert_eq!(read(&bytes), None);
        }
    }

    #[test]
    fn bytes_that_nobody_wrote_are_read_without_harm() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/spool");
        let length = fuzz::Length {
            inputs: 20_000,
            at_least: std::time::Duration::ZERO,
        };
        let salt = Salt(7);
        fuzz::Corpus::read(&folder).unwrap().run(7, length, |bytes| {
            if let Some(Spooled { at_micro, record }) = read(bytes) {
                assert_eq!(
                    write(&record, at_micro),
                    bytes,
                    "what is read is all that is there"
                );
            }
            // As a frame of a segment, whole and with what nobody wrote before and behind it.
            let mut segment = bytes.to_vec();
            let at = segment.len();
            let length = salt.put(bytes, &mut segment);
            segment.extend_from_slice(bytes);
            assert_eq!(salt.find(&segment, 0), Some(at));
            assert_eq!(salt.look(&segment[at..at + length]), Frame::Whole(bytes));
        });
    }
}
