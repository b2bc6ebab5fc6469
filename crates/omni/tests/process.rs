//! Looks at processes as the system shows them, and waits for a state with a deadline.

use rustix::process::{Pid, Signal};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const POLL_EVERY: Duration = Duration::from_millis(20);

pub(crate) fn omni() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_omni"))
}

/// Waits until `state` gives a value; fails with `what` when it does not in time.
pub(crate) fn until<T>(what: &str, within: Duration, mut state: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = state() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        std::thread::sleep(POLL_EVERY);
    }
}

/// Whether it runs; one that ended and was not waited for does not.
pub(crate) fn runs(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

/// All processes that came from this one, whoever their parent is in between.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let all: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.1)))
        .collect();
    let mut next = 0;
    while next < found.len() {
        let of = found[next];
        found.extend(
            all.iter()
                .filter(|(_, parent)| *parent == of)
                .map(|(child, _)| *child),
        );
        next += 1;
    }
    found.remove(0);
    found
}

pub(crate) fn command_line(pid: u32) -> String {
    String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default())
        .replace('\0', " ")
}

pub(crate) fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// State and parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
