//! `omni.toml` with the environment over it, read into each crate's own types.
//!
//! A program asks for the tables it knows and gets them typed. The environment wins over the file:
//! `OMNI_<TABLE>__<KEY>[__<KEY>]`, its text read as what the target type asks for (so a password of digits
//! stays a text, `a,b` is a list where a list is wanted); an empty variable counts as unset. Any text `key`
//! may instead be named by `key_file`, and any list, whose lines it then is. A key nobody knows is refused with its
//! place and the nearest known one, never passed over. `docs/decisions/0001-config-reader.md` says why this is not a library.

mod environment;
mod error;
mod node;
mod platform;
mod reader;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use error::ConfigError;
use node::{Node, Origin};
pub use platform::PlatformVariables;

/// Every table of `omni.toml`; a program reads some of them and passes over the rest. `lambda` is for the function in
/// `deploy/aws-lambda`, which has no file and is told everything by its environment; `status` is for the tool alone.
pub const TABLES: &[&str] = &[
    "stage",
    "kafka",
    "warehouse",
    "templates",
    "collector",
    "source",
    "enricher",
    "pipedrive",
    "activation",
    "destination",
    "lambda",
    "loader",
    "rates",
    "import",
    "reporting",
    "access",
    "status",
];

/// Reads `tables` from the file at `path` (none: nothing but defaults) and from this process's environment.
///
/// # Errors
/// [`ConfigError`], whose message says where, what is wrong, and what to write instead.
pub fn load<T: DeserializeOwned>(path: Option<&Path>, tables: &[&str]) -> Result<T, ConfigError> {
    load_with(path, tables, &variables())
}

/// As [`load`], with the environment given: for tests and for programs that set up others.
///
/// # Errors
/// As [`load`].
pub fn load_with<T: DeserializeOwned>(
    path: Option<&Path>,
    tables: &[&str],
    variables: &[(String, String)],
) -> Result<T, ConfigError> {
    let mut root = match path {
        Some(path) => read(path)?,
        None => Node::empty(Origin::Default),
    };
    environment::overlay(&mut root, variables)?;
    if let Some((table, node)) = root.children().find(|(table, _)| !TABLES.contains(table)) {
        return Err(error::unknown_table(&node.origin, table));
    }
    root.keep(|table| tables.contains(&table));
    reader::read(root)
}

/// The file a program reads when none was named: `$OMNI_CONFIG`, else `omni.toml` here if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one reader of the environment"
)]
pub fn default_path() -> Option<PathBuf> {
    let named = std::env::var_os("OMNI_CONFIG").filter(|path| !path.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from("omni.toml")).filter(|path| path.is_file()))
}

fn read(path: &Path) -> Result<Node, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    node::parse(&text, path)
}

/// The variables of this process that may concern us; ones that are no Unicode cannot.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one reader of the environment"
)]
fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(environment::PREFIX))
        .collect()
}

#[cfg(test)]
mod tests;
