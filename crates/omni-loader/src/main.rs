//! The program `omni-loader`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main_with(
        &omni_loader::PROGRAM,
        omni_loader::Config::load,
        |config| &config.stage,
        omni_loader::run,
    )
}
