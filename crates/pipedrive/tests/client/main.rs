//! The client against a server that behaves as badly as Pipedrive can.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod calls;
mod limits;
mod oauth;
mod pages;
mod server;
mod webhooks;

use std::time::Duration;

use axum::http::StatusCode;
use pipedrive::{Account, Client, Config};
use server::{Reply, Server, TOKEN};

pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) fn client(server: &Server, config: Config) -> Client {
    client_with(server, TOKEN, config)
}

pub(crate) fn client_with(server: &Server, token: &str, config: Config) -> Client {
    let account = Account::with_token(server.url().parse().unwrap(), token);
    Client::new(&account, config).unwrap()
}

pub(crate) fn ok(data: &str) -> Reply {
    Reply::json(StatusCode::OK, &format!(r#"{{"success":true,"data":{data}}}"#))
}
