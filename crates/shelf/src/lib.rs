//! The templates of a deployment: those built in, and those of a folder, which join or replace them.
//!
//! Promises: a template of the folder that cannot be read is told with file and line and leaves all others alone; what a
//! template's files were when they were read is what it is made of. Refuses: to read what is no text, and folders that
//! hold more than a template needs.
mod config;
mod folder;
mod snapshot;

pub use config::{Config, TABLE};
pub use folder::{Files, FolderError, files_of};
pub use snapshot::Snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use template::places::Places;
use template::{Family, Finding, LoadError, NotThere, Registry, Template};

const MANIFEST: &str = "template.toml";

/// All templates of a deployment.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub registry: Registry,
    /// Where each template of the folder lies, by `id/version`.
    pub folders: Vec<(String, PathBuf)>,
    /// What could not be read.
    pub refused: Vec<Refused>,
}

/// A template of the folder that is not on the shelf.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its folder.
    pub folder: PathBuf,
    /// `id/version`, as the folders are called.
    pub key: String,
    pub findings: Vec<Finding>,
}

/// Why there is no shelf at all, or not the template that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a built-in template cannot be read: {0}")]
    Builtin(#[source] LoadError),
    #[error("[templates] dir: {0}")]
    Folder(#[from] FolderError),
    #[error(
        "the template {key} in {folder} is refused:\n{}",
        template::finding::listed(findings)
    )]
    Refused {
        key: String,
        folder: String,
        findings: Vec<Finding>,
    },
    #[error(transparent)]
    NotThere(#[from] NotThere),
}

impl Shelf {
    /// Reads the folder of the configuration, if there is one, over the built-in templates.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut shelf = Self {
            registry: Registry::builtin().map_err(Error::Builtin)?,
            ..Self::default()
        };
        if let Some(dir) = config.folder() {
            for folder in folder::versions(dir)? {
                shelf.put(&folder);
            }
        }
        Ok(shelf)
    }

    fn put(&mut self, folder: &Path) {
        let key = key_of(folder);
        let refuse = |findings| Refused {
            folder: folder.to_owned(),
            key: key.clone(),
            findings,
        };
        let loaded = match files_of(folder) {
            Ok(files) => Template::load(&files).map_err(|error| error.0),
            Err(error) => Err(vec![Finding::new(MANIFEST, 1, error.to_string())]),
        };
        match loaded {
            Ok(template) if template.key() == key => {
                self.folders.push((key, folder.to_owned()));
                self.registry.add(template);
            }
            Ok(template) => {
                let found = misplaced(&template, &key);
                self.refused.push(refuse(vec![found]));
            }
            Err(findings) => self.refused.push(refuse(findings)),
        }
    }

    /// The named templates and all that they require.
    pub fn with_required(&self, keys: &[String]) -> Result<Vec<Arc<Template>>, Error> {
        keys.iter().try_for_each(|key| self.check(key))?;
        let found = self.registry.with_required(keys)?;
        found.iter().try_for_each(|template| self.check(template.key()))?;
        Ok(found)
    }

    /// A template together with all that it requires.
    pub fn family(&self, key: &str) -> Result<Family, Error> {
        self.with_required(&[key.to_owned()])?;
        Ok(self.registry.family(key)?)
    }

    /// That a template which is asked for was not refused: the built-in one of its name would be a surprise.
    pub fn check(&self, key: &str) -> Result<(), Error> {
        let refused = self.refused.iter().find(|refused| refused.key == key);
        refused.map_or(Ok(()), |refused| {
            Err(Error::Refused {
                key: refused.key.clone(),
                folder: refused.folder.display().to_string(),
                findings: refused.findings.clone(),
            })
        })
    }

    /// Where a template comes from, if not from the program.
    pub fn folder_of(&self, key: &str) -> Option<&Path> {
        let found = self.folders.iter().find(|(own, _)| own == key);
        found.map(|(_, folder)| folder.as_path())
    }
}

/// A template is found by its folders, so they must say what it says.
fn misplaced(template: &Template, key: &str) -> Finding {
    let text = template.file(MANIFEST).unwrap_or_default();
    let line = Places::read(MANIFEST, text).0.line("/template/version");
    let message = format!(
        "says it is {own}, and its folder says {key}: change one of them (`id` and `version` here, or the folder to {own})",
        own = template.key()
    );
    Finding::new(MANIFEST, line, message)
}

/// What a template says it is must be what its folders say, where it lies in a folder of templates.
pub fn place_fault(template: &Template, folder: &Path) -> Option<Finding> {
    let key = key_of(folder);
    (template.key() != key).then(|| misplaced(template, &key))
}

/// `id/version`, the last two parts of a path.
pub fn key_of(folder: &Path) -> String {
    let parts: Vec<_> = folder.iter().rev().take(2).collect();
    let parts: Vec<_> = parts.iter().rev().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
