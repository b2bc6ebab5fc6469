//! CSV: a head, then a row a line, between commas, semicolons or tabs; quotes as in RFC 4180.
use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::Map;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::judge::Judge;
use crate::{SheetError, cell};

const UTF8_MARK: &str = "\u{feff}";
/// What may stand between two cells.
const BETWEEN: [u8; 3] = [b',', b';', b'\t'];

/// The text of a file, without a byte order mark.
pub(crate) fn of(bytes: &[u8]) -> Result<&str, SheetError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(SheetError::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        SheetError::NotText {
            line: good.split(|byte| *byte == b'\n').count(),
        }
    })?;
    Ok(text.strip_prefix(UTF8_MARK).unwrap_or(text))
}

/// Gives every row to the judge; the columns that nothing asks for.
pub(crate) fn rows(text: &str, fields: &Fields, judge: &mut Judge<'_>) -> Result<Vec<String>, SheetError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut lines = Lines::of(text);
    let mut record = StringRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(SheetError::Empty);
    }
    let head: Vec<String> = record.iter().map(str::to_owned).collect();
    let (places, unused) = fields.places(&head)?;
    while next(&mut reader, &mut record)? {
        let line = record.position().map_or(0, |at| lines.at(at.byte()));
        if record.len() == head.len() {
            judge_row(&record, line, fields, &places, judge)?;
        } else if record.iter().any(|cell| !cell.is_empty()) {
            let message = format!("has {} cells, the head has {}", record.len(), head.len());
            judge.refuse(vec![Fault {
                line,
                column: None,
                message,
            }])?;
        }
    }
    Ok(unused)
}

/// Counts lines as an editor does. The reader's own count begins a row at the end of the one before: one less where lines
/// end in CR LF, and before empty lines.
struct Lines<'t> {
    text: &'t [u8],
    counted: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    /// The line of the row that begins at or after this byte; rows are asked for in their order.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(found) = self.text.get(self.counted) {
            let is_end = matches!(found, b'\r' | b'\n');
            if self.counted >= byte && !is_end {
                break;
            }
            self.counted += 1;
            let is_pair = *found == b'\r' && self.text.get(self.counted) == Some(&b'\n');
            self.line += u64::from(is_end && !is_pair);
        }
        self.line
    }
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut StringRecord) -> Result<bool, SheetError> {
    reader.read_record(record).map_err(|error| SheetError::Csv {
        line: error.position().map_or(1, csv::Position::line),
        column: 1,
        message: error.to_string(),
    })
}

fn judge_row(
    record: &StringRecord,
    line: u64,
    fields: &Fields,
    places: &[Option<usize>],
    judge: &mut Judge<'_>,
) -> Result<(), SheetError> {
    if record.iter().all(str::is_empty) {
        return Ok(());
    }
    let mut row = Map::new();
    let mut faults = Vec::new();
    for (field, place) in fields.0.iter().zip(places) {
        let text = place.and_then(|place| record.get(place)).unwrap_or_default();
        match cell::read(text, field.scalar, judge.decimals) {
            Ok(value) => {
                if let Some(value) = value.or_else(|| field.default.clone()) {
                    row.insert(field.name.clone(), value);
                }
            }
            Err(message) => faults.push(Fault {
                line,
                column: Some(field.column.clone()),
                message: message.to_owned(),
            }),
        }
    }
    if faults.is_empty() {
        judge.row(line, row)
    } else {
        judge.refuse(faults)
    }
}

/// The one that the head has most of; a comma where it has none.
fn delimiter(text: &str) -> u8 {
    let head = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [0_usize; BETWEEN.len()];
    for byte in head.bytes() {
        is_quoted ^= byte == b'"';
        let found = BETWEEN.iter().position(|between| *between == byte && !is_quoted);
        if let Some(count) = found.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let at = counts.iter().position(|count| *count == most).unwrap_or_default();
    BETWEEN.get(at).copied().unwrap_or(b',')
}
