//! The two calls of the system that the spool's promise rests on; a test puts others in their place.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};

type Append = dyn Fn(&File, &[u8]) -> io::Result<()> + Send + Sync;
type Settle = dyn Fn(&File) -> io::Result<()> + Send + Sync;

/// How bytes get onto the disk.
pub(crate) struct Disk {
    /// Appends all of the bytes; on an error some of them may be there.
    pub(crate) write: Box<Append>,
    /// Returns once the file's bytes outlive a loss of power. After an error none of the unsynced may be trusted,
    /// also when the next call succeeds.
    pub(crate) sync: Box<Settle>,
}

impl Default for Disk {
    fn default() -> Disk {
        Disk {
            write: Box::new(|mut file, bytes| file.write_all(bytes)),
            sync: Box::new(File::sync_data),
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}
