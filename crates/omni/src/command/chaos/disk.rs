//! Small disks for spools and states, so that they can be full: file systems in memory that only this run sees.
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, open, statvfs};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::fault::Disk;

/// Given to the process that has mounts of its own.
const OWN_MOUNTS: &str = "--own-mounts";
const FILLER: &str = "filler";
const OPTIONS: &str = "size=512m,mode=0700";

/// Runs this command again where mounts are its own (`unshare`), when that is allowed here; else goes on.
pub(super) fn with_mounts_of_its_own() {
    let arguments: &[&str] = if rustix::process::geteuid().is_root() {
        &["--mount", "--propagation", "private"]
    } else {
        &["--mount", "--propagation", "private", "--map-root-user"]
    };
    let is_allowed = Command::new("unshare").args(arguments).arg("true").output();
    if !is_allowed.is_ok_and(|tried| tried.status.success()) {
        return;
    }
    if let Ok(omni) = std::env::current_exe() {
        let error = Command::new("unshare")
            .args(arguments)
            .arg("--")
            .arg(omni)
            .args(std::env::args_os().skip(1))
            .arg(OWN_MOUNTS)
            .exec();
        println!("could not start with mounts of its own: {error}");
    }
}

/// One folder a disk.
#[derive(Debug)]
pub(super) struct Disks {
    folder: PathBuf,
    are_small: bool,
}

impl Disks {
    /// Without mounts of its own: plain folders, and none is ever full.
    pub(super) fn mount(folder: &Path, are_small: bool) -> Result<Self> {
        let disks = Self {
            folder: folder.to_owned(),
            are_small,
        };
        for disk in Disk::ALL {
            let folder = disks.folder(disk);
            std::fs::create_dir_all(&folder)?;
            if disks.are_small {
                let options = std::ffi::CString::new(OPTIONS)?;
                mount(
                    "omni-chaos",
                    &folder,
                    "tmpfs",
                    MountFlags::empty(),
                    options.as_c_str(),
                )
                .with_context(|| format!("could not mount a small disk on {}", folder.display()))?;
            }
        }
        if !disks.are_small {
            println!("no disk gets full: `unshare --mount` is not allowed here");
        }
        Ok(disks)
    }

    pub(super) fn folder(&self, disk: Disk) -> PathBuf {
        self.folder.join(disk.name())
    }

    /// Takes all the room that is left. `false` when the disk is not small.
    pub(super) fn fill(&self, disk: Disk) -> Result<bool> {
        if !self.are_small {
            return Ok(false);
        }
        let folder = self.folder(disk);
        let space = statvfs(&folder)?;
        let filler = open(
            folder.join(FILLER),
            OFlags::CREATE | OFlags::WRONLY,
            Mode::RUSR | Mode::WUSR,
        )?;
        // Whoever writes meanwhile may have taken some of it: full all the same.
        let _ = fallocate(
            &filler,
            FallocateFlags::empty(),
            0,
            (space.f_bavail * space.f_frsize).max(1),
        );
        Ok(true)
    }

    pub(super) fn empty(&self, disk: Disk) {
        let _ = std::fs::remove_file(self.folder(disk).join(FILLER));
    }
}

impl Drop for Disks {
    /// Those who wrote there are gone by then, or hold it until they are.
    fn drop(&mut self) {
        if self.are_small {
            for disk in Disk::ALL {
                let _ = unmount(self.folder(disk), UnmountFlags::DETACH);
            }
        }
    }
}
