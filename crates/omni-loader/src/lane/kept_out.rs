//! Who is kept out of what a batch is archived as.
use kafka::Record;

use super::{Halt, Running};
use crate::feed::Feed;
use crate::kept_out::KeptOut;

impl Running {
    /// Asked for each batch, after it was gathered: an order that is in the table by then is obeyed.
    pub(super) fn kept_out(&self, records: &[Record]) -> Result<KeptOut, Halt> {
        let feed = &self.lane.feed;
        if !matches!(feed, Feed::Archive(_)) {
            return Ok(KeptOut::default());
        }
        let companies = KeptOut::companies(feed.topic(), records);
        if companies.is_empty() {
            return Ok(KeptOut::default());
        }
        let inserter = &self.lane.inserter;
        let asked = inserter.until_answered("whom it keeps out", || {
            inserter.warehouse.kept_out(companies.clone())
        });
        Ok(KeptOut::of(self.answered(asked)?))
    }
}
