//! The rules of CONTRIBUTING.md that a machine can check: who imports whom, which licences come in, what is
//! named where, what a file looks like, what pages link to and which commands they tell.

pub(crate) mod book;
mod companies;
mod files;
mod imports;
mod licences;
mod rooms;
mod source;

use std::path::PathBuf;
use std::sync::OnceLock;

use cargo_metadata::{Metadata, MetadataCommand};

/// The root of the tree.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The workspace and all it depends on, on the platform that is shipped.
fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| {
        let platform = ["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
        let mut command = MetadataCommand::new();
        command
            .current_dir(root())
            .other_options(platform.map(str::to_owned));
        command.exec().expect("cargo metadata --locked")
    })
}
