//! AWS Lambda: the Invoke API, a function URL, and the places where a machine's credentials come from.
//!
//! Signatures are checked here, by code of its own, as Signature Version 4 says
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>); refusals have the names, the
//! statuses and the headers of <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>. The function takes
//! everything, or is a process elsewhere that is given what came (`forward`).

mod canonical;
mod claimed;
mod event;
mod function;
mod function_url;
mod identity;
mod invoke;
mod metadata;
mod named;
mod queue;
mod refusal;
mod session;
mod signature;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post, put};

pub(crate) use self::function::Function;
pub(crate) use self::queue::{Invocation, channel, work};
pub(crate) use self::session::Sessions;
use crate::deliveries::Destination;
use crate::world::World;

const LAMBDA: Destination = Destination::AwsLambda;
/// The account that everything belongs to.
const ACCOUNT: &str = "123456789012";
/// A synchronous payload, either way (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const PAYLOAD_BYTES_MAX: usize = 6 << 20;
/// An asynchronous one.
const EVENT_BYTES_MAX: usize = 1 << 20;
/// What is read before it is refused as too large.
const READ_BYTES_MAX: usize = 32 << 20;

pub(super) fn router() -> Router<Arc<World>> {
    let function = || any(function_url::call);
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke::invoke))
        .route("/function-url", function())
        .route("/function-url/", function())
        .route("/function-url/{*path}", function())
        .route("/latest/api/token", put(metadata::token))
        .route("/latest/meta-data/placement/region", get(metadata::region))
        .route("/latest/meta-data/iam/security-credentials/", get(metadata::role))
        .route(
            "/latest/meta-data/iam/security-credentials/{role}",
            get(metadata::credentials),
        )
        .route("/credentials/{*path}", get(metadata::container))
        .layer(DefaultBodyLimit::max(READ_BYTES_MAX))
}
