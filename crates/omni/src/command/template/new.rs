//! `omni template new`: a small template that works, to be changed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use include_dir::{Dir, include_dir};
use shelf::Files;
use template::Template;

use super::{Found, beside, find, known, schema};
use crate::command::ConfigFile;

static STARTER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/command/template/starter");

/// Where templates go that nobody says a folder for.
const FOLDER: &str = "templates";
const SCHEMA: &str = "template.schema.json";

/// Begin a template: a board of one panel with its words, fixtures and expected answer, which passes the check as it is.
///
/// --from copies another template instead, under the new id and version. Its tables keep their names, so that one of the two can
/// be loaded; with --beside they get the new version in their names, and both can be loaded and shown beside each other.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni template new mine --dir templates                              a small board over pipedrive-deals/2.0
  omni template new mine --dir templates --from pipedrive-deals/2.0   all of it, to be changed
  omni template new mine --version 1.1 --from mine/1.0 --beside       a new version with tables of its own (docs/upgrading.md)")]
pub(crate) struct New {
    /// What it is called: small letters, digits and -
    id: String,
    /// The folder of templates: the files go to DIR/<id>/<version> [default: `[templates] dir`, else templates]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[arg(long, default_value = "1.0")]
    version: String,
    /// Copy this template, by its folder or id/version
    #[arg(long, value_name = "TEMPLATE")]
    from: Option<String>,
    /// With tables of its own, named by its version
    #[arg(long, requires = "from")]
    beside: bool,
    #[command(flatten)]
    file: ConfigFile,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        ensure!(
            is_name(&self.id, "-"),
            "a template is called by small letters, digits and -, not `{}`",
            self.id
        );
        ensure!(
            is_name(&self.version, "."),
            "a version is digits, small letters and points, not `{}`",
            self.version
        );
        let dir = self.dir()?;
        let folder = dir.join(&self.id).join(&self.version);
        ensure!(!folder.exists(), "{} is there already", folder.display());
        let files = match &self.from {
            Some(from) => self.copied(from)?,
            None => self.started(),
        };
        for (path, text) in &files {
            let file = folder.join(path);
            if let Some(above) = file.parent() {
                std::fs::create_dir_all(above)
                    .with_context(|| format!("could not make {}", above.display()))?;
            }
            std::fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))?;
        }
        let schema_file = dir.join(SCHEMA);
        std::fs::write(&schema_file, schema()?)
            .with_context(|| format!("could not write {}", schema_file.display()))?;
        println!("{}: {} files", folder.display(), files.len());
        println!("check it: omni template check {}", folder.display());
        Ok(ExitCode::SUCCESS)
    }

    fn dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(dir) = &self.dir {
            return Ok(dir.clone());
        }
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let configured = config.templates.folder().map(Path::to_owned);
        Ok(configured.unwrap_or_else(|| PathBuf::from(FOLDER)))
    }

    fn started(&self) -> Files {
        let mut files = Files::new();
        collect(&STARTER, &mut files);
        for (_, text) in &mut files {
            *text = text
                .replace("{schema}", &format!("../../{SCHEMA}"))
                .replace("{id}", &self.id)
                .replace("{version}", &self.version)
                .replace("{title}", &self.id);
        }
        files
    }

    fn copied(&self, from: &str) -> anyhow::Result<Files> {
        let found = find(from, &known(&self.file)?)?;
        let lent = if self.beside { lent(&found)? } else { Files::new() };
        let mut files = found.files;
        for (path, text) in &mut files {
            if path == "template.toml" {
                *text = renamed(text, &self.id, &self.version);
            }
        }
        if self.beside {
            let from_version = Path::new(from).file_name().and_then(|name| name.to_str());
            let tables = beside::rename(&mut files, &lent, from_version.unwrap_or_default(), &self.version)?;
            ensure!(
                tables > 0,
                "{from} has no tables of its own: its board can be shown beside as it is, without --beside"
            );
        }
        Ok(files)
    }
}

/// The fragments of the templates that it requires.
fn lent(found: &Found) -> anyhow::Result<Files> {
    let head = Template::load(&found.files).with_context(|| format!("{} is not whole", found.name))?;
    let key = head.key().to_owned();
    let mut registry = found.shelf.registry.clone();
    registry.put(Arc::new(head));
    let family = registry.family(&key)?;
    let required = family.members().skip(1).flat_map(|template| template.files());
    let fragments = required.filter(|(path, _)| path.starts_with("fragments/"));
    Ok(fragments
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect())
}

/// The manifest under another id and version; both stand in `[template]`, each on a line of its own.
fn renamed(text: &str, id: &str, version: &str) -> String {
    let mut is_head = false;
    let lines = text.lines().map(|line| {
        if line.starts_with('[') {
            is_head = line.trim_end() == "[template]";
        }
        match line.split_once('=').map(|(key, _)| key.trim()) {
            Some("id") if is_head => format!("id = \"{id}\""),
            Some("version") if is_head => format!("version = \"{version}\""),
            _ => line.to_owned(),
        }
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

fn is_name(text: &str, more: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(is_plain) && text.chars().all(|c| is_plain(c) || more.contains(c))
}

fn collect(folder: &Dir<'static>, files: &mut Files) {
    for file in folder.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            files.push((path.to_owned(), text.to_owned()));
        }
    }
    for inner in folder.dirs() {
        collect(inner, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_is_renamed() {
        let text = "# a\n[template]\nid = \"old\"\nversion = \"2.0\"\n\n[[panel]]\nid = \"old\"\n";
        assert_eq!(
            renamed(text, "new", "1.0"),
            "# a\n[template]\nid = \"new\"\nversion = \"1.0\"\n\n[[panel]]\nid = \"old\"\n"
        );
    }
}
