//! The templates this program knows: those built in, and those of a directory given at start, which replace built-in
//! ones of the same id and version.
use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use thiserror::Error;

use crate::{Family, LoadError, Template};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

/// A template that is asked for and not known.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotThere {
    #[error("there is no template {wanted}; there are {known}")]
    Template { wanted: String, known: String },
    #[error("{by} needs the template {wanted}, and there are only {known}")]
    Required {
        by: String,
        wanted: String,
        known: String,
    },
}

/// Templates by `id/version`.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    templates: BTreeMap<String, Arc<Template>>,
}

impl Registry {
    /// The templates shipped with the program.
    pub fn builtin() -> Result<Self, LoadError> {
        let mut registry = Self::default();
        for version in BUILTIN.dirs().flat_map(Dir::dirs) {
            let mut files = Vec::new();
            collect(version, version, &mut files);
            registry.add(Template::load(&files)?);
        }
        Ok(registry)
    }

    /// Adds a template, or replaces the one of the same id and version.
    pub fn add(&mut self, template: Template) {
        self.put(Arc::new(template));
    }

    /// The same of one that is shared.
    pub fn put(&mut self, template: Arc<Template>) {
        self.templates.insert(template.key().to_owned(), template);
    }

    /// The template called `id/version`, e.g. `pipedrive-deals/2.0`.
    pub fn get(&self, key: &str) -> Option<&Arc<Template>> {
        self.templates.get(key)
    }

    /// The named templates, then those they require, each once. What a required one requires in turn is not among them: its
    /// tables do without, only its own board does not.
    ///
    /// # Errors
    /// [`NotThere`]: one of them is not known.
    pub fn with_required<S: AsRef<str>>(&self, keys: &[S]) -> Result<Vec<Arc<Template>>, NotThere> {
        let named = keys.iter().map(|key| self.wanted(key.as_ref(), None));
        let mut found = named.collect::<Result<Vec<_>, _>>()?;
        for by in found.clone() {
            for key in &by.manifest().template.requires {
                if !found.iter().any(|template| template.key() == key) {
                    found.push(self.wanted(key, Some(by.key()))?);
                }
            }
        }
        Ok(found)
    }

    /// A template together with all that it requires, and those it borrows from.
    ///
    /// # Errors
    /// [`NotThere`]: it, or one of those, is not known.
    pub fn family(&self, key: &str) -> Result<Family, NotThere> {
        let found = self.with_required(&[key])?;
        let mut members = found.into_iter();
        let head = members.next().ok_or_else(|| self.not_there(key, None))?;
        let borrows = head.manifest().template.borrows.iter();
        let lenders = borrows.map(|key| self.wanted(key, Some(head.key())));
        let lenders = lenders.collect::<Result<_, _>>()?;
        Ok(Family::new(head, members.collect(), lenders))
    }

    fn wanted(&self, key: &str, by: Option<&str>) -> Result<Arc<Template>, NotThere> {
        let found = self.get(key).cloned();
        found.ok_or_else(|| self.not_there(key, by))
    }

    fn not_there(&self, wanted: &str, by: Option<&str>) -> NotThere {
        let known: Vec<&str> = self.templates.keys().map(String::as_str).collect();
        let (wanted, known) = (wanted.to_owned(), known.join(", "));
        match by {
            None => NotThere::Template { wanted, known },
            Some(by) => NotThere::Required {
                by: by.to_owned(),
                wanted,
                known,
            },
        }
    }

    /// All templates, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.templates.values()
    }
}

/// Paths relative to the version's folder, with text; a file that is not text is no part of a template.
fn collect(root: &Dir<'static>, folder: &Dir<'static>, files: &mut Vec<(String, String)>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root.path()).unwrap_or(file.path());
        if let (Some(path), Some(text)) = (path.to_str(), file.contents_utf8()) {
            files.push((path.to_owned(), text.to_owned()));
        }
    }
    for inner in folder.dirs() {
        collect(root, inner, files);
    }
}
