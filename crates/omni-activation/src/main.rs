//! The program `omni-activation`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main_with(
        &omni_activation::PROGRAM,
        omni_activation::Config::load,
        |config| &config.stage,
        omni_activation::run,
    )
}
