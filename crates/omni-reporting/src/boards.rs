//! The boards in force: one list for all, replaced whole when a template changed, and a way to hear of that.
use std::sync::Arc;

use shelf::{Refused, Shelf};
use template::Finding;
use tokio::sync::watch;

use crate::board::{Board, Preferences};
use crate::{Config, Error};

/// All boards, in the order of the configuration.
type List = Arc<[Arc<Board>]>;

/// The boards in force.
#[derive(Debug)]
pub struct Boards(watch::Sender<List>);

/// Why a board stays as it is.
#[derive(Debug)]
pub struct Kept {
    /// `id/version`.
    pub key: String,
    pub findings: Vec<Finding>,
}

impl Boards {
    /// The configured templates as boards.
    pub fn load(config: &Config) -> Result<Self, Error> {
        let shelf = Shelf::open(&config.templates)?;
        let preferences = config.preferences();
        let load = |key: &String| Ok(Arc::new(Board::load(&shelf.family(key)?, &preferences)?));
        let boards: Result<List, Error> = config.reporting.boards.iter().map(load).collect();
        Ok(Self(watch::Sender::new(boards?)))
    }

    /// The boards now.
    pub fn now(&self) -> List {
        Arc::clone(&self.0.borrow())
    }

    /// The board of this id; of several versions the first configured.
    pub fn find(&self, id: &str) -> Option<Arc<Board>> {
        self.0.borrow().iter().find(|board| board.id == id).cloned()
    }

    /// Wakes its owner when a board was replaced.
    pub fn subscribe(&self) -> watch::Receiver<List> {
        self.0.subscribe()
    }

    /// Takes in what the shelf has now: each board whose template changed and is valid, whole. The keys of those, and what
    /// keeps others as they are.
    pub fn take(
        &self,
        keys: &[String],
        templates: &Shelf,
        preferences: &Preferences,
    ) -> (Vec<String>, Vec<Kept>) {
        let (mut taken, mut kept) = (Vec::new(), Vec::new());
        let old = self.now();
        let mut boards = Vec::with_capacity(old.len());
        for (key, board) in keys.iter().zip(old.iter()) {
            match made(key, templates, preferences) {
                Ok(made) if made.hash == board.hash => boards.push(Arc::clone(board)),
                Ok(made) => {
                    taken.push(key.clone());
                    boards.push(Arc::new(made));
                }
                Err(findings) => {
                    boards.push(Arc::clone(board));
                    kept.push(Kept {
                        key: key.clone(),
                        findings,
                    });
                }
            }
        }
        if !taken.is_empty() {
            self.0.send_replace(boards.into());
        }
        (taken, kept)
    }
}

fn made(key: &str, shelf: &Shelf, preferences: &Preferences) -> Result<Board, Vec<Finding>> {
    let family = shelf.family(key).map_err(|error| match error {
        shelf::Error::Refused { findings, .. } => findings,
        other => vec![Finding::new("template.toml", 1, other.to_string())],
    })?;
    Board::load(&family, preferences).map_err(|error| error.findings)
}

/// What cannot be read and is no board's, for the log.
pub(crate) fn strangers<'s>(shelf: &'s Shelf, keys: &'s [String]) -> impl Iterator<Item = &'s Refused> {
    shelf
        .refused
        .iter()
        .filter(|refused| !keys.contains(&refused.key))
}
