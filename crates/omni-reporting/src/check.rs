//! A template on trial: all that is wrong with it, each with file and line.
//!
//! First without a database ([`read`]): the manifest against its schema, names, parameters, SQL, words, fixtures. Then on
//! a scratch database ([`trial`]): migrations, the types of each result, the tables really read, the answers on the
//! fixtures, whatever order they were loaded in, the lists behind numbers, and the sums that must agree.
use std::sync::Arc;

use template::places::Places;
use template::{Family, Finding, Registry, Template};

use crate::board::{Board, Preferences};

pub mod answers;
mod described;
pub mod drills;
pub mod expect;
pub mod expected;
mod files;
mod lists;
pub mod reconcile;
mod trial;

pub use trial::{Trial, TrialError, Tried, trial};

pub(crate) const MANIFEST: &str = "template.toml";

/// A template that was read, as far as it could be.
#[derive(Debug, Default)]
pub struct Read {
    /// `id/version`, where the manifest could be read.
    pub key: Option<String>,
    pub findings: Vec<Finding>,
    /// What a trial needs; none when the template is too broken for one. It may have findings all the same.
    pub whole: Option<Whole>,
}

/// A template that hangs together.
#[derive(Debug, Clone)]
pub struct Whole {
    pub family: Family,
    /// None for a template that shows nothing.
    pub board: Option<Arc<Board>>,
}

/// Reads a template's files (path inside its folder, text) beside those of the registry, without any database.
pub fn read(files: &[(String, String)], registry: &Registry) -> Read {
    let mut read = Read::default();
    let manifest = files.iter().find(|(path, _)| path == MANIFEST);
    if let Some((_, text)) = manifest {
        read.findings = template::manifest::schema::judge(MANIFEST, text);
    }
    let template = match Template::load(files) {
        Ok(template) => template,
        Err(error) => {
            // What the schema found it found better.
            if read.findings.is_empty() {
                read.findings = error.0;
            }
            return read;
        }
    };
    let key = template.key().to_owned();
    let mut registry = registry.clone();
    registry.add(template);
    read.key = Some(key.clone());
    match registry.family(&key) {
        Ok(family) => read.family(family),
        Err(error) => {
            let text = manifest.map_or("", |(_, text)| text);
            let line = Places::read(MANIFEST, text).0.line("/template/requires");
            read.findings
                .push(Finding::new(MANIFEST, line, error.to_string()));
        }
    }
    read.findings.sort();
    read.findings.dedup();
    read
}

impl Read {
    fn family(&mut self, family: Family) {
        let shows = !family.head().manifest().panels.is_empty();
        let board = shows.then(|| Board::load(&family, &Preferences::default()));
        let board = match board.transpose() {
            Ok(board) => board.map(Arc::new),
            Err(error) => {
                self.findings.extend(error.findings);
                self.findings.extend(files::check(&family, None));
                return;
            }
        };
        self.findings.extend(files::check(&family, board.as_deref()));
        self.whole = Some(Whole { family, board });
    }
}
