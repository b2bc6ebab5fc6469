//! Every address there is, and what a request to it is for: the router is made of this table, and so are the tests that
//! try each of them with what must not open it.
use axum::routing::{MethodRouter, get, post};

use super::{Service, board, embed, list, setup, stream};
use crate::access::Asks;

/// One address.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// As the router writes it: `{…}` stands for one part.
    pub path: &'static str,
    pub asks: Asks,
    pub(super) serve: fn() -> MethodRouter<Service>,
}

/// All addresses but those of the page's files.
pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/api/v1/boards",
        asks: Asks::Read,
        serve: || get(board::list),
    },
    Route {
        method: "GET",
        path: "/api/v1/boards/{id}",
        asks: Asks::Read,
        serve: || get(board::manifest),
    },
    Route {
        method: "GET",
        path: "/api/v1/boards/{id}/options/{variable}",
        asks: Asks::Read,
        serve: || get(board::options),
    },
    Route {
        method: "GET",
        path: "/api/v1/boards/{id}/panels/{panel}",
        asks: Asks::Read,
        serve: || get(board::panel),
    },
    Route {
        method: "GET",
        path: "/api/v1/boards/{id}/lists/{list}",
        asks: Asks::Read,
        serve: || get(list::list),
    },
    Route {
        method: "GET",
        path: "/api/v1/boards/{id}/live",
        asks: Asks::Read,
        serve: || get(stream::live),
    },
    Route {
        method: "POST",
        path: "/api/v1/boards/{id}/on-screen",
        asks: Asks::Read,
        serve: || post(stream::on_screen),
    },
    Route {
        method: "GET",
        path: "/api/v1/setup",
        asks: Asks::Page,
        serve: || get(setup::told),
    },
    Route {
        method: "POST",
        path: "/api/v1/setup/test-event",
        asks: Asks::Page,
        serve: || post(setup::test_event),
    },
    Route {
        method: "POST",
        path: "/api/v1/embed/tokens",
        asks: Asks::MakeToken,
        serve: || post(embed::token),
    },
    Route {
        method: "GET",
        path: "/e/{template}",
        asks: Asks::EmbedPage,
        serve: || get(embed::page),
    },
];
