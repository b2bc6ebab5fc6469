//! What the platform tells every program that it runs: variables that are none of ours, such as `AWS_REGION` or what a
//! container service sets to hand out credentials.
//!
//! Only those whose names begin as asked are taken. One that is set to nothing counts as unset.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The platform's variables, and the home folder. Their values may be secrets: `Debug` tells names alone.
#[derive(Clone, Default)]
pub struct PlatformVariables {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl PlatformVariables {
    /// Those of this process whose names begin so; ones that are no Unicode cannot concern us.
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is read here and in `config` alone"
    )]
    pub fn read(prefix: &str) -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with(prefix));
        Self {
            variables: variables.collect(),
            home: std::env::home_dir(),
        }
    }

    /// As [`PlatformVariables::read`], with the environment given: for tests.
    pub fn given(variables: &[(&str, &str)], home: Option<&Path>) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            variables: variables.iter().map(owned).collect(),
            home: home.map(Path::to_owned),
        }
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The folder of the user this process runs as.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|home| !home.as_os_str().is_empty())
    }
}

impl fmt::Debug for PlatformVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_set_to_nothing_is_not_set() {
        let variables =
            PlatformVariables::given(&[("AWS_REGION", " eu-central-1\n"), ("AWS_PROFILE", "")], None);
        assert_eq!(variables.get("AWS_REGION"), Some("eu-central-1"));
        assert_eq!((variables.get("AWS_PROFILE"), variables.home()), (None, None));
    }

    #[test]
    fn only_what_begins_as_asked_is_read_and_no_value_is_shown() {
        // Cargo sets this for every test.
        let read = PlatformVariables::read("CARGO_MANIFEST");
        assert!(read.get("CARGO_MANIFEST_DIR").is_some() && read.get("PATH").is_none());
        let shown = format!("{read:?}");
        assert!(
            shown.contains("CARGO_MANIFEST_DIR") && !shown.contains("crates"),
            "{shown}"
        );
    }
}
