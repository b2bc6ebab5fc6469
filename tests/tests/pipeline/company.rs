//! The companies of these tests. Each test has its own, since all share one pipeline and count by company.

/// A company; the file that names it is the only one to (`tests/tests/house/companies.rs`).
#[derive(Clone, Copy)]
pub(super) enum Company {
    Backfilled,
    Circling,
    OutsideCircle,
    ToldToMeta,
    ToldToTikTok,
    Delivered,
    Erased,
    ErasedOnTheWay,
    Measured,
    Advertised,
    Managed,
    BesideHostile,
    Imported,
    Killed,
    LambdasKeys,
    LambdasTroubles,
    LambdasKeyFile,
    LambdasChoice,
    TakenBack,
    NotTakenBack,
    Balanced,
    Lossy,
    Ghostly,
    Quarantined,
    Bound,
    ReplayedRaw,
    ReplayedTwice,
    Resent,
    Banned,
    OfTwoVersions,
    ToldByTheBook,
    Traced,
}

impl Company {
    const FIRST: u64 = 9_100_001;

    /// No two are the same.
    pub(super) const fn id(self) -> u64 {
        Self::FIRST + self as u64
    }
}
