//! The dashboard's page: where it is, and built when it must be.

use super::talk::say;
use anyhow::bail;
use local::page::Page;
use std::path::{Path, PathBuf};

/// Where the page is when this binary runs in the repository it was built in.
const OF_REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web");

/// The folder the dashboard is served from.
pub(super) fn ensure(
    given: Option<&Path>,
    omni: &Path,
    log: PathBuf,
    give_up: &dyn Fn() -> bool,
) -> anyhow::Result<PathBuf> {
    let candidates = [given, Some(Path::new("web")), Some(Path::new(OF_REPOSITORY))];
    let found = candidates
        .into_iter()
        .flatten()
        .find(|folder| folder.join("package.json").is_file());
    let Some(folder) = found else {
        bail!("the dashboard's page is not here: start in the repository, or name its folder with --web")
    };
    let folder = std::path::absolute(folder)?;
    let page = Page {
        folder,
        omni: omni.to_owned(),
        log,
    };
    if !page.is_built() {
        say("building the dashboard's page (npm; a minute the first time)");
        page.build(give_up)?;
    }
    Ok(page.built())
}
