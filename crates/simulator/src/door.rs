//! Lets connections in, and shuts those out that want the API while it cannot be reached.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::faults::Trouble;
use crate::world::{World, locked};

/// How long a new connection may take to say what it wants, while some are shut out.
const FIRST_LINE_WAIT: Duration = Duration::from_millis(250);
/// Enough for the method and the beginning of the path.
const FIRST_LINE_BYTES: usize = 16;

/// The simulator's one port. The controls stay open, or nobody could end the trouble.
#[derive(Debug)]
pub(crate) struct Door {
    pub listener: TcpListener,
    pub world: Arc<World>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if !self.is_shut() || !wants_api(&stream).await {
                return (stream, address);
            }
            // Closed with the request unread, so that the client's side is reset.
            locked(&self.world.tally).went_unanswered();
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Door {
    fn is_shut(&self) -> bool {
        locked(&self.world.faults).now().api == Trouble::Unreachable
    }
}

async fn wants_api(stream: &TcpStream) -> bool {
    let mut line = [0; FIRST_LINE_BYTES];
    match timeout(FIRST_LINE_WAIT, stream.peek(&mut line)).await {
        Ok(Ok(read)) => line.get(..read).is_some_and(names_api),
        _ => false,
    }
}

fn names_api(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let path = line.split(' ').nth(1).unwrap_or_default();
    path.starts_with("/api/") || path.starts_with("/v1/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controls_and_the_stand_ins_are_not_the_api() {
        assert!(names_api(b"GET /api/v2/deal"));
        assert!(names_api(b"GET /v1/users/me"));
        assert!(!names_api(b"PUT /simulator/f"));
        assert!(!names_api(b"GET /v2/email-ve"));
        assert!(!names_api(b"POST /data HTTP/"));
    }
}
