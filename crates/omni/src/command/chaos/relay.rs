//! A TCP relay on loopback whose weather changes: slow, cut, or silent with its connections open.
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PIECE_BYTES: usize = 64 * 1024;

/// What happens to what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// It passes.
    Clear,
    /// Each piece waits so long.
    Slow(Duration),
    /// Connections stay open and nothing passes: half-open, as after a pulled cable.
    Silent,
    /// Connections are closed, and new ones too.
    Cut,
}

/// Stands in front of one server.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) port: u16,
    weather: watch::Sender<Weather>,
}

impl Relay {
    /// Listens on `port`; connects to `server` for each connection it gets.
    pub(super) async fn start(port: u16, server: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("could not listen on port {port}"))?;
        let weather = watch::Sender::new(Weather::Clear);
        let seen = weather.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *seen.borrow() != Weather::Cut {
                    tokio::spawn(join(client, server, seen.clone()));
                }
            }
        });
        Ok(Self { port, weather })
    }

    pub(super) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn join(client: TcpStream, server: u16, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else {
        return;
    };
    // Without it small answers wait for each other.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (there, back) = (weather.clone(), weather.clone());
    tokio::select! {
        () = pump(from_client, to_server, there) => {}
        () = pump(from_server, to_client, back) => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let now = *weather.borrow();
        match now {
            Weather::Clear => {}
            Weather::Slow(pause) => tokio::time::sleep(pause).await,
            Weather::Silent | Weather::Cut => {
                if weather
                    .wait_for(|weather| *weather != Weather::Silent)
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
        let bytes = piece.get(..read).unwrap_or_default();
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
