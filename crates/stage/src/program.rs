//! The frame of every program of Omni: options, configuration, logs, signals, an exit code.
//!
//! Exit codes: 0 stopped as asked; 1 failed while running (a restart may help); 2 wrong options or
//! configuration (a restart will not help). The reason is printed once, with what to do about it.

use std::error::Error;
use std::fmt::Display;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, Command, ValueHint, value_parser};

use crate::config::{self, ConfigError};
use crate::{Settings, Shutdown, log};

/// What a program is, for `--help`.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name, e.g. `omni-collector`.
    pub name: &'static str,
    /// One sentence: what it does.
    pub about: &'static str,
    /// The tables of `omni.toml` it reads.
    pub tables: &'static [&'static str],
}

/// Runs a program from its command line: `fn main() -> ExitCode { stage::main_with(..) }`.
///
/// `load` gets the file of `--config`, or `OMNI_CONFIG`, or `omni.toml` of the working directory if there is
/// one; `settings` gives its `[stage]` table; `run` works until its [`Shutdown`] is requested.
pub fn main_with<C, E, F>(
    program: &Program,
    load: fn(Option<&Path>) -> Result<C, ConfigError>,
    settings: fn(&C) -> &Settings,
    run: impl FnOnce(C, Shutdown) -> F,
) -> ExitCode
where
    E: Error + 'static,
    F: Future<Output = Result<(), E>>,
{
    let options = command(program).get_matches();
    if let Some(url) = options.get_one::<String>("probe") {
        return match crate::probe(url) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {}", program.name, chain(&error));
                ExitCode::from(1)
            }
        };
    }
    let given = options.get_one::<PathBuf>("config").cloned();
    run_with(program, given.as_deref(), load, settings, run)
}

/// As [`main_with`], for a caller that has read the command line itself.
pub fn run_with<C, E, F>(
    program: &Program,
    config: Option<&Path>,
    load: fn(Option<&Path>) -> Result<C, ConfigError>,
    settings: fn(&C) -> &Settings,
    run: impl FnOnce(C, Shutdown) -> F,
) -> ExitCode
where
    E: Error + 'static,
    F: Future<Output = Result<(), E>>,
{
    let path = config.map(Path::to_owned).or_else(config::default_path);
    let config = match load(path.as_deref()) {
        Ok(config) => config,
        Err(error) => return refuse(program, &chain(&error)),
    };
    let stage = settings(&config).clone();
    if let Err(error) = log::init(&stage) {
        return refuse(program, &chain(&error));
    }
    let threads = stage.worker_threads.max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(program, &error),
    };
    let ended = runtime.block_on(until_stopped(program, &stage, config, run));
    // Threads that still block (a client library's) must not hold the process.
    runtime.shutdown_background();
    ended
}

/// Runs, and once a stop was requested gives the run `[stage] stop_ms_max` to finish.
async fn until_stopped<C, E, F>(
    program: &Program,
    stage: &Settings,
    config: C,
    run: impl FnOnce(C, Shutdown) -> F,
) -> ExitCode
where
    E: Error + 'static,
    F: Future<Output = Result<(), E>>,
{
    let shutdown = match Shutdown::from_signals() {
        Ok(shutdown) => shutdown,
        Err(error) => return failed(program, &error),
    };
    tracing::info!(program = program.name, instance = stage.instance, "started");
    let overdue = async {
        shutdown.requested().await;
        tracing::info!(program = program.name, "stopping: open work is finished first");
        tokio::time::sleep(stage.stop_max()).await;
    };
    tokio::select! {
        ended = run(config, shutdown.clone()) => match ended {
            Ok(()) => {
                tracing::info!(program = program.name, "stopped");
                ExitCode::SUCCESS
            }
            Err(error) => failed(program, &error),
        },
        () = overdue => {
            tracing::error!(stop_ms_max = stage.stop_ms_max, "work was still open when the time to stop was up");
            ExitCode::from(1)
        }
    }
}

fn command(program: &Program) -> Command {
    let tables: Vec<String> = program.tables.iter().map(|table| format!("[{table}]")).collect();
    let after = format!(
        "It reads the tables {} of omni.toml.\n\n\
         Every key can also be set from the environment, which wins over the file:\n  \
         OMNI_<TABLE>__<KEY>=value          e.g. OMNI_STAGE__LOG_LEVEL=debug\n  \
         OMNI_<TABLE>__<NAME>__<KEY>=value  e.g. OMNI_SOURCE__PIPEDRIVE__USER=omni\n\
         A password or token `key` can be read from a file: `key_file = \"/run/secrets/…\"`.\n\n\
         SIGTERM or Ctrl-C: open work is finished, then it ends; a second one ends it at once.\n\
         Exit codes: 0 stopped as asked, 1 failed while running, 2 wrong options or configuration.",
        tables.join(" ")
    );
    Command::new(program.name)
        .about(program.about)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(after)
        .arg(
            Arg::new("config")
                .long("config")
                .short('c')
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("The configuration [default: $OMNI_CONFIG, or omni.toml here if there is one]"),
        )
        .arg(
            Arg::new("probe")
                .long("probe")
                .value_name("URL")
                .value_hint(ValueHint::Url)
                .help("Only ask a running one: exit 0 if URL answers 2xx (…:91xx/readyz), 1 if not"),
        )
}

fn refuse(program: &Program, reason: &dyn Display) -> ExitCode {
    // Before logging is up: the one place that writes plain text.
    eprintln!("{}: {reason}", program.name);
    ExitCode::from(2)
}

fn failed(program: &Program, error: &(dyn Error + 'static)) -> ExitCode {
    tracing::error!(program = program.name, reason = %chain(error), "failed");
    ExitCode::from(1)
}

/// An error and its causes on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        line.push_str(": ");
        line.push_str(&because.to_string());
        cause = because.source();
    }
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PROGRAM: Program = Program {
        name: "omni-test",
        about: "Tests.",
        tables: &["stage", "collector"],
    };

    #[test]
    fn help_teaches_tables_environment_and_exit_codes() {
        let help = command(&PROGRAM).render_long_help().to_string();
        for part in [
            "[stage] [collector]",
            "OMNI_<TABLE>__<KEY>",
            "--config",
            "Exit codes",
        ] {
            assert!(help.contains(part), "{part} is not in\n{help}");
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let cause = std::io::Error::other("no route");
        let error = crate::admin::AdminError::Serve(cause);
        assert_eq!(chain(&error), "the admin port stopped serving: no route");
    }
}
