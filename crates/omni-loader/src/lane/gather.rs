//! New records become a batch: closed by rows, bytes or time.
use std::time::{Duration, Instant};

use kafka::Record;

use super::{Halt, IDLE_WAIT, Running};
use crate::batch::Batch;
use crate::course::Heard;
use crate::given::Unjudged;
use crate::intake::Came;
use crate::known::Known;

/// Values of this many bytes close a batch (the last records may reach beyond).
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Records that somebody waits for are judged as they come, in pieces of this length: little is left to do when the batch is due.
const PIECE: Duration = Duration::from_millis(10);

/// At most so many are judged at once where no table is asked about them: their memory, a few hundred kilobytes, serves the next
/// ones while it is still near.
const PIECE_RECORDS_MAX: usize = 128;

/// A batch that holds more was not filled by what happens now: the lane catches up.
const BEHIND: usize = 2_000;
/// Who catches up leaves every third millisecond to those who answer webhooks.
const WORK: Duration = Duration::from_millis(4);
const REST: Duration = Duration::from_millis(2);

/// What came so far.
struct Gathering {
    batch: Batch,
    known: Known,
    records: usize,
    bytes: usize,
    /// When the lane last stepped back for others.
    rested: Instant,
}

impl Running {
    pub(super) fn gather(&mut self, records_max: usize) -> Result<Heard, Halt> {
        let due = self.closing.due(Instant::now());
        let mut gathering = Gathering {
            batch: Batch::again(self.lane.feed.tables(), std::mem::take(&mut self.spare)),
            known: Known::nothing(),
            records: 0,
            bytes: 0,
            rested: Instant::now(),
        };
        loop {
            let (wait, until) = self.piece(due, gathering.records == 0);
            let most = self.piece_records_max().min(records_max - gathering.records);
            let records = match self.intake.gather(most, wait, until) {
                Ok(Came::Records(records)) => records,
                Ok(Came::Moved) => return Ok(Heard::Moved),
                // A rebalance that could not be answered falls in here: the group thinks that we hold what we do not read.
                Err(source) => return Err(Halt::Failed(self.lane.kafka_error(source))),
            };
            let now = Instant::now();
            gathering.count(&records);
            if gathering.records == 0 {
                self.spare = gathering.batch.blocks;
                return Ok(Heard::Nothing);
            }
            let is_over = now >= due || gathering.records >= records_max || gathering.bytes >= BYTES_MAX;
            match self.add(records, &mut gathering)? {
                Ok(takes_more) if is_over || !takes_more => {
                    self.closing.closed(now, gathering.records);
                    return Ok(self.gathered(gathering.batch));
                }
                Ok(_) => {}
                Err(Unjudged::Differs) => return Ok(Heard::Lost),
                Err(Unjudged::Block(source)) => return Err(Halt::Failed(self.lane.warehouse_error(source))),
            }
        }
    }

    /// How long the next records are waited for, and until when more are taken along.
    fn piece(&self, due: Instant, is_first: bool) -> (Duration, Instant) {
        let now = Instant::now();
        let until = if self.lane.feed.is_watched() {
            due.min(now + PIECE)
        } else {
            due
        };
        let wait = if is_first {
            IDLE_WAIT
        } else {
            until.saturating_duration_since(now)
        };
        (wait, until)
    }

    /// What is asked of a table is asked for each piece: those who ask take all that is there.
    fn piece_records_max(&self) -> usize {
        if self.lane.feed.asks() {
            usize::MAX
        } else {
            PIECE_RECORDS_MAX
        }
    }

    /// Judges them; `false` when the batch takes no more, and the rest comes again.
    fn add(&mut self, records: Vec<Record>, to: &mut Gathering) -> Result<Result<bool, Unjudged>, Halt> {
        self.learn(&mut to.known, &records)?;
        let kept_out = self.kept_out(&records)?;
        to.known.keep_out(kept_out);
        let is_behind = to.records > BEHIND;
        let mut records = records.into_iter();
        // Records are dropped one by one: a batch holds only what it made of them.
        while let Some(record) = records.next() {
            if !to.batch.takes(&record) {
                self.intake
                    .give_back(std::iter::once(record).chain(records).collect());
                return Ok(Ok(false));
            }
            if is_behind && to.rested.elapsed() > WORK {
                self.lane.inserter.runtime.block_on(tokio::time::sleep(REST));
                to.rested = Instant::now();
            }
            let given = self.given(&record);
            if let Err(unjudged) = self.judge(&record, given, &mut to.known, &mut to.batch) {
                return Ok(Err(unjudged));
            }
        }
        Ok(Ok(true))
    }

    fn gathered(&mut self, mut batch: Batch) -> Heard {
        for (partition, part) in &mut batch.parts {
            part.is_followed_by_doubt = self.there.goes_beyond(*partition, part.range.last);
        }
        let plan = batch.plan(self.lane.feed.schema());
        self.batch = Some(batch);
        plan.map_or(Heard::GatheredNoRows, Heard::Gathered)
    }
}

impl Gathering {
    fn count(&mut self, records: &[Record]) {
        self.records += records.len();
        self.bytes += records.iter().map(|record| record.value().len()).sum::<usize>();
    }
}
