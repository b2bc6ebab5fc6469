//! Why there is no answer.

/// Why there is no answer. Messages never hold the query of an address: it may carry a token.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The client could not be made.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The request is no request (address, header).
    #[error("cannot make the request")]
    Request(#[source] reqwest::Error),
    /// The address is one that outbound calls must not reach.
    #[error(
        "{host} is not a public address, and only those may be called (`allow_private_addresses = true` lifts it)"
    )]
    Guarded {
        /// The host refused.
        host: String,
    },
    /// Not answered within the deadline.
    #[error("{host} did not answer within {limit_ms} ms")]
    Late {
        /// The host called.
        host: String,
        /// The deadline.
        limit_ms: u128,
    },
    /// The answer is larger than allowed.
    #[error("{host} answered more than {limit_bytes} bytes")]
    TooLarge {
        /// The host called.
        host: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// No connection, a broken one, or no HTTP.
    #[error("cannot reach {host}")]
    Unreachable {
        /// The host called.
        host: String,
        /// What the client said.
        #[source]
        source: reqwest::Error,
    },
}
