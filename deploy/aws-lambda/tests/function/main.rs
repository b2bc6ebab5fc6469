//! The function as Lambda runs it: the real program, between a stand-in of the Runtime API and one of `/events/flat`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod child;
mod deployed;
mod failing;
mod invoked;
mod omni;
mod package;
mod posted;
mod runtime;
mod server;
mod settings;

use std::time::Duration;

use serde_json::{Value, json};

use child::Child;
use omni::Omni;
use runtime::{Outcome, Runtime};

/// Nothing here takes longer, also not on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that runs, and what is around it.
struct Scene {
    runtime: Runtime,
    omni: Omni,
    child: Child,
}

impl Scene {
    async fn begin() -> Scene {
        Scene::with(&[]).await
    }

    /// With settings over those it needs.
    async fn with(settings: &[(&str, &str)]) -> Scene {
        let (runtime, omni) = (Runtime::start().await, Omni::start().await);
        let child = Child::start(
            env!("CARGO_BIN_EXE_omni-lambda").as_ref(),
            &runtime,
            &omni,
            settings,
        );
        Scene { runtime, omni, child }
    }

    async fn invoke(&self, payload: &Value) -> Outcome {
        self.runtime.invoke(payload.to_string(), PATIENCE).await
    }
}

/// A flat event of a deal, the `number`-th.
fn event(number: u64) -> Value {
    json!({
        "event_uuid": format!("00000000-0000-4000-8000-{number:012}"), "event_object": "deal", "event_id": number,
        "deal_value": 22944, "event_timestamp_micro": 1_725_294_540_402_495_u64,
    })
}

/// The event in the shape of a function URL's request.
fn url_request(body: &str, is_base64_encoded: bool) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": { "content-type": "application/json", "host": "abc.lambda-url.eu-central-1.on.aws" },
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "http": { "method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "requestId": "1", "routeKey": "$default", "stage": "$default", "timeEpoch": 1_725_294_540_402_u64,
        },
        "body": body, "isBase64Encoded": is_base64_encoded,
    })
}
