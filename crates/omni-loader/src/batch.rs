//! What is inserted together: the rows of all partitions in one block a table, since an insert costs by the piece.
//!
//! Each partition keeps its own part: its range, its outcomes, its notice. See
//! `docs/decisions/0010-one-insert-for-all-partitions.md`.
use std::collections::BTreeMap;

use kafka::Record;
use template::Value;
use warehouse::{Block, Table};

use crate::part::Part;
use crate::plan::{Log, Range, Token};

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

    /// Where this record's rows and outcome go; its partition's range ends with it.
    pub(crate) fn seat(&mut self, record: &Record) -> Seat<'_> {
        let begin = || Part::begin(record, self.blocks.len());
        let part = self.parts.entry(record.partition).or_insert_with(begin);
        part.range.last = record.offset;
        Seat {
            part,
            blocks: &mut self.blocks,
        }
    }

    pub(crate) fn ranges(&self) -> Vec<Range> {
        self.parts.values().map(|part| part.range).collect()
    }

    /// The name under which the server remembers the insert into this table.
    pub(crate) fn token(&self, log: &Log, table: &str) -> Token {
        Token::old(log, table, &self.ranges())
    }
}

/// One record's place in a batch.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    pub(crate) part: &'a mut Part,
    blocks: &'a mut [Block],
}

impl Seat<'_> {
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
