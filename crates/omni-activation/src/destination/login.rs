//! How a destination comes to a credential that does not stand in the settings: steps, each a pure function of what the
//! steps before it brought. `delivery` takes them, keeps what they come to until it is old, and begins again when it is
//! refused.

use std::fmt;
use std::path::PathBuf;

use stage::Secret;
use stage::outbound::{Addresses, StatusCode};

use super::Request;

/// What a request is signed with or carries.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A token that is sent along (RFC 6750).
    Bearer(Secret),
    /// Keys that sign (AWS Signature Version 4).
    Aws {
        /// Not secret.
        access_key_id: String,
        /// Signs.
        secret_access_key: Secret,
        /// Sent along with keys that expire.
        session_token: Option<Secret>,
    },
}

/// What a step brought.
#[derive(Debug, Clone)]
pub struct Brought {
    /// Of an answer; a file that was read has 200, one that is not there 404.
    pub status: StatusCode,
    /// The answer's body, or the file's content.
    pub body: Vec<u8>,
}

/// The next step.
#[derive(Debug, Clone)]
pub enum Step {
    /// Ask this.
    Ask(Box<Request>),
    /// Read this file.
    Read(PathBuf),
    /// Here it is.
    Have {
        /// The credential.
        credential: Credential,
        /// When it is of no more use, in seconds since 1970; none: as long as nobody refuses it.
        until_seconds: Option<i64>,
    },
    /// There is none now; it may work later.
    Later(&'static str),
    /// There will be none until a person mends the settings.
    Refused(&'static str),
}

/// The way to a credential.
pub trait Login: fmt::Debug + Send + Sync {
    /// The next step after these, at this time (seconds since 1970).
    fn step(&self, before: &[Brought], at_seconds: i64) -> Step;

    /// What looks like a credential and is none, for previews.
    fn example(&self) -> Credential;

    /// Which addresses its steps may ask; none: those that the destination may.
    fn addresses(&self) -> Option<Addresses> {
        None
    }
}
