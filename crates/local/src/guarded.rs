//! A child under guard, seen from the one who started it: its pid, its end, and the hold that keeps it alive.

use crate::{Error, guard, tool};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A log that is larger when its child starts is set aside (one older generation is kept).
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The longest line a guard or an engine reports.
const REPORT_BYTES_MAX: u64 = 64;
const POLL_EVERY: Duration = Duration::from_millis(50);

/// How a child is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopBy {
    /// SIGTERM to its process group; its standard output goes to the log.
    Signal,
    /// Its standard input closes; its standard output comes to us, after the guard's report.
    Stdin,
}

/// What is to be run, and how.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The `omni` binary: it is the guard.
    pub omni: PathBuf,
    pub program: OsString,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, String)>,
    /// Standard error (and output, see [`StopBy`]) is appended here.
    pub log: PathBuf,
    pub stop_by: StopBy,
    pub grace: Duration,
    /// A directory that goes with the child, also when we are gone by then.
    pub remove: Option<PathBuf>,
}

/// Lets the child live as long as one of its clones is not released and our process lives.
#[derive(Debug, Clone)]
pub struct Hold(Arc<Mutex<Option<ChildStdin>>>);

impl Hold {
    /// Asks the guard to stop the child. Returns at once.
    pub fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    hold: Hold,
    reports: BufReader<ChildStdout>,
    pid: u32,
    log: PathBuf,
    log_from: u64,
}

impl Guarded {
    /// Starts the child; it runs when this returns.
    pub fn spawn(launch: &Launch) -> Result<Self, Error> {
        if !launch.omni.is_file() {
            return Err(Error::NoBinary {
                path: launch.omni.clone(),
            });
        }
        let (log, log_from) = open_log(&launch.log)?;
        let mut command = Command::new(&launch.omni);
        command
            .arg("guard")
            .arg("--grace-ms")
            .arg(launch.grace.as_millis().to_string());
        if launch.stop_by == StopBy::Stdin {
            command.arg("--stop-by-stdin");
        }
        if let Some(directory) = &launch.remove {
            command.arg("--remove").arg(directory);
        }
        command.arg("--").arg(&launch.program).args(&launch.arguments);
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        // A group of its own: the terminal's Ctrl-C is for us, and we stop our children in order.
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0);
        let mut guard = command
            .spawn()
            .map_err(Error::io(format!("could not run {}", launch.omni.display())))?;
        let hold = Hold(Arc::new(Mutex::new(guard.stdin.take())));
        let Some(stdout) = guard.stdout.take() else {
            return Err(Error::Failed {
                what: "guard".into(),
                detail: "it has no output".into(),
            });
        };
        let reports = BufReader::new(stdout);
        let mut guarded = Self {
            guard,
            hold,
            reports,
            pid: 0,
            log: launch.log.clone(),
            log_from,
        };
        let report = guarded.report()?;
        match report.strip_prefix("pid ").and_then(|digits| digits.parse().ok()) {
            Some(pid) => guarded.pid = pid,
            None => return Err(guarded.ended(&launch.program.to_string_lossy())),
        }
        Ok(guarded)
    }

    /// The child's own pid (not the guard's).
    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn hold(&self) -> Hold {
        self.hold.clone()
    }

    /// The next line the child wrote to its standard output; empty when it ended.
    pub fn report(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        (&mut self.reports)
            .take(REPORT_BYTES_MAX)
            .read_line(&mut line)
            .map_err(Error::io("could not read from the guard"))?;
        Ok(line.trim_end().to_owned())
    }

    /// The exit status when the child has ended.
    pub fn exited(&mut self) -> Option<u8> {
        self.guard.try_wait().ok().flatten().map(guard::exit_code)
    }

    /// Waits until the child has ended, by itself or because the hold was released.
    pub fn wait(&mut self) -> u8 {
        self.guard.wait().map_or(1, guard::exit_code)
    }

    /// Asks the child to stop and waits for it; the guard kills it after its grace.
    pub fn stop(mut self) -> u8 {
        self.hold.release();
        self.wait()
    }

    /// Waits until `ready` says so. Ends early when the child ends or `give_up` says so; `what` names the
    /// child in the error, which quotes the end of its log.
    pub fn until_ready(
        &mut self,
        what: &str,
        within: Duration,
        give_up: &dyn Fn() -> bool,
        mut ready: impl FnMut(&Self) -> bool,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + within;
        while !ready(self) {
            if self.exited().is_some() {
                return Err(self.ended(what));
            }
            if give_up() {
                return Err(Error::GivenUp {
                    what: what.to_owned(),
                });
            }
            if Instant::now() > deadline {
                let detail = tool::end_of_log(&self.log, self.log_from);
                let (what, log) = (what.to_owned(), self.log.clone());
                return Err(Error::NotReady {
                    what,
                    within,
                    log,
                    detail,
                });
            }
            std::thread::sleep(POLL_EVERY);
        }
        Ok(())
    }

    /// Waits until the child has done its work; `what` names it in the error, which quotes the end of its log.
    pub fn to_its_end(&mut self, what: &str, give_up: &dyn Fn() -> bool) -> Result<(), Error> {
        loop {
            match self.exited() {
                Some(0) => return Ok(()),
                Some(_) => {
                    let detail = tool::end_of_log(&self.log, self.log_from);
                    return Err(Error::Failed {
                        what: what.to_owned(),
                        detail,
                    });
                }
                None if give_up() => {
                    return Err(Error::GivenUp {
                        what: what.to_owned(),
                    });
                }
                None => std::thread::sleep(POLL_EVERY),
            }
        }
    }

    /// Whether the log got this text since the child started.
    pub(crate) fn has_logged(&self, text: &str) -> bool {
        use std::io::{Seek, SeekFrom};
        let Ok(mut file) = File::open(&self.log) else {
            return false;
        };
        let mut said = Vec::new();
        let read = file
            .seek(SeekFrom::Start(self.log_from))
            .and_then(|_| file.take(LOG_BYTES_MAX).read_to_end(&mut said));
        read.is_ok() && String::from_utf8_lossy(&said).contains(text)
    }

    pub(crate) fn ended(&self, what: &str) -> Error {
        let detail = tool::end_of_log(&self.log, self.log_from);
        Error::Ended {
            what: what.to_owned(),
            log: self.log.clone(),
            detail,
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.hold.release();
        let _ = self.guard.wait();
    }
}

fn open_log(path: &Path) -> Result<(File, u64), Error> {
    let opening = format!("could not open {}", path.display());
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(Error::io(&opening))?;
    }
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length > LOG_BYTES_MAX {
        std::fs::rename(path, path.with_extension("log.old")).map_err(Error::io(&opening))?;
    }
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(Error::io(&opening))?;
    let from = file.metadata().map_err(Error::io(&opening))?.len();
    Ok((file, from))
}
