//! Where questions are made: boards, the state of the tables, and the answers, in one place.
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::access::{Denied, Grant};
use crate::answer::{Answer, Answers, Unanswered};
use crate::board::{Board, Panel, Statement};
use crate::question::{Question, Setting};
use crate::state::State;
use crate::versions::{Times, Versions};
use crate::watermark::Watermarks;

/// What all viewers share.
#[derive(Debug)]
pub struct Desk {
    pub boards: Vec<Arc<Board>>,
    pub answers: Answers,
    pub versions: Versions,
    pub watermarks: Watermarks,
    /// Rows of a list before all others become one.
    pub top: u32,
}

/// What a viewer looks at: choices that were judged, and what the viewer may see.
#[derive(Debug, Clone)]
pub struct View {
    pub board: Arc<Board>,
    pub state: State,
    pub grant: Grant,
}

/// A question, and what it was made from.
#[derive(Debug)]
pub struct Asked {
    pub question: Question,
    pub company: u64,
    pub version: u64,
    pub times: Times,
    /// When the clock alone will change the answer.
    pub edge_in: Duration,
}

impl Desk {
    /// The board of this id; of several versions the first configured.
    pub fn board(&self, id: &str) -> Option<&Arc<Board>> {
        self.boards.iter().find(|board| board.id == id)
    }

    /// The company that a view shows now.
    pub fn company(&self, view: &View) -> Result<u64, Denied> {
        view.grant
            .company(view.state.company, &self.watermarks.companies())
    }

    /// The question that a statement and a view come to now.
    pub fn ask(&self, view: &View, statement: &Arc<Statement>, top: u32) -> Result<Asked, Denied> {
        let now = OffsetDateTime::now_utc();
        let company = self.company(view)?;
        let (version, times) = self.versions.of(statement.tables(&view.state), company);
        let setting = Setting {
            now,
            company,
            top,
            version,
            pii: view.grant.pii(),
        };
        let window = view.state.period.window(view.state.compare, view.state.zone, now);
        Ok(Asked {
            question: Question::new(&view.board, statement, &view.state, &setting),
            company,
            version,
            times,
            edge_in: (window.next_edge - now).try_into().unwrap_or(Duration::ZERO),
        })
    }

    /// The answer of a panel now.
    pub async fn panel(&self, view: &View, panel: &Panel) -> Result<Result<Arc<Answer>, Unanswered>, Denied> {
        let asked = self.ask(view, &panel.statement, self.top)?;
        Ok(self.answers.answer(&asked.question).await)
    }
}
