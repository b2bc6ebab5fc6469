//! What is uploaded: an archive with one program, which Lambda starts as `bootstrap`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;

use super::child::Child;
use super::event;
use super::omni::Omni;
use super::runtime::{Outcome, Runtime};

fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/package.sh");

/// An archive that is packed already, e.g. by `make lambda`, to be tested in place of one of the program under test.
#[expect(clippy::disallowed_methods, reason = "a person asks for that archive")]
fn given() -> Option<PathBuf> {
    std::env::var_os("OMNI_LAMBDA_ARCHIVE").map(PathBuf::from)
}

/// What packs a program that is built already, and where to.
fn packing(program: &Path, folder: &TempDir, name: &str) -> (Command, PathBuf) {
    let archive = folder.path().join(name);
    let mut command = Command::new(SCRIPT);
    command.arg("--program").arg(program).arg("--out").arg(&archive);
    (command, archive)
}

/// Packs it.
fn pack(program: &Path, folder: &TempDir, name: &str) -> (PathBuf, String) {
    let (mut command, archive) = packing(program, folder, name);
    let said = String::from_utf8(run(&mut command).stdout).unwrap();
    (archive, said)
}

/// A program that ends so.
fn ending(folder: &TempDir, code: u8) -> PathBuf {
    let program = folder.path().join(format!("ends-{code}"));
    std::fs::write(&program, format!("#!/bin/sh\nexit {code}\n")).unwrap();
    program
}

/// The one program of an archive.
fn unpacked(archive: &Path, folder: &TempDir) -> PathBuf {
    run(Command::new("unzip")
        .arg("-q")
        .arg(archive)
        .arg("-d")
        .arg(folder.path()));
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["bootstrap"]);
    folder.path().join("bootstrap")
}

#[tokio::test]
async fn the_archive_holds_a_program_that_lambda_can_start() {
    let (packed, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let program = Path::new(env!("CARGO_BIN_EXE_omni-lambda"));
    let archive = given().unwrap_or_else(|| pack(program, &packed, "lambda.zip").0);
    let bootstrap = unpacked(&archive, &folder);
    assert_eq!(bootstrap.metadata().unwrap().permissions().mode() & 0o777, 0o755);

    let (runtime, omni) = (Runtime::start().await, Omni::start().await);
    let _child = Child::start(&bootstrap, &runtime, &omni, &[]);
    let outcome = runtime.invoke(event(1).to_string(), super::PATIENCE).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "taken": 1, "refused": [] })));
}

#[test]
fn the_same_program_gives_the_same_archive_whenever_it_is_packed() {
    let folder = TempDir::new().unwrap();
    let program = ending(&folder, 2);
    let [one, other] = ["one.zip", "other.zip"].map(|name| pack(&program, &folder, name).0);
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    let listed = run(Command::new("unzip").arg("-l").arg(&one)).stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("1980-01-01 00:00   bootstrap"), "{listed}");
}

#[test]
fn the_size_and_the_sum_are_told() {
    let folder = TempDir::new().unwrap();
    let (archive, said) = pack(&ending(&folder, 2), &folder, "lambda.zip");
    let sum = run(Command::new("sha256sum").arg(&archive)).stdout;
    let sum = String::from_utf8(sum).unwrap();
    let size = archive.metadata().unwrap().len();
    for told in [sum.split(' ').next().unwrap(), &format!("{size} bytes")] {
        assert!(said.contains(told), "{told} is not in {said}");
    }
}

#[test]
fn a_program_that_does_not_start_is_not_packed() {
    let folder = TempDir::new().unwrap();
    let (mut command, archive) = packing(&ending(&folder, 139), &folder, "lambda.zip");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("does not start (it ended with 139)"), "{said}");
    assert!(!archive.exists());
}
