//! A TCP relay on loopback whose weather changes: slow, cut, or silent with its connections open.
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PIECE_BYTES: usize = 64 * 1024;
/// What the first line of a request to insert into the events' table says. Views are fed without a token.
const INSERT: [&[u8]; 2] = [b"insert_deduplication_token", b"deal_events"];
const REQUESTS: [&[u8]; 2] = [b"POST ", b"GET "];

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
    /// Requests to insert events do not arrive, and their connections end with it; all else passes.
    Unsent,
    /// What is answered to a request to insert events does not come back; all else passes.
    Unheard,
}

/// Which way a piece goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heading {
    There,
    Back,
}

/// One way through a connection.
struct Lane {
    heading: Heading,
    weather: watch::Receiver<Weather>,
    /// The request on its way, or the last that was, is one to insert events.
    inserts: Arc<AtomicBool>,
    held: watch::Sender<u64>,
}

/// Stands in front of one server.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) port: u16,
    weather: watch::Sender<Weather>,
    /// How many times an insert or its answer was held.
    held: watch::Receiver<u64>,
}

impl Relay {
    /// Listens on `port`; connects to `server` for each connection it gets.
    pub(super) async fn start(port: u16, server: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("could not listen on port {port}"))?;
        let weather = watch::Sender::new(Weather::Clear);
        let seen = weather.subscribe();
        let (holding, held) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *seen.borrow() != Weather::Cut {
                    tokio::spawn(join(client, server, seen.clone(), holding.clone()));
                }
            }
        });
        Ok(Self { port, weather, held })
    }

    pub(super) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Waits until it holds another insert, or its answer. `false` when there is none in time.
    pub(super) async fn holds_another(&self, within: Duration) -> bool {
        let mut held = self.held.clone();
        let before = *held.borrow_and_update();
        let more = held.wait_for(|held| *held > before);
        tokio::time::timeout(within, more).await.is_ok()
    }
}

async fn join(
    client: TcpStream,
    server: u16,
    mut weather: watch::Receiver<Weather>,
    held: watch::Sender<u64>,
) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else {
        return;
    };
    // Without it small answers wait for each other.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let inserts = Arc::new(AtomicBool::new(false));
    let lane = |heading| Lane {
        heading,
        weather: weather.clone(),
        inserts: Arc::clone(&inserts),
        held: held.clone(),
    };
    let (there, back) = (lane(Heading::There), lane(Heading::Back));
    tokio::select! {
        () = pump(from_client, to_server, there) => {}
        () = pump(from_server, to_client, back) => {}
        _ = weather.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut lane: Lane) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let bytes = piece.get(..read).unwrap_or_default();
        lane.look_at(bytes);
        if !lane.pass().await || to.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

impl Lane {
    fn look_at(&self, bytes: &[u8]) {
        if self.heading == Heading::There && REQUESTS.iter().any(|request| bytes.starts_with(request)) {
            self.inserts.store(inserts_events(bytes), Ordering::Relaxed);
        }
    }

    /// Waits as long as a piece has to. `false` when it never passes.
    async fn pass(&mut self) -> bool {
        let now = *self.weather.borrow();
        if let Weather::Slow(pause) = now {
            tokio::time::sleep(pause).await;
        }
        let (heading, inserts) = (self.heading, Arc::clone(&self.inserts));
        let passes = move |weather: &Weather| goes(heading, inserts.load(Ordering::Relaxed), *weather);
        let is_held = matches!(now, Weather::Unsent | Weather::Unheard) && !passes(&now);
        if is_held {
            self.held.send_modify(|held| *held += 1);
        }
        let cleared = self.weather.wait_for(passes).await;
        cleared.is_ok_and(|weather| *weather != Weather::Cut) && !(is_held && now == Weather::Unsent)
    }
}

/// Only the first line tells: rows of `load_batches` name the events' table too.
fn inserts_events(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let says = |word: &[u8]| line.windows(word.len()).any(|found| found == word);
    INSERT.into_iter().all(says)
}

/// Whether a piece may go on.
const fn goes(heading: Heading, inserts: bool, weather: Weather) -> bool {
    match weather {
        Weather::Clear | Weather::Slow(_) | Weather::Cut => true,
        Weather::Silent => false,
        Weather::Unsent => matches!(heading, Heading::Back) || !inserts,
        Weather::Unheard => matches!(heading, Heading::There) || !inserts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_into_the_table_of_events_is_an_insert_of_events() {
        let request = |table: &str| {
            format!(
                "POST /?query=INSERT+INTO+{table}&insert_deduplication_token=t HTTP/1.1\r\nhost: h\r\n\r\nc/t/deal_events/1/5-9"
            )
        };
        assert!(inserts_events(request("%60deal_events%60").as_bytes()));
        assert!(!inserts_events(request("%60load_batches%60").as_bytes()));
        assert!(!inserts_events(
            b"POST /?query=SELECT+1+FROM+deal_events HTTP/1.1\r\n\r\n"
        ));
    }
}
