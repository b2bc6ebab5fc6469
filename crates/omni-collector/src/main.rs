//! The program `omni-collector`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main_with(
        &omni_collector::PROGRAM,
        omni_collector::Config::load,
        |config| &config.stage,
        omni_collector::run,
    )
}
