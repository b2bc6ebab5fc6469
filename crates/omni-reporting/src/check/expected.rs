//! `fixtures/expected/<panel>.json`: what a panel answers on the fixtures, case by case.
use serde::{Deserialize, Serialize};
use serde_json::Value;
use template::Finding;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::board::Board;
use crate::state::State;

/// Rows of a list when a case does not say.
const TOP: u32 = 20;

/// All cases of one panel.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The names of the result's columns, in order.
    pub columns: Vec<String>,
    pub cases: Vec<Case>,
}

/// One question and its answer.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in words.
    #[serde(rename = "case")]
    pub name: String,
    /// The viewer's choices, as the address of the board writes them.
    #[serde(default)]
    pub query: String,
    /// When it is asked, RFC 3339.
    pub now: String,
    /// Whether the rates of `fixtures/fx_daily.ndjson` are there.
    #[serde(default)]
    pub rates: bool,
    /// Rows of a list before all others become one.
    #[serde(default = "top")]
    pub top: u32,
    pub rows: Vec<Vec<Value>>,
}

fn top() -> u32 {
    TOP
}

/// A case that can be asked.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) case: Case,
    pub(crate) state: State,
    pub(crate) now: OffsetDateTime,
    /// Where it stands in its file.
    pub(crate) line: usize,
}

/// The path of a panel's file.
pub fn file_of(panel: &str) -> String {
    format!("fixtures/expected/{panel}.json")
}

/// Reads the file of a panel; all that cannot be asked is found.
pub(crate) fn read(
    panel: &str,
    text: &str,
    board: &Board,
) -> Result<(Vec<String>, Vec<Ready>), Vec<Finding>> {
    let file = file_of(panel);
    let expected: Expected = serde_json::from_str(text)
        .map_err(|error| vec![Finding::new(&file, error.line(), error.to_string())])?;
    let (mut cases, mut findings) = (Vec::new(), Vec::new());
    for case in expected.cases {
        let line = line_of_case(text, &case.name);
        let state = State::read(&case.query, &board.declared);
        let now = OffsetDateTime::parse(&case.now, &Rfc3339);
        match (state, now) {
            (Ok(state), Ok(now)) => cases.push(Ready {
                case,
                state,
                now,
                line,
            }),
            (Err(refusal), _) => findings.push(Finding::new(&file, line, format!("query: {refusal}"))),
            (_, Err(_)) => findings.push(Finding::new(
                &file,
                line,
                format!("now: {} is no RFC 3339", case.now),
            )),
        }
    }
    if findings.is_empty() {
        Ok((expected.columns, cases))
    } else {
        Err(findings)
    }
}

/// The line where the case's name stands.
fn line_of_case(text: &str, name: &str) -> usize {
    let quoted = serde_json::to_string(name).unwrap_or_default();
    let at = text.lines().position(|line| line.contains(&quoted));
    at.map_or(1, |at| at + 1)
}

/// The first thing in which an answer differs from what was expected.
pub(crate) fn difference(
    columns: &[String],
    expected: &[Vec<Value>],
    told: &[String],
    rows: &[Vec<Value>],
) -> Option<String> {
    if columns != told {
        return Some(format!(
            "has the columns {told:?}, and the file expects {columns:?}"
        ));
    }
    for (at, (expected, row)) in expected.iter().zip(rows).enumerate() {
        for (name, (expected, cell)) in columns.iter().zip(expected.iter().zip(row)) {
            if expected != cell {
                return Some(format!("row {}, {name}: is {cell}, expected {expected}", at + 1));
            }
        }
        if expected.len() != row.len() {
            return Some(format!(
                "row {}: has {} cells, expected {}",
                at + 1,
                row.len(),
                expected.len()
            ));
        }
    }
    (expected.len() != rows.len()).then(|| format!("has {} rows, expected {}", rows.len(), expected.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_difference_is_told_with_row_and_column() {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let rows = |json: &str| serde_json::from_str::<Vec<Vec<Value>>>(json).unwrap();
        let expected = rows(r#"[["1", 2], ["3", null]]"#);
        assert_eq!(difference(&names, &expected, &names, &expected), None);
        for (told, difference_of) in [
            (r#"[["1", 2], ["3", 0.5]]"#, "row 2, b: is 0.5, expected null"),
            (r#"[["1", 2]]"#, "has 1 rows, expected 2"),
        ] {
            assert_eq!(
                difference(&names, &expected, &names, &rows(told)).unwrap(),
                difference_of
            );
        }
        assert!(difference(&names, &expected, &["a".to_owned()], &expected).is_some());
    }
}
