//! The templates this program knows: those built in, and those of a directory given at start, which replace built-in
//! ones of the same id and version.
use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::{LoadError, Template};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates");

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
        self.templates
            .insert(template.key().to_owned(), Arc::new(template));
    }

    /// The template called `id/version`, e.g. `pipedrive-deals/2.0`.
    pub fn get(&self, key: &str) -> Option<&Arc<Template>> {
        self.templates.get(key)
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
