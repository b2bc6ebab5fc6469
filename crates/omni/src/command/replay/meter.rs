//! What a person sees of a replay while it runs: a spinner on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// Elsewhere a line is written this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how far it is.
#[derive(Debug)]
pub(super) struct Meter {
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            bar: std::io::stderr().is_terminal().then(ProgressBar::new_spinner),
            last_line: Instant::now(),
        }
    }

    /// `looked_at`: events gone through so far; `sent` of them; up to the time in `reached`.
    pub(super) fn show(&mut self, looked_at: u64, sent: u64, reached: &str) {
        let text = format!("{looked_at} events looked at, {sent} sent, up to {reached}");
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            None if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                eprintln!("{text}");
            }
            None => {}
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
