//! From the environment to the first invocation.
//!
//! Settings that cannot work are told to the Lambda runtime as an init error, so that the first invocation is answered
//! with what is wrong, and not with an exit code.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::Value;

use crate::config::Config;
use crate::failure::chain;
use crate::function::Function;

const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const INIT_ERROR_TYPE: &str = "Omni.Settings";

/// Serves invocations until the runtime goes away.
pub(crate) async fn start() -> ExitCode {
    let function = match set_up() {
        Ok(function) => function,
        Err(reason) => return refuse(reason).await,
    };
    let function = &function;
    let handler = service_fn(move |event: LambdaEvent<Value>| async move { function.invoke(event).await });
    match lambda_runtime::run(handler).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(reason = %chain(error.as_ref()), "the lambda runtime went away");
            ExitCode::from(1)
        }
    }
}

fn set_up() -> Result<Function, String> {
    let config = Config::load().map_err(|error| chain(&error))?;
    stage::log::init(&config.logging()).map_err(|error| chain(&error))?;
    Function::new(&config.lambda).map_err(|error| chain(&error))
}

async fn refuse(reason: String) -> ExitCode {
    // Logging may be what could not be set up.
    eprintln!("omni-lambda: {reason}");
    let told = Diagnostic {
        error_type: INIT_ERROR_TYPE.to_owned(),
        error_message: reason,
    };
    if let Err(error) = tell(&told).await {
        eprintln!("omni-lambda: cannot tell the runtime: {}", chain(error.as_ref()));
    }
    ExitCode::from(2)
}

async fn tell(told: &Diagnostic) -> Result<(), lambda_runtime::Error> {
    let request = build_request()
        .method("POST")
        .uri(INIT_ERROR)
        .header("lambda-runtime-function-error-type", INIT_ERROR_TYPE)
        .body(serde_json::to_vec(told)?.into())?;
    PooledClient::builder().build().call(request).await.map(drop)
}
