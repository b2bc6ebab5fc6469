//! What a replay sent and what it left out, and why.

use std::collections::BTreeMap;
use std::fmt;

/// Why an event is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// All templates that are for it have it.
    Loaded,
    /// Some stage has it still before it.
    InFlight,
    /// The collector's rules refuse it today as well.
    StillRefused,
    /// The archive has no record of it, or one that cannot be read.
    NotArchived,
    /// The archive keeps that there was one: it said who an erased person is.
    Erased,
}

impl LeftOut {
    const fn words(self) -> &'static str {
        match self {
            Self::Loaded => "loaded already",
            Self::InFlight => "on their way already",
            Self::StillRefused => "refused by the collector's rules as before",
            Self::NotArchived => "without a readable record in the archive",
            Self::Erased => "of an erased person, without what they said",
        }
    }
}

/// Counts by what was done.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) is_dry: bool,
    /// By source and what it is about.
    sent: BTreeMap<(String, String), u64>,
    left_out: BTreeMap<LeftOut, u64>,
}

impl Tally {
    pub(super) fn dry(is_dry: IsDry) -> Self {
        Self {
            is_dry: is_dry == IsDry::Yes,
            ..Self::default()
        }
    }

    pub(super) fn sent(&mut self, source: &str, what: &str) {
        *self.sent.entry((source.to_owned(), what.to_owned())).or_default() += 1;
    }

    pub(super) fn left_out(&mut self, why: LeftOut) {
        *self.left_out.entry(why).or_default() += 1;
    }

    pub(super) fn sent_all(&self) -> u64 {
        self.sent.values().sum()
    }
}

/// Whether only the counting is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsDry {
    Yes,
    No,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.is_dry { "would be sent" } else { "sent" };
        writeln!(f, "{} events {verb}", self.sent_all())?;
        for ((source, what), events) in &self.sent {
            writeln!(f, "  {events:>9}  {source}: {what}")?;
        }
        let left_out: u64 = self.left_out.values().sum();
        write!(f, "{left_out} events left out")?;
        for (why, events) in &self.left_out {
            write!(f, "\n  {events:>9}  {}", why.words())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_many_of_what_and_why_not_the_others() {
        let mut tally = Tally::dry(IsDry::Yes);
        tally.sent("crm", "deal updated");
        tally.sent("crm", "deal updated");
        tally.left_out(LeftOut::Loaded);
        let text = tally.to_string();
        assert!(text.starts_with("2 events would be sent\n"), "{text}");
        assert!(
            text.contains("2  crm: deal updated") && text.contains("1  loaded already"),
            "{text}"
        );
    }
}
