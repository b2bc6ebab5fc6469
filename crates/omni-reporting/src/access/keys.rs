//! The keys of embeds and of the API: a file of mode 0600, read again when it changes.
//!
//! An API key is kept as a hash; the key of an embed signs tokens and has to be kept as it is. A key has a ceiling: no
//! token and no request goes beyond its companies, boards, origins, or its word on who persons are. A file that cannot
//! be read any more leaves the keys that are known in force; one that is gone leaves none.
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stage::Secret;
use subtle::ConstantTimeEq as _;

/// Keys of one kind in a file.
const KEYS_MAX: usize = 1_000;
/// A file that changed is read at most so much later.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const HEADING: &str =
    "# Written by `omni embed key` and `omni access key`. It holds secrets: mode 0600, in no repository.\n\n";
/// What an API key begins with, so that it is found where it should not be.
const API_PREFIX: &str = "omni_";

/// Why keys cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("could not read {}", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} holds no keys as `omni embed key` writes them", .path.display())]
    Parse {
        path: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("could not write {}", .path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{} holds {KEYS_MAX} keys already: revoke some", .0.display())]
    Full(PathBuf),
    #[error("there is no key {0}")]
    Unknown(String),
    #[error("this system gives no random numbers")]
    Random,
}

/// All keys of a file.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ring {
    pub embed: BTreeMap<String, EmbedKey>,
    pub api: BTreeMap<String, ApiKey>,
}

/// Signs the tokens of embeds. Its id is no secret: an embed page names it in its address.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedKey {
    #[serde(default)]
    pub label: String,
    /// As base64url; `shown` writes it.
    #[serde(serialize_with = "shown")]
    pub secret: Secret,
    /// Pages of these origins may hold what it opens.
    pub origins: Vec<String>,
    /// Empty: every company.
    #[serde(default)]
    pub companies: Vec<u64>,
    /// Empty: every board.
    #[serde(default)]
    pub boards: Vec<String>,
    /// Whether its tokens may say that who persons are is shown.
    #[serde(default)]
    pub pii: bool,
    pub created_at: String,
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read boards.
    Read,
    /// Make tokens of embeds.
    Tokens,
}

/// Lets a program in.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    #[serde(default)]
    pub label: String,
    /// Of the secret, which has too many bits to be guessed from it.
    pub sha256: String,
    pub scopes: Vec<Scope>,
    /// Empty: every company.
    #[serde(default)]
    pub companies: Vec<u64>,
    #[serde(default)]
    pub pii: bool,
    pub created_at: String,
}

fn shown<S: serde::Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

impl Ring {
    /// The keys of the file; none when there is no file.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                let path = path.to_owned();
                return Err(KeysError::Read { path, source });
            }
        };
        toml::from_str(&text).map_err(|source| KeysError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Replaces the file as a whole; only its owner may read it.
    pub fn write(&self, path: &Path) -> Result<(), KeysError> {
        if self.embed.len() > KEYS_MAX || self.api.len() > KEYS_MAX {
            return Err(KeysError::Full(path.to_owned()));
        }
        let failed = |source| KeysError::Write {
            path: path.to_owned(),
            source,
        };
        let text = toml::to_string(self).map_err(|error| failed(std::io::Error::other(error)))?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .map_err(failed)?;
        file.write_all(format!("{HEADING}{text}").as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::rename(&beside, path))
            .map_err(failed)
    }

    /// Adds a key for embeds and returns its id; `key` needs no secret yet.
    pub fn add_embed(&mut self, mut key: EmbedKey) -> Result<String, KeysError> {
        let id = text_of(&random::<6>()?);
        key.secret = URL_SAFE_NO_PAD.encode(random::<32>()?).into();
        self.embed.insert(id.clone(), key);
        Ok(id)
    }

    /// Adds an API key; returns its id and its text, which is not kept.
    pub fn add_api(&mut self, mut key: ApiKey) -> Result<(String, String), KeysError> {
        let id = text_of(&random::<6>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        key.sha256 = text_of(&Sha256::digest(&secret));
        self.api.insert(id.clone(), key);
        let text = format!("{API_PREFIX}{id}_{secret}");
        Ok((id, text))
    }

    /// The API key of this text, compared in constant time.
    pub(super) fn api_key(&self, text: &str) -> Option<(&String, &ApiKey)> {
        let (id, secret) = text.strip_prefix(API_PREFIX)?.split_once('_')?;
        let (id, key) = self.api.get_key_value(id)?;
        let given = text_of(&Sha256::digest(secret));
        bool::from(given.as_bytes().ct_eq(key.sha256.as_bytes())).then_some((id, key))
    }
}

/// Whether this is written like an API key, right or wrong.
pub(super) fn is_api_key(text: &str) -> bool {
    text.starts_with(API_PREFIX)
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], KeysError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| KeysError::Random)?;
    Ok(bytes)
}

fn text_of(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

/// The keys in force.
#[derive(Debug)]
pub struct Keys {
    /// Empty: no keys at all.
    path: PathBuf,
    read: Mutex<Read>,
}

#[derive(Debug)]
struct Read {
    ring: Arc<Ring>,
    /// When the file was last looked at, and what it was then.
    looked_at: Instant,
    stamp: Option<(SystemTime, u64)>,
}

impl Keys {
    /// Reads the file for the first time.
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        let ring = if path.as_os_str().is_empty() {
            Ring::default()
        } else {
            Ring::read(path)?
        };
        Ok(Self {
            path: path.to_owned(),
            read: Mutex::new(Read {
                ring: Arc::new(ring),
                looked_at: Instant::now(),
                stamp: stamp(path),
            }),
        })
    }

    /// The keys as the file has them, or had them a second ago.
    pub fn now(&self) -> Arc<Ring> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.path.as_os_str().is_empty() && read.looked_at.elapsed() >= LOOK_EVERY {
            read.looked_at = Instant::now();
            let stamp = stamp(&self.path);
            if stamp != read.stamp {
                match Ring::read(&self.path) {
                    Ok(ring) => read.ring = Arc::new(ring),
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the file of keys cannot be read; those known stay in force"
                    ),
                }
                read.stamp = stamp;
            }
        }
        Arc::clone(&read.ring)
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

#[cfg(test)]
#[path = "keys/tests.rs"]
mod tests;
