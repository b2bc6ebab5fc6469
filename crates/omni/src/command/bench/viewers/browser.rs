//! A real Chromium that looks at the board: a program of `web/` opens the page and tells what was painted, and when.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Longest time until the page has every panel.
const OPENED_MAX: Duration = Duration::from_mins(2);

/// One panel as it was painted.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Painted {
    pub(super) panel: String,
    /// When the question was put, RFC 3339.
    pub(super) as_of: String,
    /// After the frame that shows it, milliseconds since 1970.
    pub(super) at_ms: f64,
    /// What the number that holds the probes reads: the won value in euros, or the deals of the probes' source.
    pub(super) reads: Option<f64>,
}

/// Ends with its standard input, which ends with us.
#[derive(Debug)]
pub(super) struct Browser {
    _child: Child,
    _stdin: ChildStdin,
    painted: Arc<Mutex<Vec<Painted>>>,
}

impl Browser {
    /// Opens the page and waits until every panel is there.
    pub(super) async fn open(web: &Path, address: &str, source: &str) -> Result<Self> {
        let mut child = Command::new("node")
            .args(["--import", "tsx", "bench/painted.ts", address, source])
            .current_dir(web)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start node; the folder given with --browser needs `npm ci`")?;
        let stdin = child.stdin.take().context("the browser's standard input")?;
        let stdout = child.stdout.take().context("the browser's standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(OPENED_MAX, lines.next_line()).await;
        ensure!(
            matches!(&first, Ok(Ok(Some(line))) if line == "looking"),
            "the browser did not open the board: {first:?}"
        );
        let painted = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn({
            let painted = Arc::clone(&painted);
            async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    if let Ok(seen) = serde_json::from_str::<Painted>(&line) {
                        painted.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
                    }
                }
            }
        });
        Ok(Self {
            _child: child,
            _stdin: stdin,
            painted,
        })
    }

    /// Waits until the probes' source has so many deals on the screen.
    pub(super) async fn until_reached(&self, probes: u64, within: Duration) -> Result<()> {
        let deadline = Instant::now() + within;
        loop {
            let last = self.last_read();
            // The number on the page is a whole one.
            if last.is_some_and(|deals| deals as u64 >= probes) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{last:?} of {probes} probes were painted");
            }
            tokio::time::sleep(super::LOOK_EVERY).await;
        }
    }

    /// What the row of the probes' source reads on the screen.
    fn last_read(&self) -> Option<f64> {
        let painted = self.painted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = painted
            .iter()
            .rev()
            .find(|seen| seen.panel == super::report::BY_SOURCE);
        last.and_then(|seen| seen.reads)
    }

    pub(super) fn close(self) -> Vec<Painted> {
        std::mem::take(&mut *self.painted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
