//! The ledger as a person reads it.

use std::fmt::Write as _;

use event::moment;
use ledger::{Cell, Double, Hole, Missing, Report, Row, Sent};

/// What is listed of each kind of fault, unless all is asked for.
pub(super) const LISTED: usize = 20;

const HEADING: [&str; 8] = [
    "hour (UTC)",
    "accepted",
    "loaded",
    "rejected",
    "filtered",
    "in flight",
    "missing",
    "doubled",
];

/// Rows by source, the collectors' own count, what is wrong, and a verdict.
pub(super) fn text(report: &Report, listed: usize) -> String {
    let mut out = String::new();
    rows(&mut out, report, Sent::Live, "events");
    if report.rows.iter().any(|row| row.sent == Sent::Backfill) {
        rows(
            &mut out,
            report,
            Sent::Backfill,
            "history (backfill), counted apart",
        );
    }
    if let Some(oldest) = report.oldest_in_flight_micro {
        let _ = writeln!(
            out,
            "the oldest in flight was received {}\n",
            moment::to_rfc3339(oldest)
        );
    }
    collectors(&mut out, report);
    faults(&mut out, "missing", &report.missing, listed, missing);
    faults(&mut out, "doubled", &report.doubled, listed, doubled);
    faults(
        &mut out,
        "accepted by a collector's own count and in no archive",
        &report.holes,
        listed,
        hole,
    );
    out.push('\n');
    out.push_str(&verdict(report));
    out
}

fn rows(out: &mut String, report: &Report, sent: Sent, title: &str) {
    let _ = writeln!(out, "{title} since {}", short(report.since_micro));
    let own: Vec<&Row> = report.rows.iter().filter(|row| row.sent == sent).collect();
    if own.is_empty() {
        out.push_str("  none\n\n");
        return;
    }
    let mut source = "";
    for row in own {
        if row.source != source {
            source = &row.source;
            let _ = writeln!(
                out,
                "  {}",
                if source.is_empty() { "(no source)" } else { source }
            );
            line(out, &HEADING.map(str::to_owned));
        }
        line(out, &cells(&hour(row.hour), &row.cell));
    }
    line(out, &cells("all", &report.total(sent)));
    out.push('\n');
}

fn cells(name: &str, cell: &Cell) -> [String; 8] {
    let number = |number: u64| number.to_string();
    [
        name.to_owned(),
        number(cell.accepted),
        number(cell.loaded),
        number(cell.rejected),
        number(cell.filtered),
        number(cell.in_flight),
        number(cell.missing),
        number(cell.doubled),
    ]
}

fn line(out: &mut String, cells: &[String; 8]) {
    let [name, numbers @ ..] = cells;
    let _ = write!(out, "    {name:<17}");
    for number in numbers {
        let _ = write!(out, "{number:>11}");
    }
    out.push('\n');
}

fn collectors(out: &mut String, report: &Report) {
    out.push_str("collectors: accepted by their own count, numbers archived, last heartbeat\n");
    for collector in &report.collectors {
        let _ = writeln!(
            out,
            "    {:<17}{:>11}{:>11}  {}",
            format!("{}/{}", collector.instance, collector.boot),
            collector.accepted,
            collector.archived,
            short(collector.heartbeat_at_micro),
        );
    }
    if report.collectors.is_empty() {
        out.push_str("    none was heard\n");
    }
}

fn faults<T>(out: &mut String, title: &str, faults: &[T], listed: usize, say: impl Fn(&T) -> String) {
    if faults.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}:");
    for fault in faults.iter().take(listed) {
        let _ = writeln!(out, "    {}", say(fault));
    }
    if faults.len() > listed {
        let _ = writeln!(out, "    and {} more (--all lists them)", faults.len() - listed);
    }
}

fn missing(missing: &Missing) -> String {
    format!(
        "{}  source {}, company {}, received {}",
        missing.event_uuid,
        missing.source,
        missing.company_id,
        moment::to_rfc3339(missing.received_at_micro)
    )
}

fn doubled(double: &Double) -> String {
    format!(
        "{}  source {}, company {}, revision {}: {} rows in {}",
        double.event_uuid, double.source, double.company_id, double.revision, double.rows, double.template
    )
}

fn hole(hole: &Hole) -> String {
    let numbers: Vec<String> = hole
        .numbers
        .iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    let numbers = if numbers.is_empty() {
        String::new()
    } else {
        format!("; numbers that lack thereabouts: {}", numbers.join(", "))
    };
    format!(
        "source {}, minute {}: {} of collector {}/{}{numbers}",
        hole.source,
        short(hole.minute * 1_000_000),
        hole.events,
        hole.instance,
        hole.boot
    )
}

fn verdict(report: &Report) -> String {
    if report.is_balanced() {
        return "it balances".to_owned();
    }
    "IT DOES NOT BALANCE: docs/quarantine.md says what can be sent again".to_owned()
}

fn hour(second: i64) -> String {
    short(second * 1_000_000)
}

/// To the minute.
fn short(micro: i64) -> String {
    let text = moment::to_rfc3339(micro);
    format!("{}Z", text.get(..16).unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let cell = Cell {
            accepted: 3,
            loaded: 2,
            missing: 1,
            ..Cell::default()
        };
        Report {
            since_micro: 0,
            at_micro: 7_200_000_000,
            oldest_in_flight_micro: None,
            rows: vec![Row {
                sent: Sent::Live,
                source: "crm".to_owned(),
                hour: 3_600,
                cell,
            }],
            counted: Vec::new(),
            missing: vec![Missing {
                sent: Sent::Live,
                source: "crm".to_owned(),
                company_id: 7,
                event_uuid: uuid::Uuid::from_u128(9),
                received_at_micro: 3_601_000_000,
            }],
            doubled: Vec::new(),
            collectors: Vec::new(),
            holes: vec![Hole {
                source: "crm".to_owned(),
                minute: 3_660,
                instance: "0".to_owned(),
                boot: "b".to_owned(),
                events: 2,
                numbers: vec![(5, 5), (8, 9)],
            }],
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_source_and_time() {
        let text = text(&report(), LISTED);
        for part in [
            "1970-01-01T01:00Z",
            "00000000-0000-0000-0000-000000000009  source crm, company 7, received 1970-01-01T01:00:01",
            "source crm, minute 1970-01-01T01:01Z: 2 of collector 0/b; numbers that lack thereabouts: 5, 8-9",
            "DOES NOT BALANCE",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let mut report = report();
        report.missing = vec![report.missing.remove(0); 25];
        assert!(text(&report, LISTED).contains("and 5 more (--all lists them)"));
        assert!(!text(&report, usize::MAX).contains("--all"));
    }
}
