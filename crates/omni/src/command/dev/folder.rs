//! The state folder: one `omni dev` at a time, its secrets, and what an earlier one left running.

use super::talk::say;
use crate::command::secret;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long children of an `omni dev` that was killed may take to end; their guards give them less.
const LEFTOVERS_WITHIN: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Held as long as we run; the system lets go of it whatever ends us.
    _lock: File,
}

/// What is made on the first start and kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) source_user: String,
    pub(super) source_password: String,
    pub(super) api_token: String,
}

impl Folder {
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        let making = || format!("could not make the state folder {}", root.display());
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(making)?;
        let root = root.canonicalize().with_context(making)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!(
                "another omni dev uses {}: stop it, or choose another --state-dir",
                root.display()
            );
        }
        let folder = Self { root, _lock: lock };
        folder.wait_for_leftovers();
        Ok(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.root.join("logs").join(format!("{name}.log"))
    }

    /// The secrets, and whether this is the first start.
    pub(super) fn secrets(&self) -> anyhow::Result<(Secrets, bool)> {
        let path = self.path("secrets.json");
        if let Ok(text) = std::fs::read(&path) {
            let secrets = serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
            return Ok((secrets, false));
        }
        let secrets = Secrets {
            source_user: "pipedrive".to_owned(),
            source_password: secret::random(),
            api_token: secret::random(),
        };
        write_private(&path, &serde_json::to_vec_pretty(&secrets)?)?;
        Ok((secrets, true))
    }

    /// Puts on record what runs, for a start after a kill -9.
    pub(super) fn record_running(&self, pids: &[u32]) -> anyhow::Result<()> {
        write_private(&self.path("running.json"), &serde_json::to_vec(pids)?)
    }

    pub(super) fn forget_running(&self) {
        let _ = std::fs::remove_file(self.path("running.json"));
    }

    /// The children of one that was killed are ended by their guards; their ports and data are free after that.
    fn wait_for_leftovers(&self) {
        let Ok(text) = std::fs::read(self.path("running.json")) else {
            return;
        };
        let pids: Vec<u32> = serde_json::from_slice(&text).unwrap_or_default();
        let deadline = Instant::now() + LEFTOVERS_WITHIN;
        let mut said = false;
        while pids.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) && Instant::now() < deadline
        {
            if !said {
                say("waiting for the processes of an omni dev that was killed to end");
                said = true;
            }
            std::thread::sleep(POLL_EVERY);
        }
        self.forget_running();
    }
}

/// Writes a file that only its owner reads (mode 0600), whole or not at all.
pub(super) fn write_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let writing = || format!("could not write {}", path.display());
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let options = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .clone();
    let mut file = options.open(&beside).with_context(writing)?;
    file.write_all(content).with_context(writing)?;
    std::fs::rename(&beside, path).with_context(writing)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_are_made_once_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let (first, new) = folder.secrets().unwrap();
        let (second, again) = folder.secrets().unwrap();
        assert!(new && !again);
        assert_eq!(first.source_password, second.source_password);
        assert_ne!(first.source_password, first.api_token);
    }

    #[test]
    fn a_folder_in_use_is_refused_and_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let _folder = Folder::open(root.path()).unwrap();
        let error = Folder::open(root.path()).unwrap_err().to_string();
        assert!(
            error.contains("another omni dev uses") && error.contains("--state-dir"),
            "{error}"
        );
    }
}
