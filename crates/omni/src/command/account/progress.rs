//! How far a backfill came: a file that is replaced whole after each page.
//!
//! A page is noted after Kafka has it. A stop in between sends that page again, and its events are known by their ids.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pipedrive::{Place, Snapshot};
use serde::{Deserialize, Serialize};

/// What the file holds.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// Whose account; another one begins anew.
    pub(crate) company_id: u64,
    /// Only what was changed since then, microseconds since 1970; all of it without.
    pub(crate) since_micro: Option<i64>,
    pub(crate) lists: BTreeMap<String, Listed>,
    /// Tokens spent on it, all runs together.
    pub(crate) tokens: u64,
    /// What of today's budget is spent.
    pub(crate) budget: Snapshot,
}

/// How far one list was sent.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Listed {
    /// Where the next page begins.
    pub(crate) next: Place,
    pub(crate) done: bool,
    /// Rows sent as events.
    pub(crate) rows: u64,
    /// Rows that could not be events.
    pub(crate) left_out: u64,
    /// Greatest id sent.
    pub(crate) id: u64,
}

/// The file, and what it says.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
    pub(crate) progress: Progress,
}

impl Kept {
    /// Reads the file; without one nothing was done.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<Self> {
        let progress = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!(
                    "{} is not what a backfill writes; --restart begins anew",
                    path.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Progress::default(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        Ok(Self { path, progress })
    }

    /// Forgets how far the lists are; what was spent today stays spent.
    pub(crate) fn restart(&mut self) {
        self.progress = Progress {
            company_id: self.progress.company_id,
            budget: std::mem::take(&mut self.progress.budget),
            ..Progress::default()
        };
    }

    /// Whose it is. What was done for another account says nothing about this one.
    pub(crate) fn belong_to(&mut self, company_id: u64) {
        if self.progress.company_id != company_id {
            self.progress = Progress {
                company_id,
                ..Progress::default()
            };
        }
    }

    /// Whether something was done that goes on.
    pub(crate) fn is_begun(&self) -> bool {
        self.progress
            .lists
            .values()
            .any(|list| list.done || list.rows > 0 || list.next != Place::Beginning)
    }

    pub(crate) fn list(&mut self, word: &str) -> &mut Listed {
        self.progress.lists.entry(word.to_owned()).or_default()
    }

    /// Writes it, whole or not at all.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        self.write()
            .with_context(|| format!("could not write {}", self.path.display()))
    }

    fn write(&self) -> anyhow::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        std::fs::create_dir_all(folder.unwrap_or(Path::new(".")))?;
        let beside = self.path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(&self.progress)?)?;
        file.sync_all()?;
        std::fs::rename(beside, &self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below").join("backfill-crm.json");
        let mut kept = Kept::open(path.clone()).unwrap();
        kept.belong_to(7);
        let list = kept.list("deals");
        (list.next, list.rows) = (Place::Cursor("abc".to_owned()), 500);
        kept.progress.budget.tokens_spent = 10;
        kept.save().unwrap();
        let mut again = Kept::open(path).unwrap();
        assert_eq!(again.progress, kept.progress);
        again.belong_to(7);
        assert_eq!(again.list("deals").rows, 500);
        again.restart();
        assert_eq!(
            (again.list("deals").rows, again.progress.budget.tokens_spent),
            (0, 10)
        );
    }

    #[test]
    fn another_account_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::open(folder.path().join("p.json")).unwrap();
        kept.belong_to(7);
        kept.list("deals").rows = 500;
        kept.belong_to(8);
        assert_eq!(kept.list("deals").rows, 0);
    }

    #[test]
    fn a_file_of_somebody_else_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        std::fs::write(&path, "[").unwrap();
        let error = format!("{:#}", Kept::open(path).unwrap_err());
        assert!(error.contains("--restart"), "{error}");
    }
}
