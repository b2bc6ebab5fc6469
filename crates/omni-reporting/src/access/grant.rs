//! What a request may see. Only [`super::authorise`] makes one.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Denied;
use super::narrow::{Choosing, Within};
use super::token::{Believed, Unbelieved};
use crate::board::Board;
use crate::state::{Declared, State};

/// The kind of panel that tells how old the newest event is.
const FRESHNESS: &str = "freshness";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever sits at this machine, on a board that is open to it alone.
    Machine,
    /// Whoever reaches the port, on a board that is open to the network.
    Anybody,
    User(String),
    /// By the key's id.
    ApiKey(String),
    /// By the id of the key that signed.
    Embed(String),
}

/// What a request may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(super) who: Who,
    /// Empty: every company.
    pub(super) companies: Vec<u64>,
    /// Whether who persons are may be seen.
    pub(super) pii: bool,
    pub(super) embed: Option<Arc<Embed>>,
}

/// What a token narrows a grant to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Embed {
    pub(super) board: String,
    pub(super) choosing: Choosing,
    pub(super) panels: Vec<String>,
    pub(super) sections: Vec<String>,
    /// Seconds since 1970.
    pub(super) ends_at: u64,
}

impl Embed {
    /// Whether every filter that is locked narrows the panel.
    fn holds(&self, board: &Board, panel: &str) -> bool {
        let told = board.manifest.panels.iter().find(|told| told.id == panel);
        let is_of_pipeline = told.is_some_and(|told| told.kind == FRESHNESS);
        is_of_pipeline
            || board
                .panel(panel)
                .is_none_or(|panel| self.choosing.narrows(&panel.statement.uses, &board.declared))
    }
}

impl Grant {
    pub(super) fn of(who: Who, companies: &[u64], pii: bool) -> Self {
        Self {
            who,
            companies: companies.to_vec(),
            pii,
            embed: None,
        }
    }

    /// What a token opens.
    pub(super) fn of_token(believed: Believed) -> Result<Self, Unbelieved> {
        let claims = believed.claims;
        let locked = claims.locked()?;
        Ok(Self {
            who: Who::Embed(believed.key),
            companies: vec![claims.company],
            pii: claims.pii,
            embed: Some(Arc::new(Embed {
                board: claims.template,
                choosing: Choosing::new(locked, claims.allow),
                panels: claims.panels,
                sections: claims.sections,
                ends_at: claims.exp,
            })),
        })
    }

    pub fn who(&self) -> &Who {
        &self.who
    }

    /// The company to show: the chosen one if it may be seen, else the first.
    pub fn company(&self, chosen: Option<u64>, with_rows: &[u64]) -> Result<u64, Denied> {
        match chosen {
            Some(company) if self.companies.is_empty() || self.companies.contains(&company) => Ok(company),
            Some(_) => Err(Denied::Company),
            None => Ok(self.offered(with_rows).first().copied().unwrap_or_default()),
        }
    }

    /// The companies a viewer may choose from.
    pub fn offered<'a>(&'a self, with_rows: &'a [u64]) -> &'a [u64] {
        if self.companies.is_empty() {
            with_rows
        } else {
            &self.companies
        }
    }

    /// Whether who persons are may be seen.
    pub fn pii(&self) -> bool {
        self.pii
    }

    /// Whether the board is one of those that may be seen, and is as the grant supposes it.
    pub fn opens(&self, board: &Board) -> Result<(), Denied> {
        let Some(embed) = &self.embed else {
            return Ok(());
        };
        if embed.board != board.id {
            return Err(Denied::Board);
        }
        embed.choosing.check(&board.declared).map(drop)
    }

    /// Whether the panel of this board may be seen. One that passes over a filter which is locked would tell of what is locked
    /// away, so it is hidden; freshness tells of the pipeline and not of what is in it.
    pub fn sees(&self, board: &Board, panel: &str) -> bool {
        let Some(embed) = &self.embed else {
            return true;
        };
        let is_hidden = board.panel(panel).is_some_and(|panel| {
            panel
                .hidden_when_locked
                .iter()
                .any(|name| embed.choosing.is_fixed(name))
        });
        let of_sections = board
            .manifest
            .sections
            .iter()
            .filter(|section| embed.sections.contains(&section.id))
            .any(|section| section.panels.iter().any(|own| own == panel));
        let is_whole = embed.panels.is_empty() && embed.sections.is_empty();
        !is_hidden
            && embed.holds(board, panel)
            && (is_whole || of_sections || embed.panels.iter().any(|own| own == panel))
    }

    /// The choices as they are answered, if all of them may be made; `declared` is the board's.
    pub fn narrow(&self, asked: &State, declared: &Declared, within: Within) -> Result<State, Denied> {
        if let Some(embed) = &self.embed {
            embed.choosing.allows(asked, declared, within)?;
        }
        self.lock(asked, declared)
    }

    /// The choices with what is locked over them, whatever was asked. Doing it twice changes nothing.
    pub fn lock(&self, asked: &State, declared: &Declared) -> Result<State, Denied> {
        match &self.embed {
            Some(embed) => embed.choosing.lock(asked, declared),
            None => Ok(asked.clone()),
        }
    }

    /// Whether a list stands behind a panel that may be seen, and is narrowed by every filter that is locked: one that passes
    /// a filter over would show single rows of what is locked away.
    pub fn sees_list(&self, board: &Board, list: &str) -> bool {
        let is_held = self.embed.as_ref().is_none_or(|embed| {
            let statement = board.list(list).map(|list| &list.whole);
            statement.is_some_and(|statement| embed.choosing.narrows(&statement.uses, &board.declared))
        });
        if !is_held {
            return false;
        }
        let panels = board.manifest.panels.iter();
        panels
            .filter(|panel| self.sees(board, &panel.id))
            .any(|panel| panel.drill.iter().any(|drill| drill.list == list))
    }

    /// What holds when the viewer chooses nothing; `None` when that is what the board says.
    pub fn held(&self, declared: &Declared) -> Option<State> {
        self.embed.as_ref()?.choosing.check(declared).ok()
    }

    /// Whether the viewer may choose this parameter's value.
    pub fn may_choose(&self, name: &str) -> bool {
        self.embed.as_ref().is_none_or(|embed| embed.choosing.may(name))
    }

    /// How long it still holds at `now` (since 1970); nothing: as long as the connection.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        let ends_at = self
            .embed
            .as_ref()
            .map(|embed| Duration::from_secs(embed.ends_at));
        ends_at.map(|ends_at| ends_at.saturating_sub(now))
    }

    /// Equal for grants that see the same when they ask the same.
    pub fn key(&self) -> String {
        format!("{:?} {}", self.companies, self.pii)
    }
}

/// Values by parameter, as a token locks them.
pub(super) type Locked = BTreeMap<String, Vec<String>>;
