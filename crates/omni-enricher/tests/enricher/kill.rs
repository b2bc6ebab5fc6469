//! kill -9 in mid-stream, again and again: each event exactly once, and figures as if nothing had been.
use kafka::Topic;

use crate::support::{Program, await_records, corner, deal, ends, figures, send, until};

const EVENTS: u64 = 12_000;
const COMPANIES: u64 = 4;
const KILLS: usize = 4;

#[test]
fn a_process_killed_in_mid_stream_loses_nothing_and_doubles_nothing() {
    let config = corner(2);
    let state = tempfile::tempdir().unwrap();
    // Each deal of a company twice, at a new value the second time; all belong to one contact.
    let half = EVENTS / 2;
    let event = |n: u64| {
        deal(
            7 + n % COMPANIES,
            n % half,
            n as i64,
            5,
            if n < half { 1 } else { 3 },
        )
    };
    send(&config, (0..EVENTS).map(event).collect());
    let mut program = Program::start(&config, state.path(), "0");
    let count = || ends(&config, &[Topic::Enriched]).values().sum::<usize>();
    let mut killed_at = Vec::new();
    for kill in 1..=KILLS {
        let mark = kill * EVENTS as usize / (KILLS + 2);
        until("the stream goes on", || (count() >= mark).then_some(()));
        program.kill();
        killed_at.push(count());
        program = Program::start(&config, state.path(), "0");
    }
    assert!(
        killed_at.iter().all(|done| *done < EVENTS as usize),
        "not in mid-stream: {killed_at:?}"
    );
    await_records(&config, &[Topic::Enriched], EVENTS as usize);
    // Whatever might still come: nothing may.
    send(&config, vec![deal(7, 1_000_000, EVENTS as i64, 6, 1)]);
    await_records(&config, &[Topic::Enriched], EVENTS as usize + 1);
    let ends = ends(&config, &[Topic::Enriched, Topic::Filtered, Topic::Rejected]);
    assert_eq!(ends.len(), EVENTS as usize + 1);
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
