//! A way to ClickHouse that loses answers: the server has done the work, and nobody hears of it.
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay on loopback.
pub(crate) struct Relay {
    pub(crate) url: String,
    /// How many answers to inserts into `deal_events` are still to be lost.
    to_lose: Arc<AtomicU32>,
    lost: Arc<AtomicU32>,
    gate: Gate,
}

/// Inserts into `deal_events` wait here while it is closed.
#[derive(Clone)]
struct Gate {
    is_open: watch::Sender<bool>,
    waiting: Arc<AtomicU32>,
}

impl Gate {
    async fn pass(&self) {
        let mut opened = self.is_open.subscribe();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _ = opened.wait_for(|is_open| *is_open).await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Relay {
    /// In front of the server at `url`, `http://host:port`.
    pub(crate) async fn to(url: &str) -> Self {
        let server = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (to_lose, lost) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (losing, counting) = (Arc::clone(&to_lose), Arc::clone(&lost));
        let gate = Gate {
            is_open: watch::Sender::new(true),
            waiting: Arc::new(AtomicU32::new(0)),
        };
        let through = gate.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else {
                    continue;
                };
                tokio::spawn(relay(
                    client,
                    server,
                    Arc::clone(&losing),
                    Arc::clone(&counting),
                    through.clone(),
                ));
            }
        });
        Self {
            url,
            to_lose,
            lost,
            gate,
        }
    }

    pub(crate) fn lose(&self, answers: u32) {
        self.to_lose.store(answers, Ordering::SeqCst);
    }

    /// From now on inserts do not reach the server.
    pub(crate) fn hold(&self) {
        self.gate.is_open.send_replace(false);
    }

    /// Whether one is held.
    pub(crate) fn holds(&self) -> bool {
        self.gate.waiting.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn release(&self) {
        self.gate.is_open.send_replace(true);
    }

    pub(crate) fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Answers come one at a time on a connection, so the newest request is the one that is answered.
async fn relay(
    client: TcpStream,
    server: TcpStream,
    to_lose: Arc<AtomicU32>,
    lost: Arc<AtomicU32>,
    gate: Gate,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let is_insert = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&is_insert);
    let there = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            if buffer[..read].starts_with(b"POST ") {
                let head = String::from_utf8_lossy(&buffer[..read]);
                let inserts = head.contains("insert_deduplication_token") && head.contains("deal_events");
                seen.store(u32::from(inserts), Ordering::SeqCst);
                if inserts {
                    gate.pass().await;
                }
            }
            if to_server.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    let back = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            let loses = is_insert.load(Ordering::SeqCst) == 1
                && to_lose
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                    .is_ok();
            if loses {
                lost.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to_client.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    // Whichever ends first closes both sides.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}
