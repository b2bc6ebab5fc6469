//! What can go wrong with ClickHouse, and what the caller may do about it.
use std::borrow::Cow;

use thiserror::Error;

use crate::table::DEADLINE_CHECK;

/// The cause below one of our errors; the client's own error type never leaves this crate.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The longest text kept of a server's message: it may hold the rows it is about.
const MESSAGE_CHARS_MAX: usize = 400;

const VIOLATED_CONSTRAINT: u32 = 469;

/// What the caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same call may work later.
    Retry,
    /// The server will not take this; the next statement may work.
    Abort,
    /// Nothing will work before a person changes something: rights, tables, configuration.
    Fatal,
}

/// An error of this crate.
#[derive(Debug, Error)]
pub enum Error {
    #[error("[warehouse] {key}: {message}")]
    Config { key: &'static str, message: String },
    /// No answer came; what the server did is unknown.
    #[error("no answer from clickhouse: {doing}")]
    Network {
        doing: String,
        #[source]
        source: Cause,
    },
    /// The server is not who it should be, or not known to be.
    #[error(
        "clickhouse's certificate is not accepted: set `[warehouse] ca_file` to the certificate of who signed it, and call the \
         server in `url` by a name that is in it: {doing}"
    )]
    Untrusted {
        doing: String,
        #[source]
        source: Cause,
    },
    /// The server refused.
    #[error("clickhouse refused, code {code}: {doing}: {message}")]
    Server {
        doing: String,
        code: u32,
        message: String,
    },
    /// The insert came too late and did nothing; the same token may be used again.
    #[error("insert came after its deadline and did nothing: {doing}")]
    Deadline { doing: String },
    /// A value does not fit its column's buffer: a bug of the caller.
    #[error("column {column} of the block does not hold {value}")]
    Block { column: String, value: &'static str },
    /// The client could not make the statement, or not read the answer.
    #[error("clickhouse client: {doing}")]
    Client {
        doing: String,
        #[source]
        source: Cause,
    },
    /// A table is not as it must be.
    #[error("table {table}: {message}; run `omni migrate`")]
    Table { table: String, message: String },
    /// A migration differs from the one that was applied.
    #[error("migration {scope} {name} was changed after it was applied; add a new one instead")]
    Changed { scope: String, name: String },
    /// A migration's number lies below one that was applied.
    #[error("migration {scope} {name} comes after a later one was applied; give it a higher number")]
    Late { scope: String, name: String },
}

impl Error {
    /// What the caller may do.
    pub fn class(&self) -> Class {
        match self {
            Self::Network { .. } | Self::Deadline { .. } => Class::Retry,
            Self::Server { code, .. } => class_of(*code),
            Self::Block { .. } | Self::Client { .. } => Class::Abort,
            Self::Config { .. }
            | Self::Untrusted { .. }
            | Self::Table { .. }
            | Self::Changed { .. }
            | Self::Late { .. } => Class::Fatal,
        }
    }

    /// Sorts the client's error into ours.
    pub(crate) fn from_client(doing: impl Into<String>, error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error as Theirs;
        let doing = doing.into();
        match error {
            Theirs::BadResponse(text) => Self::from_text(doing, &text),
            Theirs::Network(_) if is_untrusted(&error) => Self::Untrusted {
                doing,
                source: error.into(),
            },
            Theirs::Network(_) | Theirs::TimedOut => Self::Network {
                doing,
                source: error.into(),
            },
            other => Self::Client {
                doing,
                source: other.into(),
            },
        }
    }

    fn from_text(doing: String, text: &str) -> Self {
        let (code, message) = read_message(text);
        if code == VIOLATED_CONSTRAINT && message.contains(DEADLINE_CHECK) {
            return Self::Deadline { doing };
        }
        Self::Server {
            doing,
            code,
            message: message.into_owned(),
        }
    }
}

/// Whether the cause of it all is a certificate. The libraries between wrap each other's errors.
fn is_untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        let io = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match io {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

/// The code and the cut text; rows that stand before the exception are left out.
fn read_message(text: &str) -> (u32, Cow<'_, str>) {
    let at = text.rfind("Code: ").unwrap_or(0);
    let message = text.get(at..).unwrap_or(text);
    let digits: String = message
        .trim_start_matches("Code: ")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let code = digits.parse().unwrap_or(0);
    let cut: String = message
        .chars()
        .take(MESSAGE_CHARS_MAX)
        .map(|c| {
            if c.is_control() || c == char::REPLACEMENT_CHARACTER {
                ' '
            } else {
                c
            }
        })
        .collect();
    (code, Cow::Owned(cut.trim_end().to_owned()))
}

/// By ClickHouse's `ErrorCodes`.
fn class_of(code: u32) -> Class {
    match code {
        // Time, load, memory, disk, replicas, the way there, a stop; 216: the same insert is still running.
        0 | 159 | 160 | 198 | 202 | 203 | 209 | 210 | 216 | 236 | 241 | 242 | 243 | 252 | 279 | 285 | 286
        | 290 | 319 | 341 | 394 | 415 | 425 | 439 | 473 | 499 | 574 | 667 | 735 | 745 | 999 | 1000 | 1001 => {
            Class::Retry
        }
        // Columns, tables, databases, syntax, rights, passwords.
        8 | 10 | 16 | 20 | 46 | 47 | 60 | 62 | 81 | 115 | 164 | 192 | 193 | 194 | 291 | 452 | 497 | 516 => {
            Class::Fatal
        }
        _ => Class::Abort,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_code_and_leaves_out_rows_before_it() {
        let rows = "\u{1}\u{2}someone@example.org".repeat(10_000);
        let text = format!("{rows}Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)");
        let error = Error::from_text("asking".into(), &text);
        assert_eq!(error.class(), Class::Retry);
        let shown = error.to_string();
        assert!(
            shown.contains("code 241") && !shown.contains("example.org"),
            "{shown}"
        );
    }

    #[test]
    fn cuts_long_messages() {
        let error = Error::from_text("asking".into(), &format!("Code: 62. {}", "x".repeat(100_000)));
        assert!(error.to_string().len() < 600);
        assert_eq!(error.class(), Class::Fatal);
    }

    #[test]
    fn a_late_insert_is_its_own_error_and_may_be_repeated() {
        let text = format!(
            "Code: 469. DB::Exception: Constraint `{DEADLINE_CHECK}` for table t is violated at row 1"
        );
        let error = Error::from_text("inserting".into(), &text);
        assert!(matches!(error, Error::Deadline { .. }));
        assert_eq!(error.class(), Class::Retry);
    }

    #[test]
    fn data_that_the_server_refuses_is_not_repeated() {
        assert_eq!(
            Error::from_text("inserting".into(), "Code: 407. DB::Exception: Decimal overflow").class(),
            Class::Abort
        );
    }
}
