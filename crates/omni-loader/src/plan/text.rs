//! A plan as the text beside a committed offset, one a partition: at most 4,096 bytes, readable by a person.
//!
//! `plan1 <topic id> <first deadline> <deadline> <schema> <hash> <rows> <verdicts> <ranges of all partitions>`, with
//! `plan1?` when the table must be asked what it has beyond; and `ask1 <topic id> <deadline>` where just that is known.
use std::collections::BTreeMap;

use kafka::offsets::METADATA_BYTES_MAX;

use super::{Log, Plan, Range, Share, Verdicts};

const PLAN: &str = "plan1";
const PLAN_THEN_ASK: &str = "plan1?";
const ASK: &str = "ask1";
/// What a share's text may take besides its verdicts and the ranges of other partitions.
const FRAME_BYTES_MAX: usize = 200;
/// What one range takes: partition, two offsets and what stands between.
const RANGE_BYTES_MAX: usize = 32;
/// Longest name of the rules.
const SCHEMA_BYTES_MAX: usize = 64;

/// What the text of one partition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) schema: String,
    pub(crate) first_deadline: i64,
    pub(crate) deadline: i64,
    /// Of all partitions in the insert.
    pub(crate) ranges: Vec<Range>,
    /// Of the partition whose text it is.
    pub(crate) share: Share,
}

/// Longest text of verdicts when so many partitions share an insert: a batch is closed before it gets longer.
pub(crate) fn verdicts_bytes_max(partitions: usize) -> usize {
    METADATA_BYTES_MAX.saturating_sub(FRAME_BYTES_MAX + partitions * RANGE_BYTES_MAX)
}

/// The texts of a plan, by partition.
pub(crate) fn write(plan: &Plan, log: &Log) -> BTreeMap<i32, String> {
    let ranges: Vec<String> = plan.ranges().iter().map(Range::to_string).collect();
    let ranges = ranges.join(",");
    let schema: String = plan
        .schema
        .chars()
        .filter(char::is_ascii_graphic)
        .take(SCHEMA_BYTES_MAX)
        .collect();
    let text = |share: &Share| {
        format!(
            "{} {} {} {} {} {:016x} {} {} {ranges}",
            if share.is_followed_by_doubt {
                PLAN_THEN_ASK
            } else {
                PLAN
            },
            log.topic_id,
            plan.first_deadline,
            plan.deadline,
            if schema.is_empty() { "-" } else { &schema },
            share.hash,
            share.verdicts.rows(),
            share.verdicts.text(),
        )
    };
    plan.shares
        .iter()
        .map(|(partition, share)| (*partition, text(share)))
        .collect()
}

/// Reads the text that stands beside a partition's offset; `None` when it is no plan for this partition of this log.
pub(crate) fn read(text: &str, log: &Log, partition: i32) -> Option<Told> {
    let mut words = text.split(' ');
    let mut word = || words.next();
    let is_followed_by_doubt = match word()? {
        PLAN => false,
        PLAN_THEN_ASK => true,
        _ => return None,
    };
    if word()? != log.topic_id {
        return None;
    }
    let first_deadline = word()?.parse().ok()?;
    let deadline = word()?.parse().ok()?;
    let schema = word()?.to_owned();
    let hash = u64::from_str_radix(word()?, 16).ok()?;
    let rows: u64 = word()?.parse().ok()?;
    let verdicts = Verdicts::parse(word()?, rows)?;
    let ranges = word()?.split(',').map(range).collect::<Option<Vec<_>>>()?;
    if words.next().is_some() || !ranges.is_sorted_by(|a, b| a.partition < b.partition) {
        return None;
    }
    let own = *ranges.iter().find(|range| range.partition == partition)?;
    let offsets = own.last.checked_sub(own.first)?.checked_add(1)?;
    if verdicts.offsets() != u64::try_from(offsets).ok()? || rows > verdicts.offsets() {
        return None;
    }
    Some(Told {
        schema,
        first_deadline,
        deadline,
        ranges,
        share: Share {
            range: own,
            verdicts,
            hash,
            is_followed_by_doubt,
        },
    })
}

/// What stands beside an offset beyond which the table may have rows that no plan tells of. The insert that brought them
/// may have been under way until then, in milliseconds since 1970 by the server's clock.
pub(crate) fn ask(log: &Log, until: i64) -> String {
    format!("{ASK} {} {until}", log.topic_id)
}

/// Reads what [`ask`] wrote: the deadline.
pub(crate) fn read_ask(text: &str, log: &Log) -> Option<i64> {
    let rest = text.strip_prefix(ASK)?.strip_prefix(' ')?;
    let (topic_id, until) = rest.split_once(' ')?;
    until.parse().ok().filter(|_| topic_id == log.topic_id)
}

fn range(text: &str) -> Option<Range> {
    let (partition, offsets) = text.split_once('/')?;
    let (first, last) = offsets.split_once('-')?;
    let range = Range {
        partition: partition.parse().ok().filter(|partition| *partition >= 0)?,
        first: first.parse().ok().filter(|first| *first >= 0)?,
        last: last.parse().ok()?,
    };
    (range.last >= range.first).then_some(range)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::Verdict;
    use super::*;

    fn log() -> Log {
        Log {
            cluster: "c".into(),
            topic_id: "0192f2a4-0000-4000-8000-000000000001".into(),
        }
    }

    fn share(partition: i32, first: i64, verdicts: &[Verdict]) -> Share {
        let mut packed = Verdicts::default();
        for (place, verdict) in verdicts.iter().enumerate() {
            packed.push(place as i64, *verdict);
        }
        Share {
            range: Range {
                partition,
                first,
                last: first + verdicts.len() as i64 - 1,
            },
            verdicts: packed,
            hash: 0xdead_beef ^ first.unsigned_abs(),
            is_followed_by_doubt: first == 4,
        }
    }

    fn plan(shares: Vec<Share>) -> Plan {
        Plan {
            shares: shares
                .into_iter()
                .map(|share| (share.range.partition, share))
                .collect(),
            schema: "pipedrive-deals/2.0".into(),
            first_deadline: 1_790_000_000_000,
            deadline: 1_790_000_010_000,
        }
    }

    #[test]
    fn each_partition_is_told_its_own_share_and_all_ranges() {
        use Verdict::{In, Out, There};
        let plan = plan(vec![share(0, 17, &[In, In, Out]), share(2, 4, &[There, In])]);
        let texts = write(&plan, &log());
        assert_eq!(
            texts[&2],
            "plan1? 0192f2a4-0000-4000-8000-000000000001 1790000000000 1790000010000 pipedrive-deals/2.0 \
             00000000deadbeeb 1 1t1i 0/17-19,2/4-5"
        );
        for (partition, text) in &texts {
            let told = read(text, &log(), *partition).unwrap();
            assert_eq!(told.share, plan.shares[partition]);
            assert_eq!(told.ranges, plan.ranges());
            assert_eq!(
                (told.first_deadline, told.deadline),
                (plan.first_deadline, plan.deadline)
            );
            assert_eq!(told.schema, plan.schema);
        }
    }

    #[test]
    fn what_is_no_plan_for_this_partition_of_this_log_is_none() {
        use Verdict::In;
        let text = write(&plan(vec![share(0, 17, &[In, In])]), &log())[&0].clone();
        assert!(read(&text, &log(), 0).is_some());
        assert!(read(&text, &log(), 1).is_none());
        let other = Log {
            topic_id: "another".into(),
            ..log()
        };
        assert!(read(&text, &other, 0).is_none());
        for wrong in [
            String::new(),
            "plan1".to_owned(),
            text.replace("plan1", "plan2"),
            text.replace("2i", "3i"),
            text.replace("17-18", "17-19"),
            text.replace("17-18", "18-17"),
            format!("{text} "),
        ] {
            assert_eq!(read(&wrong, &log(), 0), None, "{wrong}");
        }
    }

    #[test]
    fn a_question_is_read_as_one_and_never_as_a_plan() {
        let text = ask(&log(), 17);
        assert_eq!(read_ask(&text, &log()), Some(17));
        assert_eq!(read(&text, &log(), 0), None);
        assert_eq!(read_ask("ask1 another 17", &log()), None);
    }

    #[test]
    fn a_batch_closed_by_its_plan_fits_beside_an_offset() {
        for partitions in [1_usize, 12, 48] {
            let limit = verdicts_bytes_max(partitions);
            let mut shares = Vec::new();
            for partition in 0..partitions {
                let mut packed = Verdicts::default();
                let mut place = 0;
                while packed.text_bytes() + 2 < limit && place < 100_000 {
                    let verdict = if place * 7 % 13 % 2 == 0 {
                        Verdict::In
                    } else {
                        Verdict::Out
                    };
                    packed.push(place, verdict);
                    place += 1;
                }
                let first = 999_999_999_999;
                shares.push(Share {
                    range: Range {
                        partition: partition as i32,
                        first,
                        last: first + place - 1,
                    },
                    verdicts: packed,
                    hash: u64::MAX,
                    is_followed_by_doubt: true,
                });
            }
            for text in write(&plan(shares), &log()).values() {
                assert!(text.len() <= METADATA_BYTES_MAX, "{partitions}: {}", text.len());
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(plan1 |ask1 )?[ -~]{0,200}") {
            let _ = (read(&text, &log(), 0), read_ask(&text, &log()));
        }

        #[test]
        fn no_change_of_one_byte_makes_it_panic_or_claim_more_than_it_reads(at in 0_usize..120, byte in 32_u8..127) {
            let text = write(&plan(vec![share(0, 17, &[Verdict::In, Verdict::Out])]), &log())[&0].clone();
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Some(told) = read(std::str::from_utf8(&bytes).unwrap(), &log(), 0) {
                let offsets = (told.share.range.last - told.share.range.first + 1).unsigned_abs();
                prop_assert_eq!(told.share.verdicts.offsets(), offsets);
            }
        }
    }

    #[test]
    fn texts_that_nobody_wrote_are_read_without_harm() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/plan");
        let length = fuzz::Length {
            inputs: 20_000,
            at_least: std::time::Duration::ZERO,
        };
        fuzz::Corpus::read(&folder).unwrap().run(7, length, |bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return;
            };
            let _ = read_ask(text, &log());
            let Some(told) = read(text, &log(), 2) else {
                return;
            };
            assert!(told.share.range.first <= told.share.range.last);
            let last = told.share.range.last - told.share.range.first;
            assert!(told.share.verdicts.at(last).is_some() && told.share.verdicts.at(last + 1).is_none());
        });
    }
}
