//! The authority of `docs/security.md` is made by the commands that stand there, as they stand there.

use std::process::Command;

use super::page::all;

#[test]
fn the_authority_for_a_test_is_made_as_the_page_says() {
    let page = all()
        .into_iter()
        .find(|page| page.path == "docs/security.md")
        .expect("the page");
    let block = page
        .shell()
        .into_iter()
        .find(|block| block.text.contains("-CAcreateserial"))
        .expect("its block");
    // The last of them asks a collector.
    let (made, _) = block.text.split_once("curl ").expect("its last command");
    let folder = tempfile::tempdir().unwrap();
    let mut bash = Command::new("bash");
    let output = bash
        .args(["-euo", "pipefail", "-c", made])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut verify = Command::new("openssl");
    let verified = verify
        .args(["verify", "-CAfile", "ca.pem", "tls.crt"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}
