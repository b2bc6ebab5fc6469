//! A template, those it requires, and those it borrows from: what its panels may read, and where their parts come from.
use std::sync::Arc;

use crate::Template;

/// A template, those it names as required, and those whose SQL it uses.
#[derive(Debug, Clone)]
pub struct Family {
    head: Arc<Template>,
    required: Vec<Arc<Template>>,
    lenders: Vec<Arc<Template>>,
}

impl Family {
    pub(crate) fn new(
        head: Arc<Template>,
        required: Vec<Arc<Template>>,
        lenders: Vec<Arc<Template>>,
    ) -> Self {
        Self {
            head,
            required,
            lenders,
        }
    }

    /// The template itself.
    pub fn head(&self) -> &Arc<Template> {
        &self.head
    }

    /// The template, then those it requires.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Template>> {
        std::iter::once(&self.head).chain(&self.required)
    }

    /// Those, then the ones that only lend their SQL.
    fn all(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.members().chain(&self.lenders)
    }

    /// A file of the template, else that of the first required one which has it, else of one it borrows from.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.all().find_map(|template| template.file(path))
    }

    /// All tables that its panels may read beside the shared ones.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.members().flat_map(|template| template.tables())
    }

    /// Changes when anything of any of them does.
    pub fn hash(&self) -> String {
        let hashes: Vec<&str> = self.all().map(|template| template.hash()).collect();
        hashes.join("+")
    }
}
