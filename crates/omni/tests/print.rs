//! What becomes of a command whose output nobody reads, as behind `| head`.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::process::omni;

fn told(words: &[&str], out: impl Into<Stdio>) -> Output {
    let mut command = Command::new(omni());
    command.args(words).stdin(Stdio::null()).stdout(out);
    command.stderr(Stdio::piped()).output().unwrap()
}

#[test]
fn a_reader_who_had_enough_changes_nothing_about_how_a_command_ends() {
    let differ = ["template", "diff", "pipedrive-deals/1.03", "pipedrive-deals/2.0"];
    for (words, status) in [
        (["template", "list"].as_slice(), 0),
        (&["template", "schema"], 0),
        (&differ, 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = told(words, writer);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(status), ""), "{words:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = told(&["template", "list"], full);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("could not write to standard output"), "{said}");
}
