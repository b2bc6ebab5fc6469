//! The per-user cache of what is downloaded once: `${XDG_CACHE_HOME:-~/.cache}/omni`.
//!
//! An entry is a directory keyed by name and version. It appears whole or not at all: it is filled under
//! another name and renamed, under a file lock, so that several processes that need it fetch it once.

use crate::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the cache is, from the values of `OMNI_CACHE_DIR`, `XDG_CACHE_HOME` and `HOME`.
    pub fn locate(own: Option<OsString>, xdg: Option<OsString>, home: Option<OsString>) -> Self {
        let set = |value: Option<OsString>| value.filter(|text| !text.is_empty()).map(PathBuf::from);
        let root = set(own)
            .or_else(|| set(xdg).map(|base| base.join("omni")))
            .or_else(|| set(home).map(|base| base.join(".cache/omni")))
            .unwrap_or_else(|| PathBuf::from("/tmp/omni-cache"));
        Self { root }
    }

    /// The directory of an entry, whether it is there or not.
    pub fn path(&self, name: &str, version: &str) -> PathBuf {
        self.root.join(name).join(version)
    }

    /// The entry; when it is not there yet, `fill` is given an empty directory to put its content in.
    pub fn entry(
        &self,
        name: &str,
        version: &str,
        fill: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<PathBuf, Error> {
        let place = self.path(name, version);
        if place.is_dir() {
            return Ok(place);
        }
        let parent = self.root.join(name);
        fs::create_dir_all(&parent).map_err(Error::io(format!("could not create {}", parent.display())))?;
        let lock_path = parent.join(format!(".{version}.lock"));
        let lock = File::create(&lock_path)
            .map_err(Error::io(format!("could not create {}", lock_path.display())))?;
        lock.lock()
            .map_err(Error::io(format!("could not lock {}", lock_path.display())))?;
        if place.is_dir() {
            return Ok(place);
        }
        let filling = tempfile::Builder::new()
            .prefix(&format!(".{version}."))
            .tempdir_in(&parent)
            .map_err(Error::io(format!(
                "could not create a directory in {}",
                parent.display()
            )))?;
        fill(filling.path())?;
        let filled = filling.keep();
        fs::rename(&filled, &place).map_err(Error::io(format!(
            "could not rename {} to {}",
            filled.display(),
            place.display()
        )))?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn an_entry_is_filled_once_also_when_many_ask_at_once() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let filled = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let place = cache.entry("thing", "1.0", |directory| {
                        filled.fetch_add(1, Ordering::SeqCst);
                        fs::write(directory.join("content"), "x").map_err(Error::io("write"))
                    });
                    assert_eq!(fs::read_to_string(place.unwrap().join("content")).unwrap(), "x");
                });
            }
        });
        assert_eq!(filled.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failed_fill_leaves_no_entry() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let failed = cache.entry("thing", "1.0", |_| {
            Err(Error::Failed {
                what: "fetch".into(),
                detail: "offline".into(),
            })
        });
        assert!(failed.is_err());
        assert!(!cache.path("thing", "1.0").exists());
    }

    #[test]
    fn its_own_variable_wins_over_the_users_cache_and_home() {
        let of = |own: &str, xdg: &str, home: &str| {
            Cache::locate(Some(own.into()), Some(xdg.into()), Some(home.into())).path("a", "1")
        };
        assert_eq!(of("/own", "/xdg", "/home/u"), PathBuf::from("/own/a/1"));
        assert_eq!(of("", "/xdg", "/home/u"), PathBuf::from("/xdg/omni/a/1"));
        assert_eq!(of("", "", "/home/u"), PathBuf::from("/home/u/.cache/omni/a/1"));
    }
}
