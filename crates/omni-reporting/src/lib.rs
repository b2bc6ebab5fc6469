//! Serves the dashboard, and pushes a panel's answer when rows under it landed and the answer is another.
//!
//! Promises: a question is asked once for all who look, and only when a table under it changed; the same bytes serve
//! stream, request and CSV, so numbers agree; a panel that fails keeps its last good rows and leaves the others alone; a
//! missed notice heals within a minute. Refuses: SQL from a browser, values their declaration does not allow, a statement
//! that reads several companies' rows without naming one, a request that [`access::authorise`] does not let in.
pub mod access;
pub mod answer;
pub mod api;
mod assets;
pub mod board;
pub mod boards;
pub mod check;
pub mod config;
pub mod desk;
pub mod error;
pub mod export;
mod feed;
pub mod live;
pub mod metrics;
mod notice;
pub mod question;
mod reload;
mod route;
pub mod scratch;
mod server;
pub mod setup;
pub mod state;
mod survey;
mod until;
pub mod versions;
pub mod watermark;

pub use config::{Config, TABLES};
pub use error::Error;
pub use route::{ROUTES, Route};
pub use server::Server;

use stage::Shutdown;

/// Serves until a stop is requested.
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    Server::bind(&config, shutdown).await?.serve().await
}
