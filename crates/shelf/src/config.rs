//! The `[templates]` table of `omni.toml`.
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The table's name.
pub const TABLE: &str = "templates";

/// Where templates come from beside the built-in ones.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A folder of templates, `<id>/<version>/template.toml`, that join the built-in ones or replace those of the same name;
    /// empty: none. The dashboard watches it.
    pub dir: PathBuf,
}

impl Config {
    /// The folder, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        (!self.dir.as_os_str().is_empty()).then_some(self.dir.as_path())
    }
}
