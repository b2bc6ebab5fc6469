//! What `omni dev` tells the person who started it.

use local::Notice;
use std::io::Write;

/// One line. Nobody reading any more is no reason to stop.
pub(super) fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "omni: {line}").and_then(|()| out.flush());
}

/// What became of a child, in words.
pub(super) fn of(notice: &Notice) -> String {
    match notice {
        Notice::Ended {
            name,
            status,
            again_in,
        } => {
            format!(
                "{name} ended with status {status}; it is started again in {} ms",
                again_in.as_millis()
            )
        }
        Notice::Started { name, pid } => format!("{name} started again (pid {pid})"),
        Notice::NotStarted {
            name,
            error,
            again_in,
        } => {
            format!(
                "{name} did not start: {error}; the next attempt is in {} ms",
                again_in.as_millis()
            )
        }
    }
}
