//! The answers of a template's panels on its fixtures as they are now, for the author to look at and keep.
use template::Finding;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answers::{Asked, Asker, Rows};
use super::expected::{Case, Expected, difference, file_of, read};
use super::trial::{Trial, TrialError};
use super::{Whole, described};
use crate::board::Panel;
use crate::scratch::{Order, Scratch, events};
use crate::state::State;

/// What a panel answers.
#[derive(Debug)]
pub struct Told {
    pub panel: String,
    /// The file as it would be written.
    pub expected: Expected,
    /// What is other than in the file that is there.
    pub differences: Vec<String>,
}

/// Asks every panel, or the one of this id: the cases of its file, or one case when it has none.
pub async fn expect(
    whole: &Whole,
    place: &Trial,
    only: Option<&str>,
) -> Result<(Vec<Told>, Vec<Finding>), TrialError> {
    let Some(board) = &whole.board else {
        return Ok((Vec::new(), Vec::new()));
    };
    let scratch = Scratch::new(&place.server, whole.family.clone()).await?;
    let asker = Asker::new(&scratch, board.clone(), place.reader.as_ref())?;
    let told = ask_all(&scratch, &asker, only).await;
    scratch.remove().await;
    told
}

async fn ask_all(
    scratch: &Scratch,
    asker: &Asker,
    only: Option<&str>,
) -> Result<(Vec<Told>, Vec<Finding>), TrialError> {
    scratch.load(Order::AsWritten).await?;
    let (mut told, mut findings) = (Vec::new(), Vec::new());
    for panel in asker
        .board
        .panels
        .iter()
        .filter(|panel| only.is_none_or(|id| panel.id == id))
    {
        match ask(scratch, asker, panel).await? {
            Ok(one) => told.push(one),
            Err(found) => findings.extend(found),
        }
    }
    Ok((told, findings))
}

async fn ask(
    scratch: &Scratch,
    asker: &Asker,
    panel: &Panel,
) -> Result<Result<Told, Vec<Finding>>, TrialError> {
    let text = scratch.family.head().file(&file_of(&panel.id));
    let (columns, cases) = match text.map(|text| read(&panel.id, text, &asker.board)) {
        Some(Ok((columns, cases))) => (columns, cases.into_iter().map(|ready| ready.case).collect()),
        Some(Err(findings)) => return Ok(Err(findings)),
        None => (Vec::new(), vec![first_case(scratch)]),
    };
    let mut expected = Expected {
        columns: columns.clone(),
        cases: Vec::new(),
    };
    let mut differences = Vec::new();
    for case in cases {
        if case.rates {
            scratch.load_rates().await?;
        } else {
            scratch.forget_rates().await?;
        }
        let rows: Rows = match answer(asker, panel, &case).await {
            Ok(rows) => rows,
            Err(finding) => return Ok(Err(vec![finding])),
        };
        if let Some(differs) = difference(&columns, &case.rows, &rows.names(), &rows.rows) {
            differences.push(match text {
                Some(_) => format!("case {}: {differs}", case.name),
                None => "there is no such file yet".to_owned(),
            });
        }
        expected.columns = rows.names();
        expected.cases.push(Case {
            rows: rows.rows,
            ..case
        });
    }
    Ok(Ok(Told {
        panel: panel.id.clone(),
        expected,
        differences,
    }))
}

async fn answer(asker: &Asker, panel: &Panel, case: &Case) -> Result<Rows, Finding> {
    let file = file_of(&panel.id);
    let find = |message: String| Finding::new(&file, 1, message);
    let state =
        State::read(&case.query, &asker.board.declared).map_err(|refusal| find(refusal.to_string()))?;
    let now = OffsetDateTime::parse(&case.now, &Rfc3339).map_err(|error| find(error.to_string()))?;
    let choice = Asked {
        state: &state,
        now,
        top: case.top,
    };
    let rows = asker.ask(&panel.statement, &choice).await;
    rows.map_err(|error| described::located(&panel.statement, &error, 0))
}

/// Asked with the board's defaults, an hour after the newest event of the fixtures.
fn first_case(scratch: &Scratch) -> Case {
    let events = events(scratch.family.head()).unwrap_or_default();
    let times = events
        .iter()
        .filter_map(|(_, event)| event.get("event_timestamp_micro")?.as_i64());
    let newest = times.max().unwrap_or_default() / 1_000_000;
    let now = OffsetDateTime::from_unix_timestamp(newest).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let now = now.saturating_add(time::Duration::hours(1));
    Case {
        name: "nothing chosen".to_owned(),
        query: String::new(),
        now: now.format(&Rfc3339).unwrap_or_default(),
        rates: false,
        top: 20,
        rows: Vec::new(),
    }
}

impl Told {
    /// The file's text: one case after another, a row a line.
    pub fn text(&self) -> String {
        let Expected { columns, cases } = &self.expected;
        let cases: Vec<String> = cases.iter().map(text_of).collect();
        format!(
            "{{\n  \"columns\": {},\n  \"cases\": [\n{}\n  ]\n}}\n",
            json(columns),
            cases.join(",\n")
        )
    }
}

fn text_of(case: &Case) -> String {
    let rows: Vec<String> = case
        .rows
        .iter()
        .map(|row| format!("        {}", json(row)))
        .collect();
    let rows = if rows.is_empty() {
        "[]".to_owned()
    } else {
        format!("[\n{}\n      ]", rows.join(",\n"))
    };
    let parts = [
        format!("\"case\": {}", json(&case.name)),
        format!("\"query\": {}", json(&case.query)),
        format!("\"now\": {}", json(&case.now)),
        format!("\"rates\": {}", case.rates),
        format!("\"top\": {}", case.top),
        format!("\"rows\": {rows}"),
    ];
    format!("    {{\n      {}\n    }}", parts.join(",\n      "))
}

fn json(value: &impl serde::Serialize) -> String {
    // Text and numbers: nothing in them can fail.
    serde_json::to_string(value).unwrap_or_default()
}
