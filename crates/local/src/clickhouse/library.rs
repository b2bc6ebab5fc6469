//! The engine's shared library: a pinned npm package, verified before it is unpacked and after.

use super::files::hex;
use crate::tool::{NPM, TAR};
use crate::{Cache, Error};
use base64::Engine as _;
use sha2::{Digest, Sha256, Sha512};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Never `latest`: npm's tag points to an older engine that can't serve HTTP.
pub const VERSION: &str = "26.7.3-stable.1";
const CACHE_NAME: &str = "clickhouse-engine";
const FILE: &str = "libchdb.so";
/// Hashing reads this much at a time.
const READ_BYTES: usize = 1 << 20;

/// One platform's package and its hashes. Another platform is another row, once it was tried.
struct Package {
    os: &'static str,
    architecture: &'static str,
    name: &'static str,
    /// npm's `dist.integrity`, without its prefix.
    tarball_sha512_base64: &'static str,
    library_sha256: &'static str,
}

const PACKAGES: [Package; 1] = [Package {
    os: "linux",
    architecture: "x86_64",
    name: "@chdb/lib-linux-x64-gnu",
    tarball_sha512_base64: "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
    library_sha256: "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
}];

/// Whether [`fetch`] has nothing to download.
pub fn is_fetched(cache: &Cache) -> bool {
    cache.path(CACHE_NAME, &key()).join(FILE).is_file()
}

/// The path of the library; 178 MB are downloaded the first time (543 MiB on disk).
pub fn fetch(cache: &Cache) -> Result<PathBuf, Error> {
    let (os, architecture) = platform();
    let package = PACKAGES
        .iter()
        .find(|package| (package.os, package.architecture) == (os, architecture))
        .ok_or_else(|| Error::Platform {
            platform: format!("{os} on {architecture}"),
        })?;
    let directory = cache.entry(CACHE_NAME, &key(), |directory| fill(package, directory))?;
    Ok(directory.join(FILE))
}

fn platform() -> (&'static str, &'static str) {
    (std::env::consts::OS, std::env::consts::ARCH)
}

fn key() -> String {
    let (os, architecture) = platform();
    format!("{VERSION}-{os}-{architecture}")
}

fn fill(package: &Package, directory: &Path) -> Result<(), Error> {
    let work = tempfile::tempdir_in(directory).map_err(Error::io(format!(
        "could not create a directory in {}",
        directory.display()
    )))?;
    let wanted = format!("{}@{VERSION}", package.name);
    NPM.run(["pack", &wanted, "--ignore-scripts", "--silent"], work.path())?;
    let tarball = only_file(work.path())?;
    let sha512 = digest::<Sha512>(&tarball)?;
    let actual = base64::engine::general_purpose::STANDARD.encode(sha512);
    check(&tarball, package.tarball_sha512_base64, actual)?;
    let inside = format!("package/{FILE}");
    TAR.run(
        ["-xzf".as_ref(), tarball.as_os_str(), inside.as_ref()],
        work.path(),
    )?;
    let unpacked = work.path().join(inside);
    check(
        &unpacked,
        package.library_sha256,
        hex(&digest::<Sha256>(&unpacked)?),
    )?;
    std::fs::rename(&unpacked, directory.join(FILE))
        .map_err(Error::io(format!("could not move {}", unpacked.display())))
}

/// `npm pack` names its file by rules of its own; it is the only one there.
fn only_file(directory: &Path) -> Result<PathBuf, Error> {
    let reading = || Error::io(format!("could not read {}", directory.display()));
    let mut entries = std::fs::read_dir(directory).map_err(reading())?;
    let entry = entries.next().ok_or_else(|| Error::Failed {
        what: "npm".into(),
        detail: "it packed nothing".into(),
    })?;
    Ok(entry.map_err(reading())?.path())
}

fn digest<D: Digest>(path: &Path) -> Result<Vec<u8>, Error> {
    let reading = format!("could not read {}", path.display());
    let mut file = File::open(path).map_err(Error::io(&reading))?;
    let mut digest = D::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer).map_err(Error::io(&reading))?;
        if count == 0 {
            return Ok(digest.finalize().to_vec());
        }
        digest.update(buffer.get(..count).unwrap_or_default());
    }
}

fn check(file: &Path, expected: &str, actual: String) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::Checksum {
        file: file.display().to_string(),
        expected: expected.to_owned(),
        actual,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_is_not_what_was_published_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x");
        std::fs::write(&file, "abc").unwrap();
        let actual = hex(&digest::<Sha256>(&file).unwrap());
        assert_eq!(
            actual,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(check(&file, &actual, actual.clone()).is_ok());
        assert!(
            check(&file, "00", actual)
                .unwrap_err()
                .to_string()
                .contains("is not what was published")
        );
    }
}
