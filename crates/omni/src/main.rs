//! The program `omni`.

use std::process::ExitCode;

fn main() -> ExitCode {
    omni::run()
}
