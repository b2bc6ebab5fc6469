//! `omni template list`: the templates there are, and which are in force.

use std::process::ExitCode;

use super::known;
use crate::command::{ConfigFile, print};

/// List all templates: how many panels, where from, whether events fill it and the dashboard shows it.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    file: ConfigFile,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.file.path();
        let known = known(&self.file)?;
        let loaded = omni_loader::Config::load(path.as_deref())?;
        let loaded: Vec<String> = omni_loader::templates(&loaded)?
            .iter()
            .map(|template| template.key().to_owned())
            .collect();
        let shown = omni_reporting::Config::load(path.as_deref())?.reporting.boards;
        let mut lines = Vec::new();
        for template in known.registry.iter() {
            let key = template.key();
            let from = known
                .folder_of(key)
                .map_or("built in".to_owned(), |folder| folder.display().to_string());
            let force = match (
                loaded.iter().any(|own| own == key),
                shown.iter().any(|own| own == key),
            ) {
                (true, true) => "loaded, shown",
                (true, false) => "loaded",
                (false, true) => "shown, not loaded",
                (false, false) => "not in force",
            };
            let panels = template.manifest().panels.len();
            lines.push((key.to_owned(), format!("{panels} panels"), force.to_owned(), from));
        }
        for refused in &known.refused {
            let findings = format!("{} findings", refused.findings.len());
            let from = refused.folder.display().to_string();
            lines.push((refused.key.clone(), findings, "refused".to_owned(), from));
        }
        lines.sort();
        let width = lines.iter().map(|line| line.0.len()).max().unwrap_or_default();
        print::lines(
            lines
                .iter()
                .map(|(key, panels, force, from)| format!("{key:width$}  {panels:>11}  {force:17}  {from}")),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
