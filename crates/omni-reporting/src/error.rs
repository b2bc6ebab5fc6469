//! Why reporting cannot start or go on.
use std::net::SocketAddr;

use crate::board::BoardError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("[reporting] boards")]
    Templates(#[from] shelf::Error),
    #[error("a board cannot be shown")]
    Board(#[from] BoardError),
    #[error("who may see the dashboard cannot be judged")]
    Access(#[from] crate::access::AccessError),
    #[error("the warehouse cannot be reached with this configuration")]
    Warehouse(#[from] warehouse::Error),
    #[error("cannot register metrics")]
    Metrics(#[from] stage::metrics::MetricsError),
    #[error("the admin port failed")]
    Admin(#[from] stage::admin::AdminError),
    #[error("cannot make the client that sends test events")]
    Outbound(#[from] stage::outbound::OutboundError),
    #[error("cannot listen on {listen} for the dashboard (`[reporting] listen`)")]
    Listen {
        listen: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the dashboard cannot be served over TLS (`[reporting]`)")]
    Tls(#[from] stage::tls::TlsError),
    #[error("the settings cannot be used")]
    Settings(#[from] stage::ConfigError),
    #[error("the dashboard stopped being served")]
    Serve(#[source] std::io::Error),
    #[error("the thread that reads notices could not be started")]
    Thread(#[source] std::io::Error),
    #[error("a part of reporting ended by itself")]
    Ended(#[source] tokio::task::JoinError),
}
