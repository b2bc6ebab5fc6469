//! `omni top`: what flows at this moment, live.
//!
//! Two looks make a picture: all rates are of the time between them. Without a terminal the pictures are printed one below the
//! other.

mod between;
mod picture;
mod terminal;

use std::collections::VecDeque;
use std::io::{IsTerminal as _, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::watched::{self, Places};
use super::{ConfigFile, block_on, print, since};
use between::{Between, Look};
use stage::clock;
use terminal::Terminal;

/// Rates that the line of the last minutes shows.
const KEPT: usize = 60;

/// What flows at this moment, live: events a second, their age, backlogs, CPU and memory, by stage, source and destination.
///
/// Every instance of every stage is asked again and again. q or Ctrl-C ends it. Where standard output is no terminal, the
/// pictures are printed one below the other.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Where the stages are: [status] in omni.toml; without it, their admin ports on this machine.

Examples:
  omni top
  omni top --every 10s --times 1      the rates of ten seconds, once, for a script or a note"
)]
pub(crate) struct Top {
    #[command(flatten)]
    file: ConfigFile,
    /// Time between two looks
    #[arg(long, default_value = "2s", value_parser = since::pause)]
    every: Duration,
    /// End after so many pictures
    #[arg(long)]
    times: Option<usize>,
}

impl Top {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let places = Places::load(self.file.path().as_deref())?;
        block_on(self.show(&places))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn show(&self, places: &Places) -> anyhow::Result<()> {
        let mut terminal = if stdout().is_terminal() {
            Some(Terminal::open()?)
        } else {
            None
        };
        let mut ticks = tokio::time::interval(self.every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut rates = VecDeque::with_capacity(KEPT);
        let mut before = look(places).await?;
        let mut shown = 0;
        while self.times.is_none_or(|times| shown < times) {
            tokio::select! {
                _ = ticks.tick() => {}
                () = terminal::ended(terminal.as_mut()) => break,
            }
            let after = look(places).await?;
            let between = Between::of(&before, &after);
            if rates.len() == KEPT {
                rates.pop_front();
            }
            rates.push_back(between.accepted());
            let picture = picture::lines(&between, &rates, clock::now_micro());
            match &mut terminal {
                Some(terminal) => terminal.draw(&picture)?,
                None => print::lines(picture.iter().map(String::as_str).chain([""]))?,
            }
            shown += 1;
            before = after;
        }
        Ok(())
    }
}

async fn look(places: &Places) -> anyhow::Result<Look> {
    Ok(Look {
        at: Instant::now(),
        instances: watched::look(places).await?,
    })
}
