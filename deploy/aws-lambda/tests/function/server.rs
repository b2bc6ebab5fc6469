//! A server of a test, on loopback, with all its connections: when it stops, they break.

use std::net::SocketAddr;

use axum::Router;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

/// Serves until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    runtime: Option<runtime::Runtime>,
}

impl Server {
    /// At a port, 0 for a free one. `accepted` is called with each connection.
    pub(crate) async fn start(port: u16, routes: Router, accepted: impl FnMut() + Send + 'static) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = listener.into_std().unwrap();
        runtime.spawn(async move {
            let listener = Counted {
                listener: TcpListener::from_std(listener).unwrap(),
                accepted,
            };
            axum::serve(listener, routes).await.unwrap();
        });
        Server {
            address,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct Counted<F> {
    listener: TcpListener,
    accepted: F,
}

impl<F: FnMut() + Send + 'static> Listener for Counted<F> {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let accepted = Listener::accept(&mut self.listener).await;
        (self.accepted)();
        accepted
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
