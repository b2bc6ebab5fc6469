//! What a folder of templates looks like now, without reading it: enough to see that something changed.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::folder::{listed, versions};

/// Length and time of change of every file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Snapshot {
    /// Looks at the folder; what cannot be looked at counts as not there.
    pub fn of(dir: &Path) -> Self {
        let folders = versions(dir).unwrap_or_default();
        let files = folders
            .iter()
            .flat_map(|folder| listed(folder).unwrap_or_default());
        Self(
            files
                .map(|(path, about)| (path, (about.len(), about.modified().ok())))
                .collect(),
        )
    }
}
