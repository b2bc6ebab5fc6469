//! Two instances: partitions move with their states.
use kafka::Topic;

use crate::support::{Program, Sender, await_records, corner, deal, ends, figures, until};

const COMPANIES: u64 = 12;
const ROUNDS: u64 = 100;

#[test]
fn partitions_that_move_take_their_states_along() {
    let config = corner(4);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let round = |n: u64| {
        (0..COMPANIES)
            .map(move |company| deal(7 + company, n, n as i64, 5, 2))
            .collect::<Vec<_>>()
    };
    let count = || ends(&config, &[Topic::Enriched]).values().sum::<usize>();
    let one = Program::start(&config, first.path(), "0");
    let mut two = None;
    let sender = Sender::new(&config);
    for n in 0..ROUNDS {
        sender.send(round(n));
        match n {
            30 => {
                until("the first instance works", || (count() > 100).then_some(()));
                two = Some(Program::start(&config, second.path(), "1"));
            }
            // The second goes without a word, and comes back to what it left.
            60 => two.take().unwrap().kill(),
            65 => two = Some(Program::start(&config, second.path(), "1")),
            _ => {}
        }
    }
    let total = (COMPANIES * ROUNDS) as usize;
    await_records(&config, &[Topic::Enriched], total);
    let ends = ends(&config, &[Topic::Enriched, Topic::Filtered, Topic::Rejected]);
    assert_eq!((ends.len(), ends.values().sum::<usize>()), (total, total));
    for company in 7..7 + COMPANIES {
        assert_eq!(
            figures(&config, company, 5),
            Some((ROUNDS, "2".to_owned())),
            "company {company}"
        );
    }
    // The first goes in order; the second does everything from then on.
    one.stop();
    sender.send(round(ROUNDS));
    await_records(&config, &[Topic::Enriched], total + COMPANIES as usize);
    for company in 7..7 + COMPANIES {
        assert_eq!(
            figures(&config, company, 5),
            Some((ROUNDS + 1, "2".to_owned())),
            "company {company}"
        );
    }
}
