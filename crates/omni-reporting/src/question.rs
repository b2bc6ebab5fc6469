//! One question to the warehouse: a statement and the value of each of its parameters.
//!
//! Equal questions have equal keys as long as no table under them changed: `asof` is rounded down to the minute, and
//! only what the statement uses is in the key.
use std::borrow::Cow;
use std::sync::Arc;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use warehouse::Param;
use xxhash_rust::xxh3::Xxh3;

use crate::board::{Board, Statement};
use crate::state::{Kind, State, Window};

/// A statement with its values.
#[derive(Debug, Clone)]
pub struct Question {
    pub statement: Arc<Statement>,
    pub parameters: Vec<(String, Param)>,
    /// The same for equal questions about equal tables.
    pub key: u128,
}

/// What a statement is asked with, beside the viewer's choices.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub now: OffsetDateTime,
    /// 0 when no company is known: nothing has that id.
    pub company: u64,
    /// Rows before all others become one.
    pub top: u32,
    /// Version of the tables under the statement, for this company.
    pub version: u64,
    /// Whether the viewer may see who persons are.
    pub pii: bool,
}

impl Question {
    /// Puts the choices into the parameters that the statement uses.
    pub fn new(board: &Board, statement: &Arc<Statement>, state: &State, setting: &Setting) -> Self {
        let window = state.period.window(state.compare, state.zone, setting.now);
        let mut parameters = Vec::with_capacity(statement.uses.len());
        for name in &statement.uses {
            parameters.push((name.clone(), value(name, board, state, &window, setting)));
        }
        let mut hash = Xxh3::new();
        hash.update(board.hash.as_bytes());
        hash.update(statement.name.as_bytes());
        hash.update(&setting.version.to_le_bytes());
        hash.update(&setting.company.to_le_bytes());
        hash.update(format!("{parameters:?}").as_bytes());
        Self {
            statement: Arc::clone(statement),
            parameters,
            key: hash.digest128(),
        }
    }

    /// The statement as it is sent.
    pub fn sql(&self) -> Cow<'_, str> {
        self.statement.asked(|variable| {
            let found = self.parameters.iter().find(|(name, _)| name == variable);
            found.is_some_and(|(_, value)| is_empty(value))
        })
    }

    /// The parameters as the warehouse takes them.
    pub fn named(&self) -> Vec<(&str, Param)> {
        let parameters = self.parameters.iter();
        parameters
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect()
    }
}

fn is_empty(value: &Param) -> bool {
    match value {
        Param::Texts(texts) => texts.is_empty(),
        Param::UInts(numbers) => numbers.is_empty(),
        _ => false,
    }
}

fn value(name: &str, board: &Board, state: &State, window: &Window, setting: &Setting) -> Param {
    match name {
        "company" => Param::UInt(setting.company),
        "from" => instant(window.from),
        "to" => instant(window.to),
        "pfrom" => instant(window.previous_from),
        "pto" => instant(window.previous_to),
        "asof" => instant(minute(setting.now)),
        "tz" => state.zone.name().into(),
        "grain" => window.grain.as_str().into(),
        "currency" => state.currency.as_str().into(),
        "top" => Param::UInt(u64::from(setting.top)),
        "pii" => Param::Bool(setting.pii),
        other => chosen(other, board, state),
    }
}

fn chosen(name: &str, board: &Board, state: &State) -> Param {
    let values = state.values.get(name).cloned().unwrap_or_default();
    let kind = board.kind(name);
    let number = |text: &String| text.parse::<u64>().unwrap_or_default();
    match kind {
        Kind::Texts => Param::Texts(values),
        Kind::Instants => Param::Texts(values.iter().filter_map(|value| moment(value)).collect()),
        Kind::Numbers => Param::UInts(values.iter().map(number).collect()),
        Kind::Text => Param::Text(values.into_iter().next().unwrap_or_default()),
        Kind::Number => Param::UInt(values.first().map(number).unwrap_or_default()),
    }
}

fn minute(now: OffsetDateTime) -> OffsetDateTime {
    now.saturating_sub(Duration::new(i64::from(now.second()), now.nanosecond() as i32))
}

fn moment(rfc3339: &str) -> Option<String> {
    let at = OffsetDateTime::parse(rfc3339, &Rfc3339).ok()?;
    Some(instant_text(at))
}

fn instant(at: OffsetDateTime) -> Param {
    Param::Text(instant_text(at))
}

/// As ClickHouse reads a `DateTime64(3, 'UTC')`.
fn instant_text(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::board::Preferences;
    use time::macros::datetime;

    fn ask(panel: &str, query: &str, setting: Setting) -> Question {
        let registry = template::Registry::builtin().unwrap();
        let board = Board::load(
            &registry.family("pipedrive-deals/2.0").unwrap(),
            &Preferences::default(),
        )
        .unwrap();
        let state = State::read(query, &board.declared).unwrap();
        Question::new(&board, &board.panel(panel).unwrap().statement, &state, &setting)
    }

    const SETTING: Setting = Setting {
        now: datetime!(2026-03-15 12:34:56.789 UTC),
        company: 1001,
        top: 20,
        version: 1,
        pii: true,
    };

    #[test]
    fn each_parameter_has_the_value_of_its_choice() {
        let question = ask(
            "won_value",
            "period=this_month&tz=Europe/Berlin&source=a,b&owner=7&compare=off",
            SETTING,
        );
        let value = |name: &str| &question.parameters.iter().find(|(own, _)| own == name).unwrap().1;
        assert_eq!(value("from"), &Param::from("2026-02-28 23:00:00.000"));
        assert_eq!(value("to"), &Param::from("2026-03-31 22:00:00.000"));
        assert_eq!(value("pto"), value("pfrom"));
        assert_eq!(value("asof"), &Param::from("2026-03-15 12:34:00.000"));
        assert_eq!(value("grain"), &Param::from("day"));
        assert_eq!(
            value("source"),
            &Param::Texts(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(value("owner"), &Param::UInts(vec![7]));
        assert_eq!(value("company"), &Param::UInt(1001));
    }

    #[test]
    fn a_key_moves_with_the_tables_the_company_and_what_the_statement_uses_alone() {
        let key = |query: &str, setting| ask("open_pipeline", query, setting).key;
        let usual = key("", SETTING);
        assert_eq!(usual, key("period=7d&compare=year", SETTING));
        assert_eq!(
            usual,
            key(
                "",
                Setting {
                    now: SETTING.now + Duration::seconds(3),
                    ..SETTING
                }
            )
        );
        assert_ne!(usual, key("currency=USD", SETTING));
        assert_ne!(
            usual,
            key(
                "",
                Setting {
                    version: 2,
                    ..SETTING
                }
            )
        );
        assert_ne!(
            usual,
            key(
                "",
                Setting {
                    company: 1002,
                    ..SETTING
                }
            )
        );
        assert_ne!(
            usual,
            key(
                "",
                Setting {
                    now: SETTING.now + Duration::minutes(1),
                    ..SETTING
                }
            )
        );
    }
}
