//! Keeps whole topics in the warehouse. An archive takes every record: what it cannot read it keeps as it is.
use event::erasure::ERASED_BODY;
use kafka::{Record, Topic};
use template::column::{ColumnType, UnknownType};
use template::{Column, Row, Value};
use warehouse::Table;

use crate::batch::Seat;
use crate::given::{Given, Unjudged};
use crate::kept_out::KeptOut;
use crate::origin::Origin;
use crate::part::Part;
use crate::plan::{Log, Verdict};

mod accepted;
mod deliveries;
mod entities;
mod filtered;
mod loaded;
mod raw;
mod rejected;

/// Columns of a table by name and type.
type Columns = &'static [(&'static str, &'static str)];

/// Where a row's record stood in the log.
const LOG_COLUMNS: Columns = &[
    ("kafka_topic_id", "String"),
    ("kafka_partition", "UInt32"),
    ("kafka_offset", "UInt64"),
    ("kafka_batch_first_offset", "UInt64"),
];

/// How much of a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Whole,
    /// That there was one: it said who an erased person is.
    Bare,
}

impl Kept {
    fn of(record: &Record, origin: &Origin<'_>, kept_out: &KeptOut) -> Self {
        if kept_out.tells(record, origin) {
            Self::Bare
        } else {
            Self::Whole
        }
    }

    fn of_bytes(self, bytes: &[u8]) -> &[u8] {
        match self {
            Self::Whole => bytes,
            Self::Bare => ERASED_BODY.as_bytes(),
        }
    }

    fn of_owned(self, bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Whole => bytes,
            Self::Bare => ERASED_BODY.into(),
        }
    }
}

/// One archived topic.
#[derive(Debug)]
pub(crate) struct Archive {
    topic: Topic,
    tables: Vec<Table>,
}

impl Archive {
    /// The topics that are archived.
    pub(crate) const TOPICS: [Topic; 6] = [
        Topic::Raw,
        Topic::Rejected,
        Topic::Filtered,
        Topic::Deliveries,
        Topic::Entities,
        Topic::Loaded,
    ];

    /// `None` for a topic that is not archived.
    pub(crate) fn new(topic: Topic) -> Result<Option<Self>, warehouse::Error> {
        let tables = match topic {
            Topic::Raw => vec![
                table(raw::TABLE, raw::COLUMNS, LOG_COLUMNS)?,
                table(accepted::TABLE, accepted::COLUMNS, &[])?,
            ],
            Topic::Rejected => vec![table(rejected::TABLE, rejected::COLUMNS, LOG_COLUMNS)?],
            Topic::Filtered => vec![table(filtered::TABLE, filtered::COLUMNS, LOG_COLUMNS)?],
            Topic::Deliveries => vec![table(deliveries::TABLE, deliveries::COLUMNS, LOG_COLUMNS)?],
            Topic::Entities => vec![table(entities::TABLE, entities::COLUMNS, LOG_COLUMNS)?],
            Topic::Loaded => vec![table(loaded::TABLE, loaded::COLUMNS, LOG_COLUMNS)?],
            Topic::Enriched | Topic::Flat => return Ok(None),
        };
        Ok(Some(Self { topic, tables }))
    }

    pub(crate) fn topic(&self) -> Topic {
        self.topic
    }

    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The tables that got rows.
    pub(crate) fn changed(&self, part: &Part) -> Vec<String> {
        let filled = self.tables.iter().zip(&part.rows).enumerate();
        filled
            .filter(|(at, (_, rows))| **rows > 0 || (*at == 0 && part.told.there > 0))
            .map(|(_, (table, _))| table.name().to_owned())
            .collect()
    }

    pub(crate) fn judge(
        &self,
        record: &Record,
        log: &Log,
        given: Given,
        kept_out: &KeptOut,
        seat: &mut Seat<'_>,
    ) -> Result<Verdict, Unjudged> {
        let origin = Origin::of(record);
        let kept = Kept::of(record, &origin, kept_out);
        let row = match self.topic {
            Topic::Raw if origin.kind() == event::Kind::Heartbeat.as_str() => {
                return self.accepted(record, &origin, given, seat);
            }
            Topic::Raw => raw::row(record, &origin, kept),
            Topic::Rejected => rejected::row(record, &origin, kept),
            Topic::Filtered => filtered::row(record, &origin),
            Topic::Deliveries => deliveries::row(record, &origin),
            // What a stage keeps there for itself is nobody's state.
            Topic::Entities if event::note::word(&record.key_text()).is_some() => return Ok(Verdict::Out),
            Topic::Entities => entities::row(record, &origin),
            Topic::Loaded => match loaded::row(record) {
                Some(row) => row,
                None => return Ok(Verdict::Out),
            },
            Topic::Enriched | Topic::Flat => return Ok(Verdict::Out),
        };
        if let Some(verdict) = self.without_row(record, &origin, given, seat) {
            return Ok(verdict);
        }
        seat.part.told.row(origin.company_id, origin.received_at_micro());
        let row = with_log(row, record, log, seat.part.range.first);
        self.push(0, &row, seat)?;
        Ok(Verdict::In)
    }

    /// The verdict of a record whose row does not go in.
    fn without_row(
        &self,
        record: &Record,
        origin: &Origin<'_>,
        given: Given,
        seat: &mut Seat<'_>,
    ) -> Option<Verdict> {
        match given {
            Given::Nothing | Given::Planned(Verdict::In) => None,
            Given::There | Given::Planned(Verdict::There) => {
                seat.part.told.row(origin.company_id, origin.received_at_micro());
                seat.part.told.there += 1;
                Some(Verdict::There)
            }
            Given::Planned(Verdict::Out) => Some(Verdict::Out),
            Given::Condemned => {
                tracing::error!(
                    kafka.topic = self.topic.short(),
                    kafka.partition = record.partition,
                    kafka.offset = record.offset,
                    "clickhouse refuses to archive a record: it is left out"
                );
                Some(Verdict::Out)
            }
        }
    }

    /// A heartbeat's counts. The table keeps the greatest, so they may go in twice.
    fn accepted(
        &self,
        record: &Record,
        origin: &Origin<'_>,
        given: Given,
        seat: &mut Seat<'_>,
    ) -> Result<Verdict, Unjudged> {
        if given == Given::Planned(Verdict::Out) || given == Given::Condemned {
            return Ok(Verdict::Out);
        }
        let rows = accepted::rows(record, origin);
        for row in &rows {
            self.push(1, row, seat)?;
        }
        Ok(if rows.is_empty() {
            Verdict::Out
        } else {
            Verdict::In
        })
    }

    fn push(&self, at: usize, row: &[Value<'_>], seat: &mut Seat<'_>) -> Result<(), warehouse::Error> {
        self.tables
            .get(at)
            .map_or(Ok(()), |table| seat.push(at, table, row))
    }
}

fn table(name: &str, own: Columns, log: Columns) -> Result<Table, warehouse::Error> {
    let columns = own
        .iter()
        .chain(log)
        .map(|(name, kind)| Ok(Column::plain(name, ColumnType::parse(kind)?)));
    let columns = columns
        .collect::<Result<Vec<_>, UnknownType>>()
        .map_err(|error| warehouse::Error::Table {
            table: name.to_owned(),
            message: error.to_string(),
        })?;
    Table::new(name, columns)
}

fn with_log<'a>(mut row: Row<'a>, record: &Record, log: &'a Log, batch_first_offset: i64) -> Row<'a> {
    row.extend([
        Value::text(&log.topic_id),
        Value::UInt(u64::from(record.partition.unsigned_abs())),
        Value::UInt(record.offset.unsigned_abs()),
        Value::UInt(batch_first_offset.unsigned_abs()),
    ]);
    row
}
