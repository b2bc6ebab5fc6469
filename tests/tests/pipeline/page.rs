//! A won deal, posted as a webhook, moves the open page: a real Chromium sees it without reload.

use std::process::Command;

use super::dev::{dev, root};

#[test]
fn a_posted_deal_moves_the_open_page() {
    let dev = dev();
    let run = Command::new("npm")
        .args(["run", "--silent", "e2e:live"])
        .current_dir(root().join("web"))
        .env("OMNI_READY_FILE", &dev.ready_file)
        .output()
        .expect("npm runs; `make setup` installs what it needs");
    let said = format!(
        "{}\n{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(run.status.success(), "{said}");
}
