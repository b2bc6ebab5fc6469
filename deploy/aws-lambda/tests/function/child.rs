//! The function's program, with nothing in its environment but what Lambda gives. It ends with the test.

use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio::time::timeout;

use super::PATIENCE;
use super::omni::{Omni, TOKEN};
use super::runtime::Runtime;

pub(crate) struct Child {
    child: tokio::process::Child,
    log: NamedTempFile,
}

impl Child {
    /// Starts `program` with the settings it needs, `settings` over them; an empty one takes one away.
    pub(crate) fn start(program: &Path, runtime: &Runtime, omni: &Omni, settings: &[(&str, &str)]) -> Child {
        let log = NamedTempFile::new().unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "omni")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("OMNI_LAMBDA__COLLECTOR_URL", omni.url())
            .env("OMNI_LAMBDA__TOKEN", TOKEN)
            .env("OMNI_LAMBDA__ALLOW_PRIVATE_ADDRESSES", "true")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .kill_on_drop(true);
        let child = command.spawn().unwrap();
        Child { child, log }
    }

    /// How the program ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("the program ends")
            .unwrap()
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }
}
