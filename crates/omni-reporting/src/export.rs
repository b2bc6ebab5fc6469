//! An answer as CSV (RFC 4180): the same bytes the page has, safe to open in a spreadsheet.
//!
//! A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left as they are. A list is
//! one cell, its items apart by `; `.
use serde_json::Value;

use crate::answer::Answer;

/// Characters that begin a formula in one spreadsheet or another.
const FORMULA_STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// The whole answer, with a head line of column names.
pub fn csv(answer: &Answer) -> Result<String, serde_json::Error> {
    let rows: Vec<Vec<Value>> = serde_json::from_str(answer.rows.get())?;
    let mut text = String::with_capacity(answer.rows.get().len());
    line(&mut text, answer.columns.iter().map(|column| column.name.clone()));
    for row in &rows {
        line(
            &mut text,
            row.iter().enumerate().map(|(at, value)| {
                let kind = answer
                    .columns
                    .get(at)
                    .map_or("String", |column| column.kind.as_str());
                cell(value, is_text(kind))
            }),
        );
    }
    Ok(text)
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
}
