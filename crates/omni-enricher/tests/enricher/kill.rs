//! kill -9 in mid-stream, again and again: each event exactly once, and figures as if nothing had been.
//!
//! A batch is received, worked, committed and written to the store some 25 times a second; kills fall at moments of their
//! own within that, so that each step is met. `OMNI_KILLS=100` makes it a longer lane (`make kills`).
use std::time::Duration;

use kafka::Topic;

use crate::support::{Program, await_records, corner, deal, ends, figures, send, until};

/// For each kill; a process that starts has work for a while.
const EVENTS_PER_KILL: u64 = 1_000;
const COMPANIES: u64 = 4;
const KILLS: u64 = 20;
/// A batch takes about this long from the first step to the last.
const BATCH: Duration = Duration::from_millis(40);

#[expect(clippy::disallowed_methods, reason = "the longer lane is asked for by hand")]
fn kills() -> u64 {
    let asked = std::env::var("OMNI_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

#[test]
fn a_process_killed_in_mid_stream_loses_nothing_and_doubles_nothing() {
    let config = corner(2);
    let state = tempfile::tempdir().unwrap();
    // Each deal of a company twice, at a new value the second time; all belong to one contact.
    let kills = kills();
    let events = (kills + 4) * EVENTS_PER_KILL;
    let half = events / 2;
    let event = |n: u64| {
        deal(
            7 + n % COMPANIES,
            n % half,
            n as i64,
            5,
            if n < half { 1 } else { 3 },
        )
    };
    let all: Vec<u64> = (0..events).collect();
    for some in all.chunks(10_000) {
        send(&config, some.iter().copied().map(event).collect());
    }
    let mut program = Program::start(&config, state.path(), "0");
    let count = || ends(&config, &[Topic::Enriched]).values().sum::<usize>();
    let mut killed_at = Vec::new();
    for kill in 1..=kills {
        let mark = (kill * EVENTS_PER_KILL) as usize;
        until("the stream goes on", || (count() >= mark).then_some(()));
        std::thread::park_timeout(BATCH * kill as u32 / kills as u32);
        program.kill();
        killed_at.push(count());
        program = Program::start(&config, state.path(), "0");
    }
    assert!(
        killed_at.iter().all(|done| *done < events as usize),
        "not in mid-stream: {killed_at:?}"
    );
    await_records(&config, &[Topic::Enriched], events as usize);
    // Whatever might still come: nothing may.
    send(&config, vec![deal(7, 1_000_000, events as i64, 6, 1)]);
    await_records(&config, &[Topic::Enriched], events as usize + 1);
    let ends = ends(&config, &[Topic::Enriched, Topic::Filtered, Topic::Rejected]);
    assert_eq!(ends.len(), events as usize + 1);
    assert!(
        ends.values().all(|times| *times == 1),
        "an event is there more than once"
    );
    for company in 7..7 + COMPANIES {
        let told = figures(&config, company, 5).unwrap();
        assert_eq!(told, (half / COMPANIES, "3".to_owned()), "company {company}");
    }
    program.stop();
}
