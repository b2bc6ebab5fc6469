//! The Rust files of the tree, and what of them is shipped code.

use std::path::Path;

use walkdir::WalkDir;

use super::root;

/// A Rust file.
pub(super) struct Source {
    /// From the root of the tree.
    pub(super) path: String,
    pub(super) text: String,
}

/// All Rust files of the crates, of the function in `deploy`, and of these tests.
pub(super) fn all() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["crates", "deploy", "tests"] {
        let files = WalkDir::new(root().join(folder))
            .sort_by_file_name()
            .into_iter()
            .flatten();
        for file in files.filter(|file| file.path().extension().is_some_and(|extension| extension == "rs")) {
            let path = file
                .path()
                .strip_prefix(root())
                .unwrap_or(Path::new(""))
                .display()
                .to_string();
            sources.push(Source {
                path,
                text: std::fs::read_to_string(file.path()).unwrap(),
            });
        }
    }
    assert!(sources.len() > 100, "the tree was found");
    sources
}

/// The files that are built into programs, without test files.
pub(super) fn shipped() -> Vec<Source> {
    let in_tests =
        |path: &str| !path.contains("/src/") || path.contains("/tests/") || path.ends_with("tests.rs");
    all()
        .into_iter()
        .filter(|source| !in_tests(&source.path))
        .collect()
}

impl Source {
    /// The lines of code with their numbers: no comments, no inline tests.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self
            .text
            .find("#[cfg(test)]\nmod tests {")
            .unwrap_or(self.text.len());
        let lines = self.text.get(..tests).unwrap_or_default().lines().enumerate();
        lines
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Where a text stands in code, as `path:line`.
    pub(super) fn places_of(&self, text: &str) -> Vec<String> {
        let found = self.code().filter(|(_, line)| line.contains(text));
        found.map(|(line, _)| format!("{}:{line}", self.path)).collect()
    }
}
