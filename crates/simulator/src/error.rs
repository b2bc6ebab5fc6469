//! What keeps a simulator from running.

use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{address} cannot be listened on")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("the server ended")]
    Serve { source: std::io::Error },
    #[error("the http client could not be made")]
    Client { source: reqwest::Error },
    #[error("{path} could not be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} could not be written")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is no state of a simulator")]
    State {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path} was made with other settings ({setting}): remove it to begin anew, or use the same")]
    OtherState { path: PathBuf, setting: &'static str },
    #[error("{option}: {why}")]
    Option { option: &'static str, why: &'static str },
}
