//! Why a request may see nothing.
use super::keys::KeysError;
use super::token::Unbelieved;

/// Why access cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("`[access] keys_file` cannot be used")]
    Keys(#[from] KeysError),
    #[error("`[access] user_header` is no name of a header")]
    Header,
    #[error("`[access] trusted_proxies`: {0}")]
    Proxies(String),
    #[error("this system gives no random numbers")]
    Random,
}

/// Why a request may see nothing, or not that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("this dashboard is open to its own machine only (`[reporting] open_to`)")]
    Peer,
    #[error("this dashboard does not answer to that host name (`[reporting] hosts`)")]
    Host,
    #[error("this dashboard is reached through its proxy only (`[access] trusted_proxies`)")]
    Proxy,
    #[error("this dashboard wants to know who you are")]
    Unknown,
    #[error("the proxy does not say who you are (`[access] user_header`)")]
    Unnamed,
    #[error("that user or password is not known here")]
    Credentials,
    #[error("that API key is not known here")]
    Key,
    #[error(transparent)]
    Token(#[from] Unbelieved),
    #[error("too many requests: wait a minute")]
    TooMany,
    #[error("that key does not open this")]
    Scope,
    #[error("this company's data are not shown here")]
    Company,
    #[error("the token is for another board")]
    Board,
    #[error("the token shows no such panel")]
    Panel,
    #[error("the token locks what this board does not have: {0}")]
    Lock(String),
    /// By the parameter's name.
    #[error("{0}: this view does not let you choose that")]
    Choice(String),
}

/// What a refusal asks of whoever was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A password.
    SignIn,
    /// Another token or key.
    Token,
    /// To wait.
    Wait,
    /// Nothing helps.
    None,
}

impl Denied {
    /// One word for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Host => "host",
            Self::Proxy => "proxy",
            Self::Unknown | Self::Unnamed => "unknown",
            Self::Credentials => "credentials",
            Self::Key => "key",
            Self::Token(Unbelieved::Expired) => "expired",
            Self::Token(_) => "token",
            Self::TooMany => "too_many",
            Self::Scope => "scope",
            Self::Company => "company",
            Self::Board | Self::Panel => "board",
            Self::Lock(_) | Self::Choice(_) => "choice",
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Unknown | Self::Credentials => Remedy::SignIn,
            Self::Key | Self::Token(_) => Remedy::Token,
            Self::TooMany => Remedy::Wait,
            _ => Remedy::None,
        }
    }

    /// Whether somebody tried a proof that is none. A token that ran out was one.
    pub(super) fn is_wrong_proof(&self) -> bool {
        match self {
            Self::Credentials | Self::Key => true,
            Self::Token(unbelieved) => *unbelieved != Unbelieved::Expired,
            _ => false,
        }
    }
}
