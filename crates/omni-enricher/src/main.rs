//! The program `omni-enricher`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::main_with(
        &omni_enricher::PROGRAM,
        omni_enricher::Config::load,
        |config| &config.stage,
        omni_enricher::run,
    )
}
