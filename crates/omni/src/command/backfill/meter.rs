//! What a person sees of a backfill while it runs: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Elsewhere a line is written this often.
const LINE_EVERY: Duration = Duration::from_secs(10);
const STYLE: &str = "{bar:30} {percent:>3} %  {msg}";

/// Shows how far it is.
#[derive(Debug)]
pub(super) struct Meter {
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
    /// Ids to go through, and those that earlier runs went through.
    ids: u64,
    before: u64,
}

/// Where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand<'a> {
    pub(super) list: &'a str,
    /// Ids gone through, all lists together.
    pub(super) ids: u64,
    pub(super) rows: u64,
    pub(super) tokens: u64,
    /// What today's share has.
    pub(super) tokens_today: (u64, u64),
}

impl Meter {
    /// `ids`: the greatest ids of the lists that have numbers, added up; `before`: how many of them were done already.
    pub(super) fn new(ids: u64, before: u64) -> anyhow::Result<Self> {
        let bar = std::io::stderr()
            .is_terminal()
            .then(|| ProgressBar::new(ids.max(1)));
        if let Some(bar) = &bar {
            bar.set_style(ProgressStyle::with_template(STYLE)?);
        }
        Ok(Self {
            bar,
            started: Instant::now(),
            last_line: Instant::now(),
            ids,
            before,
        })
    }

    /// Shows it.
    pub(super) fn show(&mut self, stand: Stand<'_>) {
        let text = text(
            stand,
            left(stand.ids, self.before, self.ids, self.started.elapsed()),
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(stand.ids.min(self.ids));
                bar.set_message(text);
            }
            None if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                eprintln!("{text}");
            }
            None => {}
        }
    }

    /// Says something that stays.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{line}")),
            None => println!("{line}"),
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

fn text(stand: Stand<'_>, left: Option<Duration>) -> String {
    let (spent, share) = stand.tokens_today;
    let left = left.map_or_else(String::new, |left| {
        format!(", about {} left", HumanDuration(left))
    });
    format!(
        "{}: {} rows sent, {} tokens spent ({spent} of today's {share}){left}",
        stand.list, stand.rows, stand.tokens
    )
}

/// How long the rest takes, if it goes on as it did.
fn left(ids: u64, before: u64, all: u64, took: Duration) -> Option<Duration> {
    let done = ids.saturating_sub(before);
    let rest = all.saturating_sub(ids);
    (done > 0 && rest > 0).then(|| took.mul_f64(rest as f64 / done as f64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_this_run_did() {
        let minute = Duration::from_mins(1);
        assert_eq!(left(50, 0, 100, minute), Some(minute));
        assert_eq!(left(50, 40, 100, minute), Some(minute * 5));
        assert_eq!(left(0, 0, 100, minute), None);
        assert_eq!(left(120, 0, 100, minute), None);
    }

    #[test]
    fn a_line_says_what_was_sent_and_spent() {
        let stand = Stand {
            list: "deals",
            ids: 5,
            rows: 1_500,
            tokens: 90,
            tokens_today: (90, 7_500),
        };
        assert_eq!(
            text(stand, Some(Duration::from_mins(3))),
            "deals: 1500 rows sent, 90 tokens spent (90 of today's 7500), about 3 minutes left"
        );
    }
}
