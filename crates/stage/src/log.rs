//! Log lines: which are written and how (`docs/logging.md` has the rules).
//!
//! Lines go to standard error, so that standard output stays free for a program's answers.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::{LogFormat, Settings};

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not in the language of `RUST_LOG`.
    #[error("`[stage] log_level = \"{level}\"` is no filter; write e.g. `info` or `info,kafka=debug`")]
    Filter {
        /// What was given.
        level: String,
        /// What the parser said.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// This process already has a logger.
    #[error("logging was started twice in one process")]
    Twice,
}

/// Starts logging for this process.
///
/// # Errors
/// [`LogError`] when the filter cannot be read, or logging was started before.
pub fn init(settings: &Settings) -> Result<(), LogError> {
    let level = &settings.log_level;
    let filter = EnvFilter::try_new(level).map_err(|source| LogError::Filter {
        level: level.clone(),
        source,
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
    };
    started.map_err(|_| LogError::Twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_filter_it_cannot_read() {
        let settings = Settings {
            log_level: "kafka=loud=very".to_owned(),
            ..Settings::default()
        };
        assert!(matches!(init(&settings), Err(LogError::Filter { .. })));
    }
}
