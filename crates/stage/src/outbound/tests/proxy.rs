//! A proxy of the environment would connect where it likes: it is not used.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const TARGET: &str = "OMNI_OUTBOUND_TARGET";
const CHILD: &str = "outbound::tests::proxy::a_child_calls_whom_it_is_told_to";

/// The process with a proxy in its environment: this test binary again.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child of this test is told by its environment"
)]
async fn a_child_calls_whom_it_is_told_to() {
    let Ok(target) = std::env::var(TARGET) else {
        return;
    };
    let answer = call(&client(Addresses::Any), &target).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    // The client next door would go by the proxy, so the environment is one in which it counts.
    let other = reqwest::get(target).await.unwrap();
    assert_eq!(other.status(), StatusCode::IM_A_TEAPOT);
}

/// Answers everything with 418, and counts.
async fn proxy() -> (SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready(StatusCode::IM_A_TEAPOT)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    let (target, (proxy, asked)) = (server().await, proxy().await);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", CHILD])
        .env(TARGET, format!("http://{target}/ok"));
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        child.env(name, format!("http://{proxy}"));
    }
    child
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env_remove("REQUEST_METHOD");
    child.stdin(Stdio::null()).stdout(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || child.status().unwrap())
        .await
        .unwrap();
    assert!(ended.success(), "{ended}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "by the client next door alone");
}
