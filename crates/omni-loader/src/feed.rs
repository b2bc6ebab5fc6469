//! What a lane does with the records of its topic: three kinds of work, one loop around them.
use kafka::{Record, Topic};
use warehouse::Table;

use crate::archive::Archive;
use crate::batch::Seat;
use crate::claim::Claim;
use crate::given::{Given, Unjudged};
use crate::known::Known;
use crate::notice::ARCHIVE;
use crate::part::Part;
use crate::plan::{Log, Verdict};
use crate::unclaimed::Unclaimed;

/// A lane's work.
#[derive(Debug)]
pub(crate) enum Feed {
    /// Loads what one template is for.
    Claim(Claim),
    /// Puts what no template is for on record.
    Unclaimed(Unclaimed),
    /// Keeps a topic.
    Archive(Archive),
}

impl Feed {
    pub(crate) fn topic(&self) -> Topic {
        match self {
            Self::Claim(_) | Self::Unclaimed(_) => Topic::Flat,
            Self::Archive(archive) => archive.topic(),
        }
    }

    /// Whether somebody sees its rows on a screen as they come.
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self, Self::Claim(_))
    }

    /// Whether a table is asked about records before they are judged.
    pub(crate) fn asks(&self) -> bool {
        !matches!(self, Self::Unclaimed(_))
    }

    /// The tables that rows go into.
    pub(crate) fn tables(&self) -> &[Table] {
        match self {
            Self::Claim(claim) => claim.tables(),
            Self::Unclaimed(_) => &[],
            Self::Archive(archive) => archive.tables(),
        }
    }

    /// Names the rules that judge, for people who look at a plan.
    pub(crate) fn schema(&self) -> &str {
        match self {
            Self::Claim(claim) => claim.template(),
            Self::Unclaimed(_) | Self::Archive(_) => "",
        }
    }

    /// Events whose rows may be in the table although they come for the first time here.
    pub(crate) fn candidates(&self, records: &[Record]) -> Vec<(u64, String)> {
        match self {
            Self::Claim(_) => records.iter().filter_map(Known::candidate).collect(),
            Self::Unclaimed(_) | Self::Archive(_) => Vec::new(),
        }
    }

    /// Judges one record: rows, rejects, or nothing.
    pub(crate) fn judge(
        &self,
        record: &Record,
        log: &Log,
        given: Given,
        known: &mut Known,
        mut seat: Seat<'_>,
    ) -> Result<(), Unjudged> {
        let verdict = match self {
            Self::Claim(claim) => claim.judge(record, log, given, known, &mut seat)?,
            Self::Unclaimed(unclaimed) => {
                unclaimed.judge(record, seat.part);
                Verdict::Out
            }
            Self::Archive(archive) => archive.judge(record, log, given, &known.kept_out, &mut seat)?,
        };
        seat.decide(record, verdict);
        Ok(())
    }

    /// What stands in the notice as template, and the tables that changed; `None`: nobody needs to hear.
    pub(crate) fn changed(&self, part: &Part) -> Option<(&str, Vec<String>)> {
        match self {
            Self::Unclaimed(_) => None,
            _ if !part.is_worth_telling() => None,
            Self::Claim(claim) => Some((claim.template(), claim.changed(part))),
            Self::Archive(archive) => Some((ARCHIVE, archive.changed(part))),
        }
    }
}
