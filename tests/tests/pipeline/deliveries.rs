//! What a destination got and answered, from the webhook to the table and the command.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::company::Company;
use super::dev::dev;
use super::own::{activation, collector, deal_that_is, omni, own_source, post, settings, unread};

const COMPANY: u64 = Company::Delivered.id();
const REFUSED: &str = "no lost deals here";

/// Takes one request a connection: a body that says `lost` is refused with words.
async fn answer(mut connection: TcpStream) {
    let mut received = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let read = connection.read(&mut part).await.expect("a request");
        received.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&received);
        let is_head = text.starts_with("HEAD");
        let whole = text
            .split_once("\r\n\r\n")
            .filter(|(_, body)| is_head || body.ends_with('}'));
        let Some((_, body)) = whole else {
            continue;
        };
        let (status, said) = if body.contains("lost") {
            ("422 Unprocessable Content", format!("{REFUSED}: {body}"))
        } else {
            ("200 OK", String::new())
        };
        let length = said.len();
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}");
        connection.write_all(answer.as_bytes()).await.expect("it is read");
        return;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_destination_did_not_take_is_listed_with_its_words_and_no_persons() {
    let (dev, client) = (dev(), reqwest::Client::new());
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection));
        }
    });
    let destination = format!(
        "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.choosy]\nurl = 'http://{at}/'\n\
         allow_private_addresses = true\nfilter = 'event_company_id == {COMPANY}'\n[destination.choosy.map]\n\
         fields = {{ status = 'deal_status', title = 'deal_title' }}"
    );
    let settings = settings(dev, &own_source("choosy", &destination), &folder);
    let (url, _collecting) = collector(&settings).await;
    let _delivering = activation(&settings).await;
    for (id, status) in [(1, "open"), (2, "lost"), (3, "won")] {
        post(&client, &url, "choosy", deal_that_is(COMPANY, id, status)).await;
    }
    let told = format!("SELECT count() FROM deliveries WHERE event_company_id = {COMPANY}");
    dev.wait_for_count(&client, &told, 3).await;
    let of_lost = format!("{told} AND outcome = 'gave_up' AND reason = 'refused'");
    assert_eq!(dev.count(&client, &of_lost).await, 1);

    let (status, said) = omni(&settings, &["deliveries", "summary", "--destination", "choosy"]).await;
    assert_eq!(status, Some(0), "{said}");
    let line = said
        .lines()
        .find(|line| line.starts_with("choosy"))
        .expect("its line");
    let counts: Vec<&str> = line.split_whitespace().skip(1).take(4).collect();
    assert_eq!(counts, ["2", "1", "0", "0"], "{said}");

    let words = [
        "deliveries",
        "list",
        "--destination",
        "choosy",
        "--outcome",
        "gave_up",
    ];
    let (status, said) = omni(&settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("gave_up: refused (422)") && said.contains(REFUSED),
        "{said}"
    );
    assert!(
        said.contains("\"status\":\"lost\"") && !said.contains("Counted"),
        "{said}"
    );
    for words in [
        ["deliveries", "list"],
        ["deliveries", "summary"],
        ["destination", "list"],
        ["topics", "list"],
    ] {
        assert_eq!(
            unread(&settings, &words).await,
            (Some(0), String::new()),
            "{words:?}"
        );
    }
    let words = ["destination", "preview", "choosy", "--last", "2000", "--sent"];
    let (status, said) = omni(&settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    let lost = r#"{"status":"lost","title":"Counted 2"}"#;
    assert!(said.contains(lost) && said.contains("3 would be sent"), "{said}");
    let (status, said) = omni(&settings, &["destination", "check", "choosy"]).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("requests are not signed") && said.contains("answers (200)"),
        "{said}"
    );
    let (status, said) = omni(&settings, &["destination", "send-test", "choosy"]).await;
    assert!(status == Some(0) && said.contains("delivered (200"), "{said}");
    let (status, said) = omni(&settings, &["destination", "send-test", "choosy", "--example"]).await;
    assert!(
        status == Some(0) && said.contains("content-type: application/json"),
        "{said}"
    );
    let (status, said) = omni(&settings, &["destination", "list"]).await;
    let line = said
        .lines()
        .find(|line| line.starts_with("choosy"))
        .expect("its line");
    assert!(
        status == Some(0) && line.contains(" on ") && line.contains("http://127.0.0.1"),
        "{said}"
    );
    let (status, said) = omni(&settings, &["destination", "preview", "nobody"]).await;
    assert!(status == Some(1) && said.contains("there are choosy"), "{said}");
    let (_, said) = omni(&settings, &["deliveries", "list", "--destination", "nobody"]).await;
    assert!(said.starts_with("no such attempt since"), "{said}");
}
