//! The dashboard's page on this machine: built from its sources when it is missing or older than they are.

use crate::tool::{NODE, NPM};
use crate::{Error, Guarded, Launch, StopBy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const STOP_GRACE: Duration = Duration::from_secs(2);
/// What the build makes, in the folder of the page.
const BUILT: &str = "dist";
/// What npm leaves when it has installed.
const INSTALLED: &str = "node_modules/.package-lock.json";
/// Folders whose content is not source.
const NOT_SOURCE: [&str; 4] = [BUILT, "node_modules", "test", "e2e"];

/// The page's folder: `package.json`, sources, and what was built of them.
#[derive(Debug, Clone)]
pub struct Page {
    pub folder: PathBuf,
    pub omni: PathBuf,
    pub log: PathBuf,
}

impl Page {
    /// The folder a server serves.
    pub fn built(&self) -> PathBuf {
        self.folder.join(BUILT)
    }

    /// Whether [`Page::build`] has nothing to do.
    pub fn is_built(&self) -> bool {
        let built = modified(&self.built().join("index.html"));
        built.is_some_and(|built| newest(&self.folder, 0).is_none_or(|source| source <= built))
    }

    /// Installs what the build needs, when that changed, and builds. Minutes the first time.
    pub fn build(&self, give_up: &dyn Fn() -> bool) -> Result<(), Error> {
        NODE.check()?;
        NPM.check()?;
        let installed = modified(&self.folder.join(INSTALLED));
        if installed.is_none() || installed < modified(&self.folder.join("package-lock.json")) {
            self.npm(&["ci", "--no-audit", "--no-fund"], give_up)?;
        }
        self.npm(&["run", "build"], give_up)
    }

    fn npm(&self, words: &[&str], give_up: &dyn Fn() -> bool) -> Result<(), Error> {
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        arguments.extend(["--prefix".into(), self.folder.clone().into()]);
        let launch = Launch {
            omni: self.omni.clone(),
            program: NPM.program.into(),
            arguments,
            environment: Vec::new(),
            log: self.log.clone(),
            stop_by: StopBy::Signal,
            grace: STOP_GRACE,
            remove: None,
        };
        Guarded::spawn(&launch)?.to_its_end(&format!("npm {}", words.join(" ")), give_up)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// Folders deeper than this hold no sources of ours.
const DEPTH_MAX: u32 = 8;

/// When the newest source changed.
fn newest(folder: &Path, depth: u32) -> Option<SystemTime> {
    if depth > DEPTH_MAX {
        return None;
    }
    std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| !NOT_SOURCE.iter().any(|name| entry.file_name() == *name))
        .filter_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => newest(&entry.path(), depth + 1),
            Ok(kind) if kind.is_file() => modified(&entry.path()),
            _ => None,
        })
        .max()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    #[test]
    fn a_page_is_built_until_a_source_is_newer() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page {
            folder: folder.path().to_owned(),
            omni: PathBuf::new(),
            log: folder.path().join("log"),
        };
        let at = |name: &str, seconds: u64| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
                .unwrap();
        };
        at("src/main.ts", 100);
        assert!(!page.is_built(), "nothing was built yet");
        at("dist/index.html", 200);
        at("node_modules/x/index.js", 300);
        at("test/main.test.ts", 300);
        assert!(page.is_built());
        at("src/panels/new.ts", 300);
        assert!(!page.is_built());
    }
}
