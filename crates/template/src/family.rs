//! A template and those it requires: what its panels may read, and where their parts come from.
use std::sync::Arc;

use crate::Template;

/// A template, and those it names as required.
#[derive(Debug, Clone)]
pub struct Family {
    head: Arc<Template>,
    required: Vec<Arc<Template>>,
}

impl Family {
    pub(crate) fn new(head: Arc<Template>, required: Vec<Arc<Template>>) -> Self {
        Self { head, required }
    }

    /// The template itself.
    pub fn head(&self) -> &Arc<Template> {
        &self.head
    }

    /// The template, then those it requires.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Template>> {
        std::iter::once(&self.head).chain(&self.required)
    }

    /// A file of the template, else that of the first required one which has it.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.members().find_map(|template| template.file(path))
    }

    /// All tables that its panels may read beside the shared ones.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.members().flat_map(|template| template.tables())
    }

    /// Changes when anything of any of them does.
    pub fn hash(&self) -> String {
        let hashes: Vec<&str> = self.members().map(|template| template.hash()).collect();
        hashes.join("+")
    }
}
