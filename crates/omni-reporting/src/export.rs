//! An answer as CSV (RFC 4180): the same bytes the page has, safe to open in a spreadsheet. A whole list is sent on row by
//! row, so that it is never held.
//!
//! A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left as they are. A list is
//! one cell, its items apart by `; `.
use std::io;

use bytes::Bytes;
use futures::Stream;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use warehouse::Pieces;

use crate::answer::Answer;

/// Characters that begin a formula in one spreadsheet or another.
const FORMULA_STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// The whole answer, with a head line of column names.
pub fn csv(answer: &Answer) -> Result<String, serde_json::Error> {
    let rows: Vec<Vec<Value>> = serde_json::from_str(answer.rows.get())?;
    let mut text = String::with_capacity(answer.rows.get().len());
    line(&mut text, answer.columns.iter().map(|column| column.name.clone()));
    for row in &rows {
        let kind = |at: usize| answer.columns.get(at).map(|column| column.kind.as_str());
        row_line(&mut text, row, kind);
    }
    Ok(text)
}

/// The whole of an answer that comes piece by piece; the place is held until its end.
pub fn stream(pieces: Pieces, place: OwnedSemaphorePermit) -> impl Stream<Item = io::Result<Bytes>> {
    let file = File {
        pieces,
        rows: Rows::default(),
        _place: place,
    };
    futures::stream::try_unfold(file, |mut file| async move {
        while let Some(piece) = file.pieces.next().await.map_err(io::Error::other)? {
            let text = file.rows.take(&piece)?;
            if !text.is_empty() {
                return Ok(Some((Bytes::from(text), file)));
            }
        }
        Ok(None)
    })
}

struct File {
    pieces: Pieces,
    rows: Rows,
    _place: OwnedSemaphorePermit,
}

/// Makes rows of pieces that are cut anywhere: first a line of names, then one of types, then the rows.
#[derive(Default)]
struct Rows {
    rest: Vec<u8>,
    kinds: Option<Vec<String>>,
    has_head: bool,
}

impl Rows {
    /// The rows that this piece completes.
    fn take(&mut self, piece: &[u8]) -> Result<String, serde_json::Error> {
        let mut text = String::with_capacity(piece.len());
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                self.line(&mut text, &line)?;
            }
        }
        Ok(text)
    }

    fn line(&mut self, text: &mut String, bytes: &[u8]) -> Result<(), serde_json::Error> {
        if !self.has_head {
            self.has_head = true;
            let names: Vec<String> = serde_json::from_slice(bytes)?;
            line(text, names.into_iter());
        } else if let Some(kinds) = &self.kinds {
            let row: Vec<Value> = serde_json::from_slice(bytes)?;
            row_line(text, &row, |at| kinds.get(at).map(String::as_str));
        } else {
            self.kinds = Some(serde_json::from_slice(bytes)?);
        }
        Ok(())
    }
}

fn row_line<'k>(text: &mut String, row: &[Value], kind: impl Fn(usize) -> Option<&'k str>) {
    let cells = row.iter().enumerate();
    line(
        text,
        cells.map(|(at, value)| cell(value, kind(at).is_none_or(is_text))),
    );
}

/// Whether the column holds what somebody wrote, not numbers or times.
fn is_text(kind: &str) -> bool {
    kind.contains("String") || kind.contains("Enum")
}

fn cell(value: &Value, is_text: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_text && text.starts_with(FORMULA_STARTS) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| cell(item, false)).collect();
            cell(&Value::String(items.join("; ")), is_text)
        }
        other => other.to_string(),
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::api::Column;
    use serde_json::value::RawValue;

    fn of(kind: &str, rows: &str) -> String {
        let answer = Answer {
            columns: vec![Column {
                name: "a".to_owned(),
                kind: kind.to_owned(),
            }],
            rows: RawValue::from_string(rows.to_owned()).unwrap(),
            hash: 0,
            as_of: String::new(),
            took: std::time::Duration::ZERO,
        };
        csv(&answer).unwrap().strip_prefix("a\r\n").unwrap().to_owned()
    }

    #[test]
    fn no_cell_starts_a_formula() {
        for start in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            let out = of("String", &serde_json::to_string(&[[start]]).unwrap());
            assert!(
                out.trim_start_matches('"').starts_with('\''),
                "{start:?} gave {out:?}"
            );
        }
        assert_eq!(of("LowCardinality(String)", r#"[["=x"]]"#), "'=x\r\n");
        assert_eq!(of("Array(String)", r#"[[["=x","y"]]]"#), "'=x; y\r\n");
    }

    #[test]
    fn numbers_keep_their_sign_and_digits() {
        assert_eq!(
            of("Nullable(Decimal(38, 16))", r#"[["-12.50"],[null],[0.10]]"#),
            "-12.50\r\n\r\n0.10\r\n"
        );
    }

    #[test]
    fn quotes_commas_and_lines_stay_inside_their_cell() {
        assert_eq!(of("String", r#"[["a,\"b\"\nc"]]"#), "\"a,\"\"b\"\"\nc\"\r\n");
    }

    #[test]
    fn rows_come_whole_out_of_pieces_that_are_cut_anywhere() {
        let answer = "[\"title\", \"value\"]\n[\"String\", \"Nullable(Decimal(18, 4))\"]\n[\"=é\", \"-1.5\"]\n[\"a,b\", null]\n";
        for size in 1..answer.len() {
            let mut rows = Rows::default();
            let parts = answer
                .as_bytes()
                .chunks(size)
                .map(|piece| rows.take(piece).unwrap());
            assert_eq!(
                parts.collect::<String>(),
                "title,value\r\n'=é,-1.5\r\n\"a,b\",\r\n",
                "pieces of {size}"
            );
        }
    }
}
