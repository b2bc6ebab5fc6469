//! The users of a local ClickHouse and their passwords: made on the first start, kept with the data.

use crate::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Creates and changes tables.
pub const ADMIN: &str = "omni_admin";
/// Inserts and reads.
pub const WRITER: &str = "omni_writer";
/// Inserts and reads, and no more: for the tests of least rights. Its password is the writer's.
pub const LOADER: &str = "omni_loader";
/// Makes and changes tables, and no more; as above.
pub const MIGRATOR: &str = "omni_migrator";
/// Reads, and may set no limit higher than its profile's.
pub const DASHBOARD: &str = "omni_dashboard";

const PASSWORD_BYTES: usize = 24;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Credentials {
    pub admin: String,
    pub writer: String,
    pub dashboard: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials")
    }
}

impl Credentials {
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        if let Ok(text) = std::fs::read(path) {
            return serde_json::from_slice(&text).map_err(|error| Error::Failed {
                what: format!("reading {}", path.display()),
                detail: error.to_string(),
            });
        }
        let made = Self {
            admin: password(),
            writer: password(),
            dashboard: password(),
        };
        let text = serde_json::to_vec_pretty(&made).map_err(|error| Error::Failed {
            what: "writing credentials".into(),
            detail: error.to_string(),
        })?;
        write_private(path, &text)?;
        Ok(made)
    }
}

fn password() -> String {
    use base64::Engine as _;
    let bytes: [u8; PASSWORD_BYTES] = rand::random();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Writes a file that only its owner reads (mode 0600), whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let writing = format!("could not write {}", path.display());
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(Error::io(&writing))?;
    file.write_all(content).map_err(Error::io(&writing))?;
    std::fs::rename(&beside, path).map_err(Error::io(&writing))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn passwords_are_made_once_and_readable_by_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials.json");
        let first = Credentials::load_or_create(&path).unwrap();
        let second = Credentials::load_or_create(&path).unwrap();
        assert_eq!(first.admin, second.admin);
        assert_ne!(first.admin, first.dashboard);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
