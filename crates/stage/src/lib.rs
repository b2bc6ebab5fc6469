//! What every stage stands on: configuration, logs, metrics, the admin port, shutdown, time, backoff,
//! the one outbound HTTP client, and the frame of a program.
//!
//! Knows the process and its environment. Refuses to know Kafka, ClickHouse, the CRM or an event: a stage
//! brings those. The environment is read here and nowhere else in the workspace.

pub mod admin;
mod allocator;
pub mod backoff;
pub mod clock;
pub mod config;
pub mod log;
pub mod metrics;
pub mod outbound;
mod probe;
mod program;
pub mod readiness;
pub mod secret;
pub mod settings;
mod shutdown;
pub mod tls;

pub use config::ConfigError;
pub use metrics::Metrics;
pub use probe::{ProbeError, probe};
pub use program::{Program, main_with, run_with};
pub use readiness::Readiness;
pub use secret::Secret;
pub use settings::Settings;
pub use shutdown::{Shutdown, Trigger};
pub use tls::Tls;
