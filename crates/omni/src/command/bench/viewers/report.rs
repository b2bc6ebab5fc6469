//! What a run found: how long a change took to the screen, and what it cost.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::browser::Painted;
use super::light::{Counters, Lights};
use super::{Crowd, PROBE_VALUE, Probe};
use crate::command::bench::figures::Latencies;
use crate::command::bench::processes::Reading;

const VALUE: &str = "won_value";
pub(super) const BY_SOURCE: &str = "won_by_source";
/// A panel that is painted less often than once in so many seconds is not told of: its inserts mostly changed nothing.
const SELDOM_SECONDS: u64 = 10;
const MIB: f64 = 1024.0 * 1024.0;

/// What happened on both ends.
#[derive(Debug)]
pub(super) struct Seen<'s> {
    pub(super) probes: &'s [Probe],
    pub(super) painted: &'s [Painted],
    /// When inserts were acknowledged while measuring, microseconds since 1970, in their order.
    pub(super) acknowledged: &'s [i64],
}

/// Printed whole.
#[derive(Debug)]
pub(super) struct Report(String);

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Report {
    pub(super) fn new(
        of: &Crowd,
        seen: &Seen<'_>,
        lights: &Lights,
        (before, after): (&Reading, &Reading),
        (counted, then): &(Counters, Counters),
    ) -> Result<Self> {
        let mut out = String::new();
        let seconds = of.seconds as f64;
        writeln!(
            out,
            "{} deals, {} webhooks/s for {} s after warm-up, {} viewers{}",
            of.account.deals,
            of.rate,
            of.seconds,
            of.viewers,
            if of.browser.is_some() {
                " and a Chromium"
            } else {
                ""
            }
        )?;
        for (panel, per_probe) in [(VALUE, PROBE_VALUE as f64), (BY_SOURCE, 1.0)] {
            if of.browser.is_some() {
                let latencies = reached(seen, panel, per_probe)?;
                writeln!(out, "POST -> painted {panel:<16} {latencies}")?;
            }
        }
        out.push_str(&landed(seen, of.seconds)?);
        let (behind, answers, bytes, ended) = lights.figures();
        writeln!(
            out,
            "viewers behind the first  {behind}   streams that ended {ended}"
        )?;
        writeln!(
            out,
            "each viewer               {:.1} answers a second, {:.1} KiB a second",
            answers as f64 / seconds / of.viewers as f64,
            bytes as f64 / 1024.0 / seconds / of.viewers as f64
        )?;
        writeln!(
            out,
            "questions to ClickHouse   {:.1} a second, {:.2} s of its time a second; from the cache or shared {:.1} a second",
            (then.queries - counted.queries) / seconds,
            (then.query_seconds - counted.query_seconds) / seconds,
            (then.cache_hits - counted.cache_hits) / seconds
        )?;
        writeln!(out, "{:<16}{:>10}{:>16}", "process", "cores", "resident")?;
        for (name, used) in &after.processes {
            writeln!(
                out,
                "{name:<16}{:>10.2}{:>12.1} MiB",
                after.cpu_since(before, name).as_secs_f64() / seconds,
                used.resident_bytes as f64 / MIB
            )?;
        }
        writeln!(
            out,
            "others' CPU     {:.1} % of the machine",
            after.others_share_since(before) * 100.0
        )?;
        Ok(Self(out))
    }
}

/// From when each probe was due until the number that holds it was on the screen.
fn reached(seen: &Seen<'_>, panel: &str, per_probe: f64) -> Result<Latencies> {
    let mut latencies = Latencies::new()?;
    let mut painted = seen.painted.iter().filter(|seen| seen.panel == panel).peekable();
    let held = |seen: &Painted| seen.reads.map_or(0.0, |reads| (reads / per_probe).floor());
    let first_due = seen.probes.first().map_or(0, |probe| probe.due_micro);
    // Those of an earlier run.
    let already = painted
        .clone()
        .take_while(|seen| seen.at_ms * 1_000.0 < first_due as f64);
    let already = already.last().map_or(0.0, held);
    for (before, probe) in seen.probes.iter().enumerate() {
        let holds = |seen: &&Painted| held(seen) > already + before as f64;
        while painted.next_if(|seen| !holds(seen)).is_some() {}
        // The last may be painted after the run has been told so.
        if let Some(seen) = painted.peek().filter(|_| probe.measured) {
            latencies.record(since(seen.at_ms, probe.due_micro));
        }
    }
    Ok(latencies)
}

/// For each panel that moved all the time: from the first insert that an answer on the screen did not hold until the next
/// answer was painted. So an insert that changed nothing makes the figure worse, not better.
fn landed(seen: &Seen<'_>, seconds: u64) -> Result<String> {
    let mut panels: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
    for painted in seen.painted {
        let answers = panels.entry(&painted.panel).or_default();
        if let Ok(asked_micro) = stage::clock::parse_rfc3339_micro(&painted.as_of)
            && answers.last().is_none_or(|(last, _)| *last < asked_micro)
        {
            answers.push((asked_micro, painted.at_ms));
        }
    }
    let mut out = String::new();
    for (panel, answers) in panels {
        if (answers.len() as u64) < seconds / SELDOM_SECONDS {
            continue;
        }
        let mut latencies = Latencies::new()?;
        for (before, after) in answers.iter().zip(answers.iter().skip(1)) {
            let next = seen.acknowledged.partition_point(|at| *at <= before.0);
            if let Some(at) = seen.acknowledged.get(next).filter(|at| **at <= after.0) {
                latencies.record(since(after.1, *at));
            }
        }
        writeln!(
            out,
            "insert -> painted {panel:<20} {latencies}   {} times",
            answers.len()
        )?;
    }
    Ok(out)
}

fn since(at_ms: f64, from_micro: i64) -> Duration {
    let micro = at_ms * 1_000.0 - from_micro as f64;
    Duration::from_secs_f64(micro.max(0.0) / 1_000_000.0)
}
