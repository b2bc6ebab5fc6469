//! The admin port: `/metrics`, `/healthz`, `/readyz`.
//!
//! `/healthz` says the process runs, `/readyz` (200 or 503, JSON) whether it can do its work. Only what is
//! safe to show is here: no configuration, no events. It is meant for the inside of the network.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::{Metrics, Readiness, Shutdown};

/// Why the admin port could not be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address is taken or not ours.
    #[error("cannot listen on {listen} for the admin port (`admin_listen`)")]
    Listen {
        /// What was asked for.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The server ended with an error.
    #[error("the admin port stopped serving")]
    Serve(#[source] std::io::Error),
}

/// An open admin port that does not serve yet.
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
    address: SocketAddr,
}

/// Opens the port. Port 0 takes a free one; [`Admin::address`] tells which.
///
/// # Errors
/// [`AdminError::Listen`].
pub async fn bind(listen: SocketAddr) -> Result<Admin, AdminError> {
    let failed = |source| AdminError::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Admin { listener, address })
}

/// Opens the port and serves until a stop is requested.
///
/// # Errors
/// [`AdminError`].
pub async fn serve(
    listen: SocketAddr,
    metrics: Metrics,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), AdminError> {
    bind(listen).await?.serve(metrics, readiness, shutdown).await
}

impl Admin {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a stop is requested.
    ///
    /// # Errors
    /// [`AdminError::Serve`].
    pub async fn serve(
        self,
        metrics: Metrics,
        readiness: Readiness,
        shutdown: Shutdown,
    ) -> Result<(), AdminError> {
        let router = Router::new()
            .route("/metrics", get(show_metrics).with_state(metrics))
            .route("/readyz", get(show_readiness).with_state(readiness))
            .route("/healthz", get(|| async { "ok\n" }));
        axum::serve(self.listener, router)
            .with_graceful_shutdown(async move { shutdown.requested().await })
            .await
            .map_err(AdminError::Serve)
    }
}

async fn show_metrics(State(metrics): State<Metrics>) -> Response {
    match metrics.text() {
        Ok(text) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot show metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn show_readiness(State(readiness): State<Readiness>) -> Response {
    let report = readiness.report();
    let status = if report.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn get(address: SocketAddr, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn tells_health_readiness_and_metrics_and_stops_when_asked() {
        let (trigger, shutdown) = Shutdown::pair();
        let readiness = Readiness::new(&["kafka"]);
        let metrics = Metrics::new("test").unwrap();
        metrics.outcomes().count("accepted", "");
        let admin = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = admin.address();
        let served = tokio::spawn(admin.serve(metrics, readiness.clone(), shutdown));

        assert_eq!(get(address, "/healthz").await, (200, "ok\n".to_owned()));
        let (status, body) = get(address, "/readyz").await;
        assert_eq!(status, 503);
        assert!(
            body.contains("\"kafka\":{\"ready\":false,\"reason\":\"not checked yet\""),
            "{body}"
        );
        readiness.ready("kafka");
        assert_eq!(get(address, "/readyz").await.0, 200);
        assert!(
            get(address, "/metrics")
                .await
                .1
                .contains("omni_test_outcomes_total")
        );

        trigger.request();
        served.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let admin = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let again = bind(admin.address()).await.unwrap_err();
        assert!(
            again.to_string().contains(&admin.address().to_string()),
            "{again}"
        );
    }
}
