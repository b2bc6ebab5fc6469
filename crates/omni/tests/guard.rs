//! No child outlives the one who asked for it.

use crate::process::{descendants, kill, omni, runs, until};
use local::{Guarded, Launch, StopBy};
use std::path::Path;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

fn shell(script: &str, grace: Duration, directory: &Path) -> Launch {
    Launch {
        omni: omni(),
        program: "sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("OMNI_WORD".to_owned(), "given".to_owned())],
        log: directory.join("child.log"),
        stop_by: StopBy::Signal,
        grace,
        remove: None,
    }
}

#[test]
fn a_guard_reports_the_childs_pid_and_forwards_its_exit_status_and_output() {
    let directory = tempfile::tempdir().unwrap();
    let launch = shell("echo $$ $OMNI_WORD; exit 7", SOON, directory.path());
    let mut child = Guarded::spawn(&launch).unwrap();
    let pid = child.pid();
    assert_eq!(child.wait(), 7);
    assert_eq!(
        std::fs::read_to_string(&launch.log).unwrap(),
        format!("{pid} given\n")
    );
}

#[test]
fn letting_go_ends_the_child_and_all_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let launch = shell("sleep 1000 & sleep 1000 & wait", SOON, directory.path());
    let child = Guarded::spawn(&launch).unwrap();
    let pid = child.pid();
    let grandchildren = until("two grandchildren", SOON, || {
        let found = descendants(pid);
        (found.len() == 2).then_some(found)
    });
    assert_eq!(child.stop(), 128 + 15);
    assert!(!runs(pid));
    until("their end", SOON, || {
        grandchildren.iter().all(|pid| !runs(*pid)).then_some(())
    });
}

#[test]
fn a_child_that_does_not_listen_is_killed_after_its_grace() {
    let directory = tempfile::tempdir().unwrap();
    let launch = shell(
        "trap '' TERM; echo ready; while :; do sleep 1; done",
        Duration::from_millis(300),
        directory.path(),
    );
    let child = Guarded::spawn(&launch).unwrap();
    until("ready", SOON, || {
        std::fs::read_to_string(&launch.log)
            .ok()?
            .contains("ready")
            .then_some(())
    });
    let asked = Instant::now();
    assert_eq!(child.stop(), 128 + 9);
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[test]
fn what_a_child_left_running_goes_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let launch = shell("sleep 1000 & echo $!", SOON, directory.path());
    let mut child = Guarded::spawn(&launch).unwrap();
    assert_eq!(child.wait(), 0);
    let left: u32 = std::fs::read_to_string(&launch.log)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    until("its end", SOON, || (!runs(left)).then_some(()));
}

#[test]
fn killing_the_guard_kills_its_child() {
    let directory = tempfile::tempdir().unwrap();
    let launch = shell("exec sleep 1000", SOON, directory.path());
    let mut child = Guarded::spawn(&launch).unwrap();
    let own = descendants(std::process::id());
    let guard = own
        .into_iter()
        .find(|pid| descendants(*pid).contains(&child.pid()))
        .unwrap();
    kill(guard);
    until("the child's end", SOON, || (!runs(child.pid())).then_some(()));
    assert_eq!(child.wait(), 128 + 9);
}

#[test]
fn a_command_that_is_not_there_is_told_in_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let mut launch = shell("", SOON, directory.path());
    launch.program = "/no/such/program".into();
    let mut child = Guarded::spawn(&launch).unwrap();
    assert_eq!(child.wait(), 1);
    assert!(
        std::fs::read_to_string(&launch.log)
            .unwrap()
            .contains("could not run /no/such/program")
    );
}
