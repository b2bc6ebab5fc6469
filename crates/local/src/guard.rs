//! The process between us and a server we start: no child outlives the one who asked for it.
//!
//! `omni guard` holds the read end of a pipe whose write end is in its parent alone. When that end closes,
//! because the parent let go or because it was killed with -9, the guard asks the child to stop and after
//! a grace kills its whole process group. It reports the child's pid as `pid N` on its standard output
//! and ends with the child's exit status. On Linux the child is also killed when the guard itself is:
//! the child's parent is the guard's main thread, which lives as long as the guard.

use crate::{Error, StopBy};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the guard treats its child.
#[derive(Debug)]
pub struct Orders {
    pub stop_by: StopBy,
    /// From the request to stop until the child's process group is killed.
    pub grace: Duration,
    /// A directory that goes when the child was asked to stop and has; one that ended by itself leaves it
    /// for whoever looks for the reason.
    pub remove: Option<PathBuf>,
}

/// Whether the child may still be signalled; its pid is ours as long as it has not been waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    AskedToStop,
    Ended,
}

/// Runs the command under guard until it ends, and returns the exit status to end with.
pub fn run(command: &[OsString], orders: &Orders) -> Result<u8, Error> {
    let mut child = spawn(command, orders)?;
    let pid = Pid::from_child(&child);
    let mut stdout = std::io::stdout();
    // A parent that is gone already can't read this; the closed pipe tells us so below.
    let _ = writeln!(stdout, "pid {}", pid.as_raw_nonzero()).and_then(|()| stdout.flush());

    let life = Arc::new(Mutex::new(Life::Running));
    let (ended, wait_for_end) = sync_channel(1);
    let watch = Watch {
        pid,
        life: Arc::clone(&life),
        wait_for_end,
        hold: child.stdin.take(),
        stop_by: orders.stop_by,
        grace: orders.grace,
    };
    std::thread::spawn(move || watch.run());
    let (status, before) = reap(&mut child, pid, &life, &ended)?;
    if let (Some(directory), Life::AskedToStop) = (&orders.remove, before) {
        let _ = std::fs::remove_dir_all(directory);
    }
    Ok(exit_code(status))
}

/// The second half of a spawn on Linux: asks the kernel to be killed with the guard, then becomes the command.
/// Returns only when that fails.
pub fn arm(guard_pid: i32, command: &[OsString]) -> Error {
    #[cfg(target_os = "linux")]
    {
        let armed = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
        if let Err(errno) = armed {
            return Error::Io {
                what: "could not tie the child to its guard".into(),
                source: errno.into(),
            };
        }
        // A guard that ended before the line above can't be the parent any more.
        if rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get()) != Some(guard_pid) {
            return Error::Failed {
                what: "guard".into(),
                detail: "ended before its child began".into(),
            };
        }
    }
    let Some((program, arguments)) = command.split_first() else {
        return no_command();
    };
    let source = Command::new(program).args(arguments).exec();
    Error::Io {
        what: format!("could not run {}", program.display()),
        source,
    }
}

fn spawn(command: &[OsString], orders: &Orders) -> Result<Child, Error> {
    let (program, arguments) = command.split_first().ok_or_else(no_command)?;
    let mut armed = armed(program, arguments)?;
    match orders.stop_by {
        StopBy::Signal => {
            // What a child prints goes to the log; our own standard output carries the report alone.
            let log = std::io::stderr();
            let log = std::os::fd::AsFd::as_fd(&log)
                .try_clone_to_owned()
                .map_err(Error::io("could not share the log"))?;
            armed.stdin(Stdio::null()).stdout(log)
        }
        StopBy::Stdin => armed.stdin(Stdio::piped()),
    };
    armed
        .process_group(0)
        .spawn()
        .map_err(Error::io(format!("could not run {}", program.display())))
}

fn armed(program: &OsString, arguments: &[OsString]) -> Result<Command, Error> {
    if !cfg!(target_os = "linux") {
        let mut command = Command::new(program);
        command.args(arguments);
        return Ok(command);
    }
    let own = std::fs::read_link("/proc/self/exe").map_err(Error::io("could not find the omni binary"))?;
    let mut command = Command::new(own);
    command
        .arg("guard")
        .arg("--armed")
        .arg(std::process::id().to_string())
        .arg("--")
        .arg(program);
    command.args(arguments);
    Ok(command)
}

/// The thread that waits for the parent to let go.
struct Watch {
    pid: Pid,
    life: Arc<Mutex<Life>>,
    wait_for_end: Receiver<()>,
    hold: Option<std::process::ChildStdin>,
    stop_by: StopBy,
    grace: Duration,
}

impl Watch {
    fn run(mut self) {
        let _ = std::io::copy(&mut std::io::stdin().lock().by_ref(), &mut std::io::sink());
        if self.stop_by == StopBy::Signal {
            self.signal(Signal::TERM);
        } else {
            drop(self.mark());
            drop(self.hold.take());
        }
        if self.wait_for_end.recv_timeout(self.grace).is_err() {
            self.signal(Signal::KILL);
        }
    }

    fn signal(&self, signal: Signal) {
        let life = self.mark();
        if *life == Life::AskedToStop {
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }

    /// Puts on record that the end, if it comes now, was asked for.
    fn mark(&self) -> MutexGuard<'_, Life> {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        if *life == Life::Running {
            *life = Life::AskedToStop;
        }
        life
    }
}

/// Waits for the child without reaping it, so that its pid stays its own while the rest of its group is
/// killed, and reaps it then.
fn reap(
    child: &mut Child,
    pid: Pid,
    life: &Mutex<Life>,
    ended: &SyncSender<()>,
) -> Result<(ExitStatus, Life), Error> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(errno) = rustix::process::waitid(WaitId::Pid(pid), options) {
        if errno != rustix::io::Errno::INTR {
            return Err(Error::Io {
                what: "could not wait for the child".into(),
                source: errno.into(),
            });
        }
    }
    let mut life = life.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    let before = std::mem::replace(&mut *life, Life::Ended);
    let _ = ended.try_send(());
    let status = child.wait().map_err(Error::io("could not reap the child"))?;
    Ok((status, before))
}

/// As a shell says it: the code, or 128 and the number of the signal.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

fn no_command() -> Error {
    Error::Failed {
        what: "guard".into(),
        detail: "no command was given after --".into(),
    }
}
