//! Where things are on this machine: the binary itself and the per-user cache.

use anyhow::Context;
use local::Cache;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// Where downloads are kept for the next start [default: ~/.cache/omni]
    #[arg(long, env = "OMNI_CACHE_DIR", hide_env_values = true, global = true)]
    cache_dir: Option<OsString>,
    #[arg(long, env = "XDG_CACHE_HOME", hide = true, global = true)]
    xdg_cache_home: Option<OsString>,
    #[arg(long, env = "HOME", hide = true, global = true)]
    home: Option<OsString>,
}

impl Place {
    pub(crate) fn cache(&self) -> Cache {
        Cache::locate(
            self.cache_dir.clone(),
            self.xdg_cache_home.clone(),
            self.home.clone(),
        )
    }

    /// The binary we are: guards, engines and stages are started from it.
    pub(crate) fn omni() -> anyhow::Result<PathBuf> {
        std::fs::read_link("/proc/self/exe").context("could not find the omni binary")
    }
}
