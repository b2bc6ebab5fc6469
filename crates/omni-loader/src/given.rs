//! What is known of a record before it is judged, and how judging can fail.
use crate::plan::Verdict;

/// What is known of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// Nothing.
    Nothing,
    /// Its row is in the table: the insert that brought it was not followed by a commit.
    There,
    /// The server refuses its row, which came alone.
    Condemned,
    /// It is of a plan that is repeated.
    Planned(Verdict),
}

impl Given {
    /// Its row is in the table already.
    pub(crate) fn is_there(self) -> bool {
        matches!(self, Self::There | Self::Planned(Verdict::There))
    }
}

/// Why a record was not judged.
#[derive(Debug)]
pub(crate) enum Unjudged {
    /// The plan says that its row goes in, and it cannot be made any more.
    Differs,
    /// A bug of ours, not the record's fault.
    Block(warehouse::Error),
}

impl From<warehouse::Error> for Unjudged {
    fn from(error: warehouse::Error) -> Self {
        Self::Block(error)
    }
}
