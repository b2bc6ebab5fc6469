//! ClickHouse behind TLS, with an authority of our own.
use std::path::PathBuf;
use std::sync::Arc;

use local::testing::Authority;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use warehouse::error::Class;
use warehouse::{Config, Error, Warehouse};

/// Ends TLS in front of the tests' ClickHouse, as a server does on its own port; ends with the test's runtime.
async fn in_front(authority: &Authority, name: &str) -> u16 {
    let pair = authority.certify(&[name]);
    let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = local::testing::clickhouse().url.replace("http://", "");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                let Ok(mut secured) = acceptor.accept(stream).await else {
                    return;
                };
                let mut plain = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut secured, &mut plain).await;
            });
        }
    });
    port
}

fn config(port: u16, ca_file: Option<PathBuf>) -> Config {
    let server = local::testing::clickhouse();
    Config {
        url: format!("https://localhost:{port}"),
        ca_file,
        user: server.user.clone(),
        password: Some(server.password.clone().into()),
        database: format!("test_{}", uuid::Uuid::new_v4().simple()),
        ..Config::default()
    }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_filled_and_read_over_tls() {
    let authority = Authority::new("ours");
    let ca = file(&authority.pem());
    let port = in_front(&authority, "localhost").await;
    let warehouse = Warehouse::connect(&config(port, Some(ca.path().to_owned()))).unwrap();
    let shared = warehouse::migrate::shared().unwrap();
    let scope = warehouse::migrate::Scope {
        name: warehouse::migrate::SHARED_SCOPE,
        migrations: &shared,
    };
    warehouse::migrate::apply(&warehouse, &[scope]).await.unwrap();
    warehouse.probe("over tls").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_vouches_for_is_refused_with_the_key() {
    let (authority, another) = (Authority::new("ours"), Authority::new("another"));
    let (ca, wrong) = (file(&authority.pem()), file(&another.pem()));
    let named = in_front(&authority, "localhost").await;
    let elsewhere = in_front(&authority, "elsewhere.example.org").await;
    for config in [
        config(named, Some(wrong.path().to_owned())),
        config(named, None),
        config(elsewhere, Some(ca.path().to_owned())),
    ] {
        let refused = Warehouse::connect(&config).unwrap().ping().await.unwrap_err();
        assert!(matches!(refused, Error::Untrusted { .. }), "{refused:?}");
        assert_eq!(refused.class(), Class::Fatal);
        assert!(refused.to_string().contains("`[warehouse] ca_file`"), "{refused}");
    }
}

#[test]
fn a_ca_file_that_is_of_no_use_is_refused_by_its_name() {
    let authority = Authority::new("ours");
    let ca = file(&authority.pem());
    let mut plain = config(1, Some(ca.path().to_owned()));
    plain.url = "http://localhost:1".to_owned();
    for (config, part) in [
        (plain, "with http"),
        (config(1, Some("/nowhere/ca.pem".into())), "/nowhere/ca.pem"),
        (config(1, Some(file("nothing").path().to_owned())), "ca_file"),
    ] {
        let refused = Warehouse::connect(&config).unwrap_err().to_string();
        assert!(
            refused.starts_with("[warehouse] ca_file: ") && refused.contains(part),
            "{refused}"
        );
    }
}
