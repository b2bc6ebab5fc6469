//! What `omni dev` tells the person who started it.

use std::io::Write;

/// One line. Nobody reading any more is no reason to stop.
pub(super) fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "omni: {line}").and_then(|()| out.flush());
}
