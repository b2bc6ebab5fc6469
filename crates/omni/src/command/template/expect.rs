//! `omni template expect`: what panels answer on the fixtures now.

use std::process::ExitCode;

use anyhow::bail;
use omni_reporting::check;
use omni_reporting::check::expected::file_of;

use super::place::Bench;
use super::{find, known};
use crate::command::print;

/// Show what a template's panels answer on its fixtures, and what is other than in fixtures/expected.
///
/// With --write the answers become what is expected. Look at them first, and reckon them by hand: they are what the SQL says,
/// which is what is to be checked. A panel without a file gets one with one case.
#[derive(Debug, clap::Args)]
pub(crate) struct Expect {
    /// The template's folder, or id/version
    template: String,
    /// This panel alone
    #[arg(long, value_name = "ID")]
    panel: Option<String>,
    /// Write the files
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    bench: Bench,
}

impl Expect {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let found = find(&self.template, &known(self.bench.file())?)?;
        let read = check::read(&found.files, &found.shelf.registry);
        let Some(whole) = read.whole else {
            print::lines(read.findings.iter().map(|finding| found.told(finding)))?;
            bail!("{} cannot be asked before this is put right", found.name);
        };
        let engine = self.bench.engine()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let asked = check::expect::expect(&whole, &engine.trial, self.panel.as_deref());
        let (told, findings) = runtime.block_on(asked)?;
        for one in &told {
            let file = found.shown(&file_of(&one.panel));
            if one.differences.is_empty() {
                print::line(format_args!("{file}: as it is"))?;
                continue;
            }
            print::lines(
                one.differences
                    .iter()
                    .map(|difference| format!("{file}: {difference}")),
            )?;
            print::line(one.text())?;
            if self.write {
                let Some(folder) = &found.folder else {
                    bail!("{} is built in: there is no file to write", found.name);
                };
                let file = folder.join(file_of(&one.panel));
                if let Some(above) = file.parent() {
                    std::fs::create_dir_all(above)?;
                }
                std::fs::write(&file, one.text())?;
                print::line(format_args!("written: {}", file.display()))?;
            }
        }
        print::lines(findings.iter().map(|finding| found.told(finding)))?;
        Ok(if findings.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
