//! `omni template`: dashboards as folders of files: checked, listed, begun, compared.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use shelf::{Files, Shelf};
use template::Finding;

use super::{ConfigFile, print};

mod beside;
mod check;
mod diff;
mod expect;
mod list;
mod new;
mod place;

/// Templates: what is stored and shown, as folders of files.
///
/// A template is named by its folder, or as id/version when it is built in or lies in the folder of `[templates] dir`.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Examples:
  omni template new mine --dir templates     a small board that works; then edit it
  omni template check templates/mine/1.0     all that is wrong with it, with file and line
  omni template expect templates/mine/1.0    what its panels answer on its fixtures
  omni template diff mine/1.0 mine/1.1       what changed between two versions
docs/templates.md: write your own in fifteen minutes")]
pub(crate) enum Template {
    Check(check::Check),
    List(list::List),
    New(new::New),
    Diff(diff::Diff),
    Expect(expect::Expect),
    /// Print the JSON Schema of template.toml, for editors.
    Schema,
}

impl Template {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::List(list) => list.run(),
            Self::New(new) => new.run(),
            Self::Diff(diff) => diff.run(),
            Self::Expect(expect) => expect.run(),
            Self::Schema => {
                print::line(schema()?)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn schema() -> anyhow::Result<String> {
    let schema = template::manifest::schema::schema();
    serde_json::to_string_pretty(&schema).context("could not write the schema")
}

/// The templates that commands know: built in, and of the configured folder.
fn known(file: &ConfigFile) -> anyhow::Result<Shelf> {
    let config = omni_loader::Config::load(file.path().as_deref())?;
    Ok(Shelf::open(&config.templates)?)
}

/// A template by its files, and the others that it may require.
struct Found {
    /// As it was asked for.
    name: String,
    /// Its folder, if it is on the disk.
    folder: Option<PathBuf>,
    files: Files,
    shelf: Shelf,
}

/// Finds a template by its folder or its name.
fn find(name: &str, shelf: &Shelf) -> anyhow::Result<Found> {
    let path = Path::new(name);
    if path.join("template.toml").is_file() {
        return of_folder(name, path, shelf);
    }
    if let Some(folder) = shelf.folder_of(name).or_else(|| refused_folder(name, shelf)) {
        return of_folder(name, folder, shelf);
    }
    if path.is_dir() {
        bail!("{name} is a folder without a template.toml");
    }
    let family = shelf.registry.family(name)?;
    let files = family.head().files();
    Ok(Found {
        name: name.to_owned(),
        folder: None,
        files: files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect(),
        shelf: shelf.clone(),
    })
}

fn refused_folder<'s>(name: &str, shelf: &'s Shelf) -> Option<&'s Path> {
    let refused = shelf.refused.iter().find(|refused| refused.key == name);
    refused.map(|refused| refused.folder.as_path())
}

/// What lies beside it, `../../<id>/<version>`, may be required by it.
fn of_folder(name: &str, folder: &Path, shelf: &Shelf) -> anyhow::Result<Found> {
    let mut shelf = shelf.clone();
    let whole = folder
        .canonicalize()
        .with_context(|| format!("{name} cannot be read"))?;
    if let Some(dir) = whole.parent().and_then(Path::parent) {
        let beside = Shelf::open(&shelf::Config { dir: dir.to_owned() })?;
        for (key, _) in &beside.folders {
            if let Some(template) = beside.registry.get(key) {
                shelf.registry.put(template.clone());
            }
        }
    }
    Ok(Found {
        name: name.to_owned(),
        folder: Some(folder.to_owned()),
        files: shelf::files_of(folder)?,
        shelf,
    })
}

impl Found {
    /// A file as a person finds it: from where the command was started, when it lies on the disk.
    fn shown(&self, file: &str) -> String {
        match &self.folder {
            Some(folder) => folder.join(file).display().to_string(),
            None => format!("{}/{file}", self.name),
        }
    }

    /// A finding with its place.
    fn told(&self, finding: &Finding) -> String {
        format!(
            "{}:{}: {}",
            self.shown(&finding.file),
            finding.line,
            finding.message
        )
    }
}
