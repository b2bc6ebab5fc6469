//! `omni services -- COMMAND`.

use crate::process::{command_line, descendants, kill, omni, runs, until};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn a_command_finds_both_servers_and_its_status_is_ours() {
    let script = r#"test -n "$OMNI_TEST_KAFKA" && curl -fsS "$OMNI_TEST_CLICKHOUSE_URL/?user=$OMNI_TEST_CLICKHOUSE_USER&password=$OMNI_TEST_CLICKHOUSE_PASSWORD" --data 'SELECT 40 + 2'; exit 3"#;
    let output = Command::new(omni())
        .args(["services", "--", "bash", "-c", script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n");
}

#[test]
fn killing_it_with_9_leaves_no_server() {
    let mut services = Command::new(omni())
        .args(["services", "--", "sh", "-c", "echo ready; read -r line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(services.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    let started = descendants(services.id());
    let servers = |word: &str| {
        started
            .iter()
            .filter(|pid| command_line(**pid).contains(word))
            .count()
    };
    assert!(servers("kafka.Kafka") >= 1 && servers("engine serve") >= 1);
    kill(services.id());
    services.wait().unwrap();
    drop(services.stdin.take());
    until("the end of all", SOON, || {
        started.iter().all(|pid| !runs(*pid)).then_some(())
    });
}
