//! `omni bench board`: what each panel of each board takes on an account of a given size.
//!
//! The statements and the settings are those of the server; nothing is cached, and one panel is asked at a time. The first
//! answer is told apart from the others: it reads from the disk. CPU is the server's own, by the kernel's accounting, merges
//! and all: on a shared machine it is the figure to compare.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use omni_reporting::board::{Board as Shown, Statement};
use omni_reporting::boards::Boards;
use omni_reporting::question::{Question, Setting};
use omni_reporting::state::State;
use time::OffsetDateTime;
use warehouse::{Limits, Warehouse};

use super::account::{self, Account};
use super::bodies::COMPANY_FIRST;
use super::processes::Reading;
use super::target::Target;

/// Rows of a list before all others become one, as the server has it by itself.
const TOP: u32 = 20;
/// As the ready file calls it.
const CLICKHOUSE: &str = "clickhouse";

/// Processes by name.
type Pids = BTreeMap<String, u32>;

/// The time of every panel of every board, on an account filled for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni dev --config bench/omni.toml --port-base 0 --state-dir /tmp/omni-bench --ready-file /tmp/omni-bench-ready.json
  omni bench board --ready-file /tmp/omni-bench-ready.json --deals 1000000")]
pub(crate) struct Board {
    /// The ready file of a running `omni dev --ready-file FILE` (without --demo)
    #[arg(long, default_value = ".omni/ready.json")]
    ready_file: PathBuf,
    #[command(flatten)]
    account: Account,
    /// How often each panel is asked, after the first time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// What a viewer chose, as in the page's address: `period=last_year&source=google`
    #[arg(long, default_value = "")]
    choice: String,
}

/// One panel's times.
struct Timed {
    first: Duration,
    /// Sorted.
    others: Vec<Duration>,
    /// ClickHouse's, for one of the others.
    cpu: Duration,
    bytes: usize,
}

impl Board {
    pub(crate) async fn run(self) -> Result<()> {
        let target = Target::read(&self.ready_file)?;
        let warehouse = account::warehouse(&target.clickhouse)?;
        let server = target.pids.iter().filter(|(name, _)| *name == CLICKHOUSE);
        let server: Pids = server.map(|(name, pid)| (name.clone(), *pid)).collect();
        self.account.fill(&warehouse, COMPANY_FIRST).await?;
        let config = omni_reporting::Config::load(Some(&target.config))?;
        for board in Boards::load(&config)?.now().iter() {
            self.time(board, &warehouse, &server).await?;
        }
        Ok(())
    }

    async fn time(&self, board: &Shown, warehouse: &Warehouse, server: &Pids) -> Result<()> {
        let state = State::read(&self.choice, &board.declared)
            .with_context(|| format!("{} is no choice of {}", self.choice, board.key))?;
        println!(
            "{:<28}{:>9}{:>9}{:>9}{:>9}{:>9}  {}",
            board.key, "first ms", "p50 ms", "max ms", "CPU ms", "KiB", self.choice
        );
        let (mut sum, mut cpu) = (Duration::ZERO, Duration::ZERO);
        for panel in &board.panels {
            let timed = self
                .panel(board, &panel.statement, &state, (warehouse, server))
                .await
                .with_context(|| format!("panel {} of {}", panel.id, board.key))?;
            sum += timed.median();
            cpu += timed.cpu;
            println!("{:<28}{timed}", panel.id);
        }
        println!(
            "{:<28}{:>9}{:>9.0}{:>9}{:>9.0}",
            "all, one by one",
            "",
            millis(sum),
            "",
            millis(cpu)
        );
        Ok(())
    }

    async fn panel(
        &self,
        board: &Shown,
        statement: &Arc<Statement>,
        state: &State,
        (warehouse, server): (&Warehouse, &Pids),
    ) -> Result<Timed> {
        let limits = omni_reporting::Config::default().bounds().limits;
        let (first, bytes) = asked(board, statement, state, warehouse, &limits).await?;
        let mut others = Vec::new();
        let before = Reading::take(server);
        for _ in 0..self.rounds {
            others.push(asked(board, statement, state, warehouse, &limits).await?.0);
        }
        let cpu = Reading::take(server).cpu_since(&before, CLICKHOUSE) / self.rounds;
        others.sort_unstable();
        Ok(Timed {
            first,
            others,
            cpu,
            bytes,
        })
    }
}

impl Timed {
    fn median(&self) -> Duration {
        self.others
            .get(self.others.len() / 2)
            .copied()
            .unwrap_or_default()
    }
}

impl std::fmt::Display for Timed {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let longest = self.others.last().copied().unwrap_or_default();
        write!(
            text,
            "{:>9.0}{:>9.0}{:>9.0}{:>9.0}{:>9.1}",
            millis(self.first),
            millis(self.median()),
            millis(longest),
            millis(self.cpu),
            self.bytes as f64 / 1024.0
        )
    }
}

async fn asked(
    board: &Shown,
    statement: &Arc<Statement>,
    state: &State,
    warehouse: &Warehouse,
    limits: &Limits,
) -> Result<(Duration, usize)> {
    let setting = Setting {
        now: OffsetDateTime::now_utc(),
        company: COMPANY_FIRST,
        top: TOP,
        version: 0,
        pii: true,
    };
    let question = Question::new(board, statement, state, &setting);
    let parameters = question.named();
    let begun = Instant::now();
    let answer = warehouse.query(&question.sql(), &parameters, limits).await?;
    Ok((begun.elapsed(), answer.len()))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
