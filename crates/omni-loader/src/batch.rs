//! What is inserted together: the rows of all partitions in one block a table, since an insert costs by the piece.
//!
//! Each partition keeps its own part: its range, its outcomes, its notice. See
//! `docs/decisions/0010-one-insert-for-all-partitions.md`.
use std::collections::BTreeMap;

use kafka::Record;
use template::Value;
use warehouse::{Block, Table};

use crate::part::Part;
use crate::plan::{Plan, Verdict, text};

/// Partitions in one insert: each is named in the plan of every other.
const PARTITIONS_MAX: usize = 64;
/// What one more record may add to the text of its partition's verdicts.
const VERDICT_BYTES_MAX: usize = 24;
/// Blocks of no more bytes are filled again; what a lane needed to catch up is given back.
const SPARE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Records of one gathering, judged.
#[derive(Debug)]
pub(crate) struct Batch {
    /// One a partition, in order: the same ranges always make the same token.
    pub(crate) parts: BTreeMap<i32, Part>,
    /// One a table of the lane, in its order.
    pub(crate) blocks: Vec<Block>,
}

impl Batch {
    pub(crate) fn new(tables: &[Table]) -> Self {
        Self {
            parts: BTreeMap::new(),
            blocks: tables.iter().map(|table| Block::new(table.columns())).collect(),
        }
    }

    /// Like [`Batch::new`], in the memory of a batch of the same tables that is done, if there is one.
    pub(crate) fn again(tables: &[Table], spare: Vec<Block>) -> Self {
        if spare.len() != tables.len() {
            return Self::new(tables);
        }
        Self {
            parts: BTreeMap::new(),
            blocks: spare,
        }
    }

    /// What the next batch may be made in.
    pub(crate) fn spare(mut blocks: Vec<Block>) -> Vec<Block> {
        if blocks.iter().map(Block::bytes).sum::<usize>() > SPARE_BYTES_MAX {
            return Vec::new();
        }
        blocks.iter_mut().for_each(Block::clear);
        blocks
    }

    /// Whether this record's verdict still fits beside its partition's offset; else the batch is closed before it.
    pub(crate) fn takes(&self, record: &Record) -> bool {
        let text_max = text::verdicts_bytes_max(PARTITIONS_MAX);
        match self.parts.get(&record.partition) {
            Some(part) => part.verdicts.text_bytes() + VERDICT_BYTES_MAX <= text_max,
            None => self.parts.len() < PARTITIONS_MAX,
        }
    }

    /// Where this record's rows and outcome go.
    pub(crate) fn seat(&mut self, record: &Record) -> Seat<'_> {
        let begin = || Part::begin(record, self.blocks.len());
        Seat {
            part: self.parts.entry(record.partition).or_insert_with(begin),
            blocks: &mut self.blocks,
        }
    }

    /// What is to be agreed before the rows are inserted; `None` without rows. `schema` names the rules in force.
    pub(crate) fn plan(&self, schema: &str) -> Option<Plan> {
        let shares: BTreeMap<i32, _> = self
            .parts
            .iter()
            .filter_map(|(partition, part)| Some((*partition, part.share()?)))
            .collect();
        (!shares.is_empty()).then(|| Plan {
            shares,
            schema: schema.to_owned(),
            first_deadline: 0,
            deadline: 0,
        })
    }
}

/// One record's place in a batch.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    pub(crate) part: &'a mut Part,
    blocks: &'a mut [Block],
}

impl Seat<'_> {
    /// Counts the record's verdict.
    pub(crate) fn decide(&mut self, record: &Record, verdict: Verdict) {
        self.part.decide(record, verdict);
    }

    /// Adds a row to the table at this place of the lane's list.
    pub(crate) fn push(
        &mut self,
        at: usize,
        table: &Table,
        row: &[Value<'_>],
    ) -> Result<(), warehouse::Error> {
        let (Some(block), Some(rows)) = (self.blocks.get_mut(at), self.part.rows.get_mut(at)) else {
            return Ok(());
        };
        let before = block.bytes();
        block.push(table.columns(), row)?;
        *rows += 1;
        self.part.bytes += block.bytes() - before;
        Ok(())
    }
}
