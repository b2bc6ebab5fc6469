//! Which `omni.toml` a command reads.

use std::path::{Path, PathBuf};

/// What `omni dev` writes, so that the other commands speak to it without being told.
const OF_DEV: &str = ".omni/omni.toml";

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ConfigFile {
    /// The configuration [default: $OMNI_CONFIG, or ./omni.toml, or what a running `omni dev` here uses]
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// `None` when there is no file: then the defaults and the environment hold.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.config
            .clone()
            .or_else(stage::config::default_path)
            .or_else(|| {
                let of_dev = Path::new(OF_DEV);
                of_dev.is_file().then(|| of_dev.to_owned())
            })
    }
}
