//! The store can be lost: everything in it comes back from `omni.entities`.
use kafka::Topic;

use crate::support::{Program, await_records, corner, deal, ends, figures, send, until};

#[test]
fn a_lost_store_comes_back_and_knows_every_double() {
    let config = corner(2);
    let state = tempfile::tempdir().unwrap();
    let events = || {
        (0..60)
            .map(|n| deal(7 + n % 3, 100 + n, n as i64, 5, 10))
            .collect::<Vec<_>>()
    };
    let program = Program::start(&config, state.path(), "0");
    send(&config, events());
    await_records(&config, &[Topic::Enriched], 60);
    program.stop();
    for lost in [false, true] {
        if lost {
            std::fs::remove_dir_all(state.path().join("states")).unwrap();
        }
        let program = Program::start(&config, state.path(), "0");
        let before = ends(&config, &[Topic::Filtered]).values().sum::<usize>();
        send(&config, events());
        await_records(&config, &[Topic::Filtered], before + 60);
        assert_eq!(ends(&config, &[Topic::Enriched]).len(), 60, "store lost: {lost}");
        program.stop();
    }
    let _program = Program::start(&config, state.path(), "0");
    send(&config, vec![deal(7, 500, 99, 5, 31)]);
    // 20 deals of 10 and one of 31.
    until("the contact's figures", || {
        figures(&config, 7, 5).filter(|told| *told == (21, "11".to_owned()))
    });
}
