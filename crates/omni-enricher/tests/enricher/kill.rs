//! kill -9 in mid-stream, again and again: each event exactly once, and figures as if nothing had been.
//!
//! A batch is received, worked, committed and written to the store some 25 times a second; kills fall at moments of their
//! own within that, so that each step is met. `OMNI_KILLS=100` makes it a longer lane (`make kills`).
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafka::{Config, Topic};

use crate::support::{Program, Sender, await_records, corner, deal, ends, figures, send, until};

const COMPANIES: u64 = 4;
const KILLS: u32 = 20;
/// A batch takes about this long from the first step to the last.
const BATCH: Duration = Duration::from_millis(40);
/// The stream: so many events, then a pause, until the last kill.
const BURST: u64 = 25;
const PAUSE: Duration = Duration::from_millis(50);

#[expect(clippy::disallowed_methods, reason = "the longer lane is asked for by hand")]
fn kills() -> u32 {
    let asked = std::env::var("OMNI_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// Each a deal of its own; all of a company belong to one contact.
fn event(n: u64) -> kafka::Outgoing {
    deal(7 + n % COMPANIES, n, n as i64, 5, 3)
}

/// Sends without end, until told; gives how many.
fn stream(config: &Config, over: &AtomicBool) -> u64 {
    let sender = Sender::new(config);
    let mut sent = 0;
    while !over.load(Ordering::SeqCst) {
        sender.send((sent..sent + BURST).map(event).collect());
        sent += BURST;
        std::thread::park_timeout(PAUSE);
    }
    sent
}

/// Ends the stream, also when the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_process_killed_in_mid_stream_loses_nothing_and_doubles_nothing() {
    let config = corner(2);
    let state = tempfile::tempdir().unwrap();
    let count = || ends(&config, &[Topic::Enriched]).values().sum::<usize>();
    let over = AtomicBool::new(false);
    let (sent, program) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| stream(&config, &over));
        let ending = Ending(&over);
        let mut program = Program::start(&config, state.path(), "0");
        let kills = kills();
        for kill in 0..kills {
            let before = count();
            until("the stream goes on", || (count() > before).then_some(()));
            std::thread::park_timeout(BATCH * kill / kills);
            program.kill();
            program = Program::start(&config, state.path(), "0");
        }
        drop(ending);
        (sending.join().unwrap(), program)
    });
    await_records(&config, &[Topic::Enriched], sent as usize);
    // Whatever might still come: nothing may.
    send(&config, vec![deal(7, 1_000_000, sent as i64, 6, 1)]);
    await_records(&config, &[Topic::Enriched], sent as usize + 1);
    let ends = ends(&config, &[Topic::Enriched, Topic::Filtered, Topic::Rejected]);
    assert_eq!(ends.len(), sent as usize + 1);
    assert!(
        ends.values().all(|times| *times == 1),
        "an event is there more than once"
    );
    for company in 0..COMPANIES {
        let own = (0..sent).filter(|n| n % COMPANIES == company).count() as u64;
        let told = figures(&config, 7 + company, 5).unwrap();
        assert_eq!(told, (own, "3".to_owned()), "company {company}");
    }
    program.stop();
}
