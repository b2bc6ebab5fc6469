//! The dashboard over TLS that reporting ends itself: requests, and streams over HTTP/2.
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use local::testing::Authority;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{Database, Order};
use crate::served::{PATIENCE, Served};

const LIVE: &str = "/api/v1/boards/pipedrive-deals/live";
/// More than a browser opens to one host over HTTP/1.1.
const STREAMS: usize = 10;

async fn secured(authority: &Authority, folder: &tempfile::TempDir) -> Served {
    let pair = authority.certify(&["localhost"]);
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&certificate, pair.certificate).unwrap();
    std::fs::write(&key, pair.key).unwrap();
    let database = Database::new().await;
    database.load(Order::AsWritten).await;
    Served::start_with(database, |config| {
        config.reporting.tls_certificate_file = Some(certificate);
        config.reporting.tls_key_file = Some(key);
    })
    .await
}

/// A connection of who trusts this authority and offers these protocols.
async fn shake(served: &Served, authority: &Authority, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(served.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_over_tls() {
    let (authority, folder) = (Authority::new("ours"), tempfile::tempdir().unwrap());
    let served = secured(&authority, &folder).await;
    let trusted = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .add_root_certificate(trusted)
        .build()
        .unwrap();
    let url = format!(
        "https://localhost:{}/api/v1/boards/pipedrive-deals",
        served.address.port()
    );
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert!(
        reqwest::get(&url).await.is_err(),
        "whoever does not know the authority sees nothing"
    );
    let over_one = shake(&served, &authority, &["http/1.1"]).await;
    assert_eq!(over_one.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(
        served
            .metric("omni_reporting_certificate_expiry_timestamp_seconds")
            .await
            > 1_700_000_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_more_streams_than_a_browser_would_open() {
    let (authority, folder) = (Authority::new("ours"), tempfile::tempdir().unwrap());
    let served = secured(&authority, &folder).await;
    let stream = shake(&served, &authority, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let url = format!("https://localhost:{}{LIVE}", served.address.port());
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        let request = hyper::Request::get(&url).body(Empty::<Bytes>::new()).unwrap();
        let mut answer = sender.clone().send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let first = tokio::time::timeout(PATIENCE, answer.body_mut().frame()).await;
        assert!(
            first
                .expect("an event in time")
                .is_some_and(|frame| frame.is_ok())
        );
        open.push(answer);
    }
    drop(open);
    connection.abort();
}
