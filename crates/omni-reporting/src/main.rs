//! The program `omni-reporting`: the dashboard as a process of its own.
use std::process::ExitCode;

use omni_reporting::{Config, TABLES, run};
use stage::Program;

const PROGRAM: Program = Program {
    name: "omni-reporting",
    about: "Serves the dashboard and pushes what changed to open browsers.",
    tables: TABLES,
};

fn main() -> ExitCode {
    stage::main_with(&PROGRAM, Config::load, |config| &config.stage, run)
}
