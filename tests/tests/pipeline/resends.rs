//! What one destination did not take is sent there again, to nobody else and into no table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post as posted;

use super::company::Company;
use super::dev::dev;
use super::own::{activation, collector, deal_that_is, omni, own_source, post, settings};

const COMPANY: u64 = Company::Resent.id();

/// Refuses lost deals until it is told otherwise.
#[derive(Clone, Default)]
struct Picky {
    takes_lost: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
}

async fn take(State(picky): State<Picky>, body: String) -> StatusCode {
    if body.contains("lost") && !picky.takes_lost.load(Ordering::SeqCst) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    picky.taken.fetch_add(1, Ordering::SeqCst);
    StatusCode::OK
}

async fn picky() -> (Picky, String) {
    let picky = Picky::default();
    let router = Router::new().route("/", posted(take)).with_state(picky.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (picky, format!("http://{at}/"))
}

fn table(name: &str, url: &str) -> String {
    format!(
        "[destination.{name}]\nurl = '{url}'\nallow_private_addresses = true\nfilter = 'event_company_id == {COMPANY}'\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_reaches_its_destination_alone_and_all_only_when_agreed() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let ((picky_one, picky_at), (other, other_at)) = (picky().await, picky().await);
    other.takes_lost.store(true, Ordering::SeqCst);
    let more = "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n".to_owned()
        + &table("picky", &picky_at)
        + &table("other", &other_at);
    let settings = settings(dev, &own_source("resends", &more), &folder);
    let (url, _collecting) = collector(&settings).await;
    let _delivering = activation(&settings).await;
    for (id, status) in [(1, "open"), (2, "lost"), (3, "won")] {
        post(&client, &url, "resends", deal_that_is(COMPANY, id, status)).await;
    }
    let attempts = format!("SELECT count() FROM deliveries WHERE event_company_id = {COMPANY}");
    dev.wait_for_count(&client, &attempts, 6).await;
    let rows = format!("SELECT count() FROM deals WHERE event_company_id = {COMPANY}");
    dev.wait_for_count(&client, &rows, 3).await;
    assert_eq!(
        (
            picky_one.taken.load(Ordering::SeqCst),
            other.taken.load(Ordering::SeqCst)
        ),
        (2, 3)
    );

    let words = ["deliveries", "replay", "--destination", "picky"];
    let with = |more: &[&'static str]| [words.as_slice(), more].concat();
    picky_one.takes_lost.store(true, Ordering::SeqCst);
    let (status, said) = omni(&settings, &with(&["--dry-run"])).await;
    assert!(
        status == Some(0) && said.starts_with("1 events to send\n"),
        "{said}"
    );
    let (status, said) = omni(&settings, &words).await;
    assert!(status == Some(0) && said.contains("1 events sent"), "{said}");
    dev.wait_for_count(&client, &attempts, 7).await;
    let (status, said) = omni(&settings, &words).await;
    assert!(
        status == Some(0) && said.starts_with("0 events to send"),
        "{said}"
    );

    let (status, said) = omni(&settings, &with(&["--only", "all"])).await;
    assert!(
        status == Some(1) && said.contains("3 of which the destination has already"),
        "{said}"
    );
    assert!(
        said.contains("say --yes") && said.contains("nothing was sent"),
        "{said}"
    );
    let (status, said) = omni(&settings, &with(&["--only", "all", "--yes"])).await;
    assert!(status == Some(0) && said.contains("3 events sent"), "{said}");
    dev.wait_for_count(&client, &attempts, 10).await;

    assert_eq!(
        (
            picky_one.taken.load(Ordering::SeqCst),
            other.taken.load(Ordering::SeqCst)
        ),
        (6, 3)
    );
    // Four replayed records came by the loader after the three: it has passed them when one more deal is there.
    post(&client, &url, "resends", deal_that_is(COMPANY, 4, "open")).await;
    dev.wait_for_count(&client, &rows, 4).await;
}
