//! Omni's AWS Lambda data client: takes flat events from an invocation, puts them into the shape that Omni takes back,
//! and posts them to `POST /events/flat`.
//!
//! What Omni does not take now is thrown, so that whoever invoked the function tries again; what Omni will never take is
//! told in the answer. The function keeps nothing: an invocation that ends without an answer is sent again, and Omni
//! knows an event that comes twice by its `event_uuid`.

mod answer;
mod batch;
mod config;
mod deadline;
mod failure;
mod function;
mod intake;
mod payload;
mod restructure;
mod start;

use std::process::ExitCode;

/// Exit codes: 1 the runtime went away; 2 wrong settings, which the runtime was told.
fn main() -> ExitCode {
    // One thread: Lambda hands out one invocation at a time.
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(start::start()),
        Err(error) => {
            eprintln!("omni-lambda: no runtime: {error}");
            ExitCode::from(1)
        }
    }
}
