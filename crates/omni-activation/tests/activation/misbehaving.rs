//! Destinations that behave as badly as they can.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::routing::post;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};

/// What a long body is made of.
static CHUNK: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// Who is far away does not fill megabytes of this machine's memory before anybody reads.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;

/// What it was asked for, and how much it said.
#[derive(Clone, Default)]
pub(crate) struct Count {
    requests: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Count {
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

fn listen(router: Router<Count>) -> (Count, SocketAddr) {
    let count = Count::default();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(SEND_BUFFER_BYTES).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1_024).unwrap();
    let address = listener.local_addr().unwrap();
    let router = router.with_state(count.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (count, address)
}

/// Takes every event, after so long.
pub(crate) fn late(after: Duration) -> (Count, SocketAddr) {
    let take = async move |State(count): State<Count>| {
        count.request();
        tokio::time::sleep(after).await;
    };
    listen(Router::new().route("/", post(take)))
}

/// Takes every event, and says so in as many bytes as are asked for, without telling how many there will be.
pub(crate) fn verbose(bytes: usize) -> (Count, SocketAddr) {
    let take = async move |State(count): State<Count>| {
        count.request();
        let chunks = std::iter::repeat_n(Bytes::from_static(&CHUNK), bytes / CHUNK.len());
        let told = chunks.map(move |chunk| {
            count.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            Ok::<_, Infallible>(chunk)
        });
        Body::from_stream(futures::stream::iter(told))
    };
    listen(Router::new().route("/", post(take)))
}

/// Begins to answer, and hangs up in the middle of it.
pub(crate) async fn dropping() -> (Count, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Count::default();
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move {
                let mut request = [0; 16 * 1024];
                if connection.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                    counted.request();
                    let _ = connection
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf of it")
                        .await;
                }
            });
        }
    });
    (count, address)
}
