//! Apache Kafka and ClickHouse on this machine: started twice on the same data, closed to strangers.

use crate::process::omni;
use local::{clickhouse, kafka, port, testing};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn kafka_starts_again_on_its_data_and_on_other_ports() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = kafka::Settings {
        omni: omni(),
        jars: kafka::fetch(&testing::cache()).unwrap(),
        directory: directory.path().join("kafka"),
        log: directory.path().join("kafka.log"),
        port: 0,
        controller_port: 0,
        advertised_port: None,
        secured: None,
        remove: None,
    };
    let mut cluster = String::new();
    for _ in 0..3 {
        let ports = port::free(2).unwrap();
        (settings.port, settings.controller_port) = (ports[0], ports[1]);
        let broker = kafka::start(&settings, &|| false).unwrap();
        let meta = std::fs::read_to_string(settings.directory.join("data/meta.properties")).unwrap();
        let id = meta
            .lines()
            .find(|line| line.starts_with("cluster.id"))
            .unwrap()
            .to_owned();
        assert!(cluster.is_empty() || cluster == id);
        cluster = id;
        assert_eq!(broker.stop(), 128 + 15, "a clean stop on SIGTERM");
    }
}

#[test]
fn a_taken_port_is_said_before_anything_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let settings = clickhouse_settings(directory.path(), taken.local_addr().unwrap().port());
    let error = clickhouse::start(&settings).unwrap_err();
    assert!(matches!(error, local::Error::PortInUse { .. }), "{error}");
}

#[test]
fn clickhouse_keeps_its_data_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let settings = clickhouse_settings(directory.path(), 0);
    let server = clickhouse::start(&settings).unwrap();
    let admin = (clickhouse::ADMIN, server.credentials.admin.clone());
    for sql in [
        "CREATE DATABASE kept",
        "CREATE TABLE kept.t (a Int64) ENGINE = MergeTree ORDER BY a",
    ] {
        assert_eq!(query(server.port, &admin, sql).0, 200);
    }
    assert_eq!(
        query(server.port, &admin, "INSERT INTO kept.t VALUES (42)").0,
        200
    );
    server.guarded.stop();
    let server = clickhouse::start(&settings).unwrap();
    assert_eq!(
        query(server.port, &admin, "SELECT a FROM kept.t"),
        (200, "42\n".to_owned())
    );
}

#[test]
fn only_its_own_users_get_in_and_each_does_its_part_only() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = clickhouse_settings(directory.path(), 0);
    settings.database = "omni".to_owned();
    let server = clickhouse::start(&settings).unwrap();
    let own = &server.credentials;
    let admin = (clickhouse::ADMIN, own.admin.clone());
    let writer = (clickhouse::WRITER, own.writer.clone());
    let dashboard = (clickhouse::DASHBOARD, own.dashboard.clone());
    let stranger = ("default", String::new());
    let wrong = (clickhouse::ADMIN, "guess".to_owned());
    let files = "SELECT count() FROM file('/etc/passwd', 'LineAsString', 'line String')";
    for sql in ["CREATE DATABASE omni", "CREATE DATABASE other"] {
        assert_eq!(query(server.port, &admin, sql).0, 200);
    }
    let table = "CREATE TABLE omni.t (a Int64) ENGINE = MergeTree ORDER BY a";
    assert_eq!(query(server.port, &writer, table).0, 200);
    assert_eq!(
        query(server.port, &writer, "INSERT INTO omni.t VALUES (1)").0,
        200
    );
    assert_eq!(
        query(server.port, &dashboard, "SELECT a FROM omni.t"),
        (200, "1\n".to_owned())
    );
    for (user, sql) in [
        (
            &writer,
            "CREATE TABLE other.t (a Int64) ENGINE = MergeTree ORDER BY a",
        ),
        (&writer, files),
        (&dashboard, "INSERT INTO omni.t VALUES (2)"),
        (
            &dashboard,
            "SELECT a FROM omni.t SETTINGS max_execution_time = 1000",
        ),
        (&dashboard, files),
        (&stranger, files),
        (&stranger, "SELECT a FROM omni.t"),
        (&stranger, "CREATE DATABASE mine"),
        (&stranger, "SYSTEM SHUTDOWN"),
        (&wrong, "SELECT 1"),
    ] {
        let (status, answer) = query(server.port, user, sql);
        assert!(status >= 400, "{} may not: {sql}: {answer}", user.0);
    }
    assert_eq!(
        query(server.port, &admin, "SELECT a FROM omni.t"),
        (200, "1\n".to_owned())
    );
}

fn clickhouse_settings(directory: &std::path::Path, port: u16) -> clickhouse::Settings {
    clickhouse::Settings {
        omni: omni(),
        library: clickhouse::fetch(&testing::cache()).unwrap(),
        directory: directory.join("clickhouse"),
        log: directory.join("clickhouse.log"),
        port,
        database: "*".to_owned(),
        memory_bytes_max: clickhouse::MEMORY_BYTES_MAX,
        remove: None,
    }
}

/// Status and body of one statement.
fn query(port: u16, (user, password): &(&str, String), sql: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST / HTTP/1.0\r\nX-ClickHouse-User: {user}\r\nX-ClickHouse-Key: {password}\r\nContent-Length: {}\r\n\r\n{sql}",
        sql.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
