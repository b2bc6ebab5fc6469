//! The collector's own count, held against what is in the archives or on its way there.
//!
//! A collector gives each accepted POST the next number of its life and says with each heartbeat how many it accepted by
//! source and minute. An event that it answered and lost is in no topic; what is left of it is a count that is one too high.

use std::collections::{BTreeMap, HashMap, HashSet};

use warehouse::Param;

use crate::Error;
use crate::asked::Asked;
use crate::report::{Collector, Hole, YOUNG_MICRO};
use crate::tail::{Minute, Tail};

const COLLECTORS: &str = include_str!("../sql/collectors.sql");
const HEARTBEATS: &str = include_str!("../sql/heartbeats.sql");
const NUMBERS: &str = include_str!("../sql/numbers.sql");
const GAPS: &str = include_str!("../sql/gaps.sql");

const SECOND: i64 = 1_000_000;
const MINUTE_SECONDS: i64 = 60;
/// A body may take so long from its arrival to its number.
const NUMBERED_WITHIN_SECONDS: i64 = 2 * MINUTE_SECONDS;
/// Holes that are listed, oldest first.
const HOLES_MAX: usize = 1_000;
/// Holes whose numbers are looked for.
const NUMBERED_HOLES_MAX: usize = 20;

/// Numbers of accepted events by life of a collector, source and minute.
type Counts = BTreeMap<Minute, u64>;
/// A run of numbers that lack, and when their neighbours arrived (microseconds).
type Gap = (u64, u64, i64, i64);
type Boot = (String, String);

/// The collectors of the period, and what they accepted that is nowhere.
pub(crate) async fn check(asked: &Asked<'_>, tail: &Tail) -> Result<(Vec<Collector>, Vec<Hole>), Error> {
    let minutes = Minutes::of(asked.question.since_micro, asked.question.now_micro);
    let told = told(asked, minutes).await?;
    let archived = archived(asked, minutes, &tail.numbers).await?;
    let mut holes = holes(&told, &archived);
    holes.truncate(HOLES_MAX);
    let unanswered = spoken(asked, minutes).await?;
    for hole in holes.iter_mut().take(NUMBERED_HOLES_MAX) {
        let boot = (hole.instance.clone(), hole.boot.clone());
        let left: Vec<(u64, u64)> = unanswered
            .get(&boot)
            .map(|(_, left)| left.iter().filter_map(|range| read_range(range)).collect())
            .unwrap_or_default();
        hole.numbers = lacking(&gaps(asked, hole).await?, hole.minute, &left);
    }
    Ok((stands(&unanswered, &told, &archived), holes))
}

/// The minutes that can be judged, in seconds since 1970: whole ones that ended a while ago, since a count and the events
/// it counts are not in the archives in the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Minutes {
    from: i64,
    to: i64,
}

impl Minutes {
    fn of(since_micro: i64, now_micro: i64) -> Self {
        let minute = |micro: i64| micro.div_euclid(MINUTE_SECONDS * SECOND) * MINUTE_SECONDS;
        Self {
            from: minute(since_micro + MINUTE_SECONDS * SECOND - 1),
            to: minute(now_micro - YOUNG_MICRO),
        }
    }
}

/// What the heartbeats say.
async fn told(asked: &Asked<'_>, minutes: Minutes) -> Result<Counts, Error> {
    let parameters = [
        ("from", Param::Int(minutes.from)),
        ("to", Param::Int(minutes.to)),
        ("source", asked.source()),
    ];
    counts(asked, HEARTBEATS, &parameters).await
}

/// What the archives have, and what is on its way there.
async fn archived(
    asked: &Asked<'_>,
    minutes: Minutes,
    moving: &HashMap<Minute, HashSet<u64>>,
) -> Result<Counts, Error> {
    let mut parameters = asked.offsets();
    parameters.extend([
        ("from", Param::Int(minutes.from * SECOND)),
        ("to", Param::Int(minutes.to * SECOND)),
        ("source", asked.source()),
    ]);
    let mut archived = counts(asked, NUMBERS, &parameters).await?;
    for (minute, numbers) in moving {
        if (minutes.from..minutes.to).contains(&minute.3) {
            *archived.entry(minute.clone()).or_default() += numbers.len() as u64;
        }
    }
    Ok(archived)
}

async fn counts(asked: &Asked<'_>, sql: &str, parameters: &[(&str, Param)]) -> Result<Counts, Error> {
    let rows: Vec<(String, String, String, i64, u64)> = asked.select(sql, parameters).await?;
    let keyed = rows.into_iter();
    Ok(keyed
        .map(|(instance, boot, source, minute, count)| ((instance, boot, source, minute), count))
        .collect())
}

/// When each collector spoke last, and the numbers it left without a 2xx.
async fn spoken(asked: &Asked<'_>, minutes: Minutes) -> Result<BTreeMap<Boot, (i64, Vec<String>)>, Error> {
    let rows: Vec<(String, String, i64, Vec<String>)> = asked
        .select(COLLECTORS, &[("from", Param::Int(minutes.from))])
        .await?;
    Ok(rows
        .into_iter()
        .map(|(instance, boot, at_micro, unanswered)| ((instance, boot), (at_micro, unanswered)))
        .collect())
}

/// Minutes in which less arrived than was accepted. More may arrive: a number that was not answered may be there.
fn holes(told: &Counts, archived: &Counts) -> Vec<Hole> {
    let lacking = |(minute, accepted): (&Minute, &u64)| {
        let there = archived.get(minute).copied().unwrap_or_default();
        let (instance, boot, source, start) = minute.clone();
        (there < *accepted).then(|| Hole {
            source,
            minute: start,
            instance,
            boot,
            events: accepted - there,
            numbers: Vec::new(),
        })
    };
    let mut holes: Vec<Hole> = told.iter().filter_map(lacking).collect();
    holes.sort_by(|one, other| (one.minute, &one.source).cmp(&(other.minute, &other.source)));
    holes
}

async fn gaps(asked: &Asked<'_>, hole: &Hole) -> Result<Vec<Gap>, Error> {
    let parameters = [
        (
            "from",
            Param::Int((hole.minute - NUMBERED_WITHIN_SECONDS) * SECOND),
        ),
        (
            "to",
            Param::Int((hole.minute + MINUTE_SECONDS + NUMBERED_WITHIN_SECONDS) * SECOND),
        ),
        ("instance", hole.instance.as_str().into()),
        ("boot", hole.boot.as_str().into()),
    ];
    asked.select(GAPS, &parameters).await
}

/// The gaps that a minute may have lost its events in: their neighbours arrived before its end and after its start.
fn lacking(gaps: &[Gap], minute: i64, unanswered: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let (start, end) = (minute * SECOND, (minute + MINUTE_SECONDS) * SECOND);
    let near = gaps
        .iter()
        .filter(|(_, _, after, before)| *after < end && *before >= start);
    near.flat_map(|(first, last, ..)| without((*first, *last), unanswered))
        .collect()
}

/// What is left of a range without these.
fn without((first, last): (u64, u64), ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut left = vec![(first, last)];
    for (from, to) in ranges {
        let cut = left.into_iter().flat_map(|(first, last)| {
            let before = (first, last.min(from.saturating_sub(1)));
            let after = (first.max(to.saturating_add(1)), last);
            if to < &first || from > &last {
                vec![(first, last)]
            } else {
                vec![before, after]
            }
        });
        left = cut.filter(|(first, last)| first <= last).collect();
    }
    left
}

fn read_range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn stands(spoken: &BTreeMap<Boot, (i64, Vec<String>)>, told: &Counts, archived: &Counts) -> Vec<Collector> {
    let of = |counts: &Counts, boot: &Boot| {
        let own = counts
            .iter()
            .filter(|((instance, life, ..), _)| (instance, life) == (&boot.0, &boot.1));
        own.map(|(_, count)| count).sum()
    };
    let stand = |(boot, (heartbeat_at_micro, _)): (&Boot, &(i64, Vec<String>))| Collector {
        instance: boot.0.clone(),
        boot: boot.1.clone(),
        heartbeat_at_micro: *heartbeat_at_micro,
        accepted: of(told, boot),
        archived: of(archived, boot),
    };
    spoken.iter().map(stand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(source: &str, minute: i64) -> Minute {
        ("0".to_owned(), "b".to_owned(), source.to_owned(), minute)
    }

    #[test]
    fn a_count_that_is_too_high_names_its_source_and_minute() {
        let told = Counts::from([
            (minute("crm", 60), 10),
            (minute("erp", 60), 3),
            (minute("crm", 120), 4),
        ]);
        let archived = Counts::from([
            (minute("crm", 60), 10),
            (minute("erp", 60), 1),
            (minute("crm", 120), 5),
        ]);
        let found = holes(&told, &archived);
        let places: Vec<_> = found
            .iter()
            .map(|hole| (hole.source.as_str(), hole.minute, hole.events))
            .collect();
        assert_eq!(places, [("erp", 60, 2)]);
    }

    #[test]
    fn only_whole_minutes_that_ended_a_while_ago_are_judged() {
        let judged = Minutes::of(61 * SECOND, 250 * SECOND);
        assert_eq!(judged, Minutes { from: 120, to: 180 });
        assert_eq!(
            Minutes::of(60 * SECOND, 240 * SECOND),
            Minutes { from: 60, to: 180 }
        );
    }

    #[test]
    fn numbers_that_were_not_answered_are_no_gap() {
        let gaps = [
            (5, 9, 61 * SECOND, 62 * SECOND),
            (40, 40, 300 * SECOND, 301 * SECOND),
        ];
        assert_eq!(lacking(&gaps, 60, &[(6, 7)]), [(5, 5), (8, 9)]);
        assert_eq!(lacking(&gaps, 60, &[(1, 100)]), []);
        assert_eq!(lacking(&gaps, 240, &[]), []);
        assert_eq!(read_range("3-9"), Some((3, 9)));
    }
}
