//! `omni template check`: all that is wrong with a template, each with file and line.

use std::process::ExitCode;

use anyhow::Context;
use omni_reporting::check::{self, Tried, Whole};
use template::Finding;

use super::place::{Bench, Engine};
use super::{Found, find, known};
use crate::command::print;

/// Say all that is wrong with templates, each with file and line; the exit status is then 1.
///
/// Without a database: the manifest against its schema, names, parameters and their types, clocks in SQL, companies kept
/// apart, persons masked, texts in every language, fixtures. Then in a scratch database on a real ClickHouse, which is
/// started for it: migrations, the types of each result, the tables really read, every expected answer (also after loading
/// twice and shuffled, with merges stopped, and after merging), the lists behind numbers, and the sums that
/// must agree.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Folders, or id/version of known templates [default: every template there is]
    templates: Vec<String>,
    /// Leave out what needs a ClickHouse
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    bench: Bench,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let known = known(self.bench.file())?;
        let names = if self.templates.is_empty() {
            let refused = known.refused.iter().map(|refused| refused.key.clone());
            let all = known.registry.iter().map(|template| template.key().to_owned());
            let mut all: Vec<String> = all.chain(refused).collect();
            all.sort();
            all.dedup();
            all
        } else {
            self.templates.clone()
        };
        let found = names.iter().map(|name| find(name, &known));
        let found: Vec<Found> = found.collect::<anyhow::Result<_>>()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut engine = None;
        let (mut wrong, mut tried) = (0, Tried::default());
        for template in &found {
            let read = check::read(&template.files, &template.shelf.registry);
            let mut findings = read.findings;
            findings.extend(misplaced(template, read.whole.as_ref()));
            match &read.whole {
                Some(whole) if !self.offline => {
                    if engine.is_none() {
                        engine = Some(self.bench.engine()?);
                    }
                    let engine = engine.as_ref().context("no engine")?;
                    let result = runtime.block_on(attempt(template, whole, engine))?;
                    findings.extend(result.findings);
                    tried.cases += result.cases;
                    tried.sums += result.sums;
                    tried.numbers += result.numbers;
                }
                _ => {}
            }
            wrong += tell(template, findings)?;
        }
        let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let done = if self.offline {
            "without ClickHouse: result types, tables read, migrations, answers and sums were not looked at"
                .to_owned()
        } else {
            format!(
                "{} as expected, {} held against the lists behind them, {} that agree",
                many(tried.cases, "answer"),
                many(tried.numbers, "number"),
                many(tried.sums, "sum")
            )
        };
        print::line(format_args!(
            "{}, {}; {done}",
            many(found.len(), "template"),
            many(wrong, "finding")
        ))?;
        Ok(if wrong == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// A template that its folder gives another name is found by neither.
fn misplaced(template: &Found, whole: Option<&Whole>) -> Option<Finding> {
    let folder = template.folder.as_ref()?.canonicalize().ok()?;
    shelf::place_fault(whole?.family.head(), &folder)
}

async fn attempt(template: &Found, whole: &Whole, engine: &Engine) -> anyhow::Result<Tried> {
    let mut say = |what: &str| eprintln!("omni: {}: {what}", template.name);
    let tried = check::trial(whole, &engine.trial, &mut say).await;
    tried.with_context(|| format!("{} could not be tried", template.name))
}

/// One line a finding, in order, each once; how many there were.
fn tell(template: &Found, mut findings: Vec<Finding>) -> anyhow::Result<usize> {
    findings.sort();
    findings.dedup();
    print::lines(findings.iter().map(|finding| template.told(finding)))?;
    Ok(findings.len())
}
