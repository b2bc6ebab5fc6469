//! The program as an operator runs it.

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{blocking, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_omni-collector");

fn folder(omni_toml: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("omni.toml"), omni_toml).unwrap();
    folder
}

#[test]
fn a_wrong_key_is_told_and_exits_2() {
    let folder =
        folder("[collector]\nlisten = \"127.0.0.1:0\"\n\n[source.crm]\nuser = \"a\"\npasword = \"b\"\n");
    let ended = Command::new(PROGRAM).current_dir(&folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let told = String::from_utf8(ended.stderr).unwrap();
    let expected =
        "omni-collector: omni.toml:6: [source.crm] has no key `pasword`; did you mean `password`?\n";
    assert_eq!(told, expected);
}

#[test]
fn a_taken_port_is_told_and_exits_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = folder(&format!(
        "[collector]\nlisten = \"{address}\"\nadmin_listen = \"127.0.0.1:0\"\n"
    ));
    let ended = Command::new(PROGRAM).current_dir(&folder).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains(&format!("cannot listen on {address}")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sigterm_ends_it_with_0_and_its_log_holds_no_secret_and_no_person() {
    let folder = folder(
        "[stage]\nlog_format = \"json\"\nlog_level = \"trace\"\n[kafka]\nbootstrap = \"127.0.0.1:1\"\n\
         [collector]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\nspool_bytes_max = 0\n\
         [source.crm]\nuser = \"omni\"\npassword = \"hush-hush\"\n",
    );
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let mut child = Command::new(PROGRAM)
        .current_dir(&folder)
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(&log).unwrap();
    until("it takes webhooks", async || said().contains("taking webhooks")).await;
    let log_text = said();
    let listen = log_text
        .split("\"listen\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap();
    let post = reqwest::Client::new().post(format!("http://{listen}/webhooks/pipedrive/crm"));
    let post = post
        .basic_auth("omni", Some("hush-hush"))
        .header("content-type", "application/json");
    let answer = post.body("{\"name\":\"Jack Sparrow\"}").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), blocking(move || child.wait().unwrap())).await;
    assert_eq!(ended.expect("ends in time").code(), Some(0), "{}", said());
    assert!(said().contains("\"message\":\"stopped\""), "{}", said());
    for hidden in ["hush-hush", "b21uaTpodXNoLWh1c2g", "Jack", "Sparrow"] {
        assert!(
            !said().contains(hidden),
            "{hidden} is in the log, on level trace:\n{}",
            said()
        );
    }
}
