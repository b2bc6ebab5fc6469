//! Where questions are made: boards, the state of the tables, and the answers, in one place.
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::access::{Denied, Grant};
use crate::answer::{Answer, Answers, Unanswered};
use crate::board::{Board, List, Panel, Statement};
use crate::boards::Boards;
use crate::question::{Question, Setting};
use crate::state::State;
use crate::state::slice::Slice;
use crate::versions::{Times, Versions};
use crate::watermark::Watermarks;

/// What all viewers share.
#[derive(Debug)]
pub struct Desk {
    pub boards: Boards,
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

/// The first rows of a list, and what all of them come to.
#[derive(Debug)]
pub struct Listed {
    pub rows: Arc<Answer>,
    pub totals: Arc<Answer>,
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

impl View {
    /// The panels that the viewer may see.
    pub fn panels(&self) -> impl Iterator<Item = &Arc<Panel>> {
        let panels = self.board.panels.iter();
        panels.filter(|panel| self.grant.sees(&self.board, &panel.id))
    }
}

impl Desk {
    /// The board of this id; of several versions the first configured.
    pub fn board(&self, id: &str) -> Option<Arc<Board>> {
        self.boards.find(id)
    }

    /// The company that a view shows now.
    pub fn company(&self, view: &View) -> Result<u64, Denied> {
        view.grant
            .company(view.state.company, &self.watermarks.companies())
    }

    /// The question that a statement and a view come to now. What the grant locks is put in here, after everything else.
    pub fn ask(&self, view: &View, statement: &Arc<Statement>, top: u32) -> Result<Asked, Denied> {
        let now = OffsetDateTime::now_utc();
        let company = self.company(view)?;
        let state = view.grant.lock(&view.state, &view.board.declared)?;
        let (version, times) = self.versions.of(statement.tables(&state), company);
        let setting = Setting {
            now,
            company,
            top,
            version,
            pii: view.grant.pii(),
        };
        let window = state.period.window(state.compare, state.zone, now);
        Ok(Asked {
            question: Question::new(&view.board, statement, &state, &setting),
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

    /// The first rows of a list and its totals now. Rows that land between the two are told of by the next answer.
    pub async fn list(
        &self,
        view: &View,
        list: &List,
        slice: &Slice,
    ) -> Result<Result<Listed, Unanswered>, Denied> {
        let rows = match &slice.order {
            None => Arc::clone(&list.first),
            Some(order) => Arc::new(list.ordered(order)),
        };
        let rows = self.ask(view, &rows, slice.rows)?;
        let totals = self.ask(view, &list.totals, slice.rows)?;
        let (rows, totals) = tokio::join!(
            self.answers.answer(&rows.question),
            self.answers.answer(&totals.question)
        );
        Ok(rows.and_then(|rows| {
            Ok(Listed {
                rows,
                totals: totals?,
            })
        }))
    }

    /// The question for all rows of a list, without a limit.
    pub fn whole(&self, view: &View, list: &List) -> Result<Question, Denied> {
        Ok(self.ask(view, &list.whole, self.top)?.question)
    }
}
