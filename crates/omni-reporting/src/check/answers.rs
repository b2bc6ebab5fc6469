//! Questions put to a scratch database as the server puts them: as the user who may only read, with the server's settings.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use warehouse::{Limits, Warehouse};

use crate::api::Column;
use crate::board::{Board, Statement};
use crate::question::{Question, Setting};
use crate::scratch::{Scratch, events};
use crate::state::State;

/// What a statement answered, whole.
#[derive(Debug, Clone, Deserialize)]
pub struct Rows {
    #[serde(rename = "meta")]
    pub columns: Vec<Column>,
    #[serde(rename = "data")]
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Rows by column name.
    pub fn named(&self) -> Vec<BTreeMap<&str, &Value>> {
        let names = || self.columns.iter().map(|column| column.name.as_str());
        self.rows.iter().map(|row| names().zip(row).collect()).collect()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Warehouse(#[from] warehouse::Error),
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// What a question is asked with, beside the viewer's choices.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'q> {
    pub state: &'q State,
    pub now: OffsetDateTime,
    pub top: u32,
}

/// Asks a scratch database.
#[derive(Debug, Clone)]
pub struct Asker {
    pub board: Arc<Board>,
    reader: Warehouse,
    limits: Limits,
    /// The company of a case that names none: the first of the fixtures.
    company: u64,
}

/// The user who may only read; without one the owner of the database asks.
#[derive(Debug, Clone)]
pub struct Reader {
    pub user: String,
    pub password: String,
}

impl Asker {
    pub fn new(
        scratch: &Scratch,
        board: Arc<Board>,
        reader: Option<&Reader>,
    ) -> Result<Self, warehouse::Error> {
        let mut config = crate::Config {
            warehouse: scratch.config.clone(),
            ..crate::Config::default()
        };
        if let Some(reader) = reader {
            config.reporting.warehouse_user.clone_from(&reader.user);
            config.reporting.warehouse_password = reader.password.clone().into();
        }
        let events = events(scratch.family.head()).unwrap_or_default();
        let company = |event: &serde_json::Map<String, Value>| event.get("event_company_id")?.as_u64();
        let companies: BTreeSet<u64> = events.iter().filter_map(|(_, event)| company(event)).collect();
        Ok(Self {
            board,
            reader: Warehouse::connect(&config.reader())?,
            limits: config.bounds().limits,
            company: companies.first().copied().unwrap_or_default(),
        })
    }

    /// The answer of a statement.
    pub async fn ask(&self, statement: &Arc<Statement>, asked: &Asked<'_>) -> Result<Rows, AskError> {
        let question = self.question(statement, asked);
        self.query(&question.sql(), &question).await
    }

    /// Anything around a statement, asked with its parameters.
    pub(super) async fn ask_around(
        &self,
        around: impl FnOnce(&str) -> String,
        statement: &Arc<Statement>,
        asked: &Asked<'_>,
    ) -> Result<Rows, AskError> {
        let question = self.question(statement, asked);
        self.query(&around(&question.sql()), &question).await
    }

    fn question(&self, statement: &Arc<Statement>, asked: &Asked<'_>) -> Question {
        let setting = Setting {
            now: asked.now,
            company: asked.state.company.unwrap_or(self.company),
            top: asked.top,
            version: 0,
            pii: true,
        };
        Question::new(&self.board, statement, asked.state, &setting)
    }

    async fn query(&self, sql: &str, question: &Question) -> Result<Rows, AskError> {
        let bytes = self.reader.query(sql, &question.named(), &self.limits).await?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}
