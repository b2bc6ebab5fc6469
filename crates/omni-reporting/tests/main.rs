//! Reporting, held against real Kafka and ClickHouse: what panels answer, and what a browser is told when rows land.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "main/attacks.rs"]
mod attacks;
#[path = "main/broken.rs"]
mod broken;
#[path = "main/buckets.rs"]
mod buckets;
#[path = "main/drilled.rs"]
mod drilled;
#[path = "main/embed.rs"]
mod embed;
#[path = "main/fixture.rs"]
mod fixture;
#[path = "main/golden.rs"]
mod golden;
#[path = "main/listener.rs"]
mod listener;
#[path = "main/lists.rs"]
mod lists;
#[path = "main/on_screen.rs"]
mod on_screen;
#[path = "main/opened.rs"]
mod opened;
#[path = "main/personal.rs"]
mod personal;
#[path = "main/push.rs"]
mod push;
#[path = "main/recount.rs"]
mod recount;
#[path = "main/reloaded.rs"]
mod reloaded;
#[path = "main/replicas.rs"]
mod replicas;
#[path = "main/requests.rs"]
mod requests;
#[path = "main/secured.rs"]
mod secured;
#[path = "main/served.rs"]
mod served;
#[path = "main/spend.rs"]
mod spend;
