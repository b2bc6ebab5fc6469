//! What happened between two looks, as lines. Pure.

use std::collections::VecDeque;

use event::moment;

use super::between::{Between, Stage};
use crate::command::span::span;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A group that is less behind is not listed.
const RECORDS_MIN: f64 = 1.0;
const MIB: f64 = 1_048_576.0;

/// The lines, for a width of 100.
pub(super) fn lines(between: &Between, rates: &VecDeque<f64>, now_micro: i64) -> Vec<String> {
    let now = moment::to_rfc3339(now_micro);
    let mut lines = vec![
        format!(
            "omni top   {} UTC   rates of the last {}",
            now.get(..19).unwrap_or(&now).replace('T', " "),
            span(between.seconds)
        ),
        format!("accepted   {:.1}/s  {}", between.accepted(), sparkline(rates)),
        String::new(),
        format!(
            "{:<12}{:>6}{:>12}{:>12}{:>11}{:>11}{:>8}{:>12}",
            "STAGE", "READY", "EVENTS/S", "REJECTED/S", "AGE P50", "AGE P99", "CORES", "MEMORY"
        ),
    ];
    lines.extend(between.stages.iter().map(|(name, stage)| stage_line(name, stage)));
    lines.push(format!("{:<12}{:.0} open", "dashboards", between.viewers));
    section(
        &mut lines,
        "WAITING  (each stage looks every 15 s)",
        waiting(between),
    );
    section(&mut lines, "SOURCE", sources(between, now_micro));
    section(&mut lines, "REFUSED", refused(between));
    section(&mut lines, "DESTINATION", destinations(between));
    section(&mut lines, "TABLE", rows(between));
    lines
}

fn section(lines: &mut Vec<String>, title: &str, own: Vec<String>) {
    if own.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(title.to_owned());
    lines.extend(own);
}

fn stage_line(name: &str, stage: &Stage) -> String {
    let ready = format!("{}/{}", stage.ready, stage.instances);
    let (half, most) = match stage.age {
        Some((half, most)) => (fine(half), fine(most)),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let memory = format!("{:.0} MiB", stage.memory / MIB);
    format!(
        "{name:<12}{ready:>6}{:>12.1}{:>12.1}{half:>11}{most:>11}{:>8.2}{memory:>12}",
        stage.events, stage.rejected, stage.cores
    )
}

/// Under a second in milliseconds.
fn fine(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1_000.0)
    } else {
        span(seconds)
    }
}

fn waiting(between: &Between) -> Vec<String> {
    let behind = between
        .waiting
        .iter()
        .filter(|(_, (records, _))| *records >= RECORDS_MIN);
    behind
        .map(|(group, (records, age))| format!("  {group:<40}{records:>12.0} records{:>14}", span(*age)))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a time in seconds")]
fn sources(between: &Between, now_micro: i64) -> Vec<String> {
    let line = |(source, (accepted, last)): (&String, &(f64, f64))| {
        let ago = match last {
            last if *last > 0.0 => format!(
                "last event {} ago",
                span((now_micro as f64 / 1e6 - last).max(0.0))
            ),
            _ => String::new(),
        };
        format!("  {source:<40}{accepted:>12.1}/s   {ago}")
    };
    between.sources.iter().map(line).collect()
}

fn refused(between: &Between) -> Vec<String> {
    let some = between.refused.iter().filter(|(_, rate)| **rate > 0.0);
    some.map(|(why, rate)| format!("  {why:<40}{rate:>12.1}/s"))
        .collect()
}

fn destinations(between: &Between) -> Vec<String> {
    let line = |(name, outcomes): (&String, &std::collections::BTreeMap<String, f64>)| {
        let told = outcomes.iter().filter(|(_, rate)| **rate > 0.0);
        let told: Vec<String> = told
            .map(|(outcome, rate)| format!("{rate:.1}/s {outcome}"))
            .collect();
        let told = if told.is_empty() {
            "nothing".to_owned()
        } else {
            told.join(", ")
        };
        format!("  {name:<40}{told}")
    };
    between.deliveries.iter().map(line).collect()
}

fn rows(between: &Between) -> Vec<String> {
    let some = between.rows.iter().filter(|(_, rate)| **rate > 0.0);
    some.map(|(table, rate)| format!("  {table:<40}{rate:>12.1} rows/s"))
        .collect()
}

/// One bar a rate, as high as its part of the highest.
fn sparkline(rates: &VecDeque<f64>) -> String {
    let highest = rates.iter().copied().fold(0.0, f64::max);
    if highest <= 0.0 {
        return String::new();
    }
    let most = f64::from(u8::try_from(BARS.len() - 1).unwrap_or(u8::MAX));
    let bar = |rate: &f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place from 0 to 7"
        )]
        let place = (rate / highest * most).round() as usize;
        BARS.get(place).copied().unwrap_or(' ')
    };
    rates.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_picture_tells_of_all_that_flows_and_fits_a_terminal() {
        let mut between = Between {
            seconds: 2.0,
            stages: vec![(
                "loader",
                Stage {
                    instances: 2,
                    ready: 1,
                    events: 51.25,
                    rejected: 0.5,
                    age: Some((0.12, 2.5)),
                    cores: 0.37,
                    memory: 64.0 * MIB,
                },
            )],
            ..Between::default()
        };
        between.sources.insert("crm".to_owned(), (50.0, 1_799_999_997.0));
        between.waiting.insert("omni-enricher".to_owned(), (12.0, 0.0));
        between.waiting.insert("omni-idle".to_owned(), (0.0, 0.0));
        let outcomes =
            std::collections::BTreeMap::from([("delivered".to_owned(), 9.5), ("retry".to_owned(), 0.0)]);
        between.deliveries.insert("tags".to_owned(), outcomes);
        let text = lines(&between, &VecDeque::from([10.0, 50.0]), 1_800_000_000_000_000).join("\n");
        for part in [
            "accepted   50.0/s  ▂█",
            "loader         1/2        51.2         0.5     120 ms      2.5 s    0.37      64 MiB",
            "omni-enricher",
            "12 records",
            "last event 3.0 s ago",
            "9.5/s delivered",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains("omni-idle") && !text.contains("retry"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
