//! Exchange rates come from a file or an address, are filled and corrected, and are told; nothing is asked unless it is named.
use std::io::{Read, Write};
use std::net::TcpListener;

use kafka::Topic;
use serde_json::Value;

use crate::world::{World, eventually};

const V2: &str = "pipedrive-deals/2.0";
const FRIDAY: &str = "Date,USD,PLN\n2026-03-06,1.0834,4.2715\n2026-03-05,1.0801,4.27\n";

async fn world(source: &str) -> World {
    let mut world = World::new(&[V2]).await;
    source.clone_into(&mut world.config.rates.source);
    world.config.rates.refresh_seconds = 1;
    world.config.rates.fill_days_max = 2;
    world.config.rates.allow_private_addresses = true;
    world
}

/// What one euro was worth in March, as the panels read it.
const DOLLARS: &str = "SELECT toString(rate_date), toString(per_eur) FROM fx_daily FINAL WHERE currency = 'USD' ORDER BY rate_date";

fn days(days: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(day, rate): &(&str, &str)| ((*day).to_owned(), (*rate).to_owned());
    days.iter().map(own).collect()
}

async fn notices(world: &World) -> Vec<Value> {
    let notices = world.records(Topic::Loaded).await;
    let read = |record: &kafka::Record| serde_json::from_slice::<Value>(record.value()).unwrap();
    let is_of_rates = |notice: &Value| notice["template"] == "rates";
    notices.iter().map(read).filter(is_of_rates).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_filled_and_read_again_when_it_was_corrected() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rates.csv");
    std::fs::write(&file, FRIDAY).unwrap();
    let world = world(file.to_str().unwrap()).await;
    let loading = world.load();
    let weekend = [
        ("2026-03-05", "1.0801"),
        ("2026-03-06", "1.0834"),
        ("2026-03-07", "1.0834"),
        ("2026-03-08", "1.0834"),
    ];
    world.expect(DOLLARS, &days(&weekend)).await;
    // What cannot be read leaves what is there; what is corrected takes its place.
    std::fs::write(&file, "Date,USD\n2026-03-06,none\n").unwrap();
    assert!(eventually(|| async { notices(&world).await.len() == 1 }).await);
    let corrected = FRIDAY.replace("1.0801", "1.08");
    std::fs::write(&file, corrected).unwrap();
    loading.stop().await;
    // After a failure it is tried again in minutes; a start tries at once.
    let loading = world.load();
    let mut after = weekend;
    after[0].1 = "1.08";
    world.expect(DOLLARS, &days(&after)).await;
    assert!(eventually(|| async { notices(&world).await.len() == 2 }).await);
    loading.stop().await;
    let notices = notices(&world).await;
    assert_eq!(notices[0]["tables"], serde_json::json!(["fx_daily"]));
    assert_eq!((&notices[0]["rows"], &notices[1]["rows"]), (&8.into(), &1.into()));
    // Rows that were right were not written again.
    assert_eq!(world.rows("fx_daily").await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_asked_as_it_is_named() {
    let bank = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/rates.xml?key=secret", bank.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut caller, _) = bank.accept().unwrap();
        let mut request = [0; 1024];
        let bytes = caller.read(&mut request).unwrap();
        let body = "<a><b time='2026-03-06'><c currency='USD' rate='1.0834'/></b></a>";
        write!(
            caller,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        String::from_utf8_lossy(&request[..bytes]).into_owned()
    });
    let mut world = world(&address).await;
    world.config.rates.refresh_seconds = 3_600;
    let loading = world.load();
    let filled = [
        ("2026-03-06", "1.0834"),
        ("2026-03-07", "1.0834"),
        ("2026-03-08", "1.0834"),
    ];
    world.expect(DOLLARS, &days(&filled)).await;
    assert!(
        asked
            .join()
            .unwrap()
            .starts_with("GET /rates.xml?key=secret HTTP/1.1")
    );
    loading.stop().await;
}
