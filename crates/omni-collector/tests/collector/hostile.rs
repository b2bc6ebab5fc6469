//! Senders that do harm, by malice or by accident: the right status each, and the collector lives on.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PATH, Running, head, read, start_without_kafka, status};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn still_answers(omni: &Running) {
    assert_eq!(
        omni.post(PATH, "{}").await.status(),
        503,
        "without Kafka every whole request is 503"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_body_is_400() {
    let omni = start_without_kafka(|_| {}).await;
    let half = format!("{}{{\"v\":1,", head("content-length: 100\r\n"));
    assert_eq!(status(&omni.raw(half.as_bytes()).await), "400");
    let chunked = format!("{}5\r\n{{\"v\":\r\n", head("transfer-encoding: chunked\r\n"));
    assert_eq!(status(&omni.raw(chunked.as_bytes()).await), "400");
    still_answers(&omni).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_408() {
    let omni = start_without_kafka(|config| config.collector.body_ms_max = 100).await;
    let mut stream = TcpStream::connect(omni.address).await.unwrap();
    stream
        .write_all(head("content-length: 100\r\n").as_bytes())
        .await
        .unwrap();
    stream.write_all(b"{").await.unwrap();
    assert_eq!(status(&read(&mut stream).await), "408");
    still_answers(&omni).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_arrive_ends_the_connection() {
    let omni = start_without_kafka(|config| config.collector.head_ms_max = 100).await;
    let mut stream = TcpStream::connect(omni.address).await.unwrap();
    stream.write_all(b"POST /webhooks").await.unwrap();
    assert_eq!(read(&mut stream).await, "");
    still_answers(&omni).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_in_use_outlives_the_time_for_its_first_head() {
    let first_head = Duration::from_millis(100);
    let omni = start_without_kafka(|config| config.collector.head_ms_max = 100).await;
    let mut stream = TcpStream::connect(omni.address).await.unwrap();
    let (begun, mut asked, mut answers) = (Instant::now(), 0, Vec::new());
    while begun.elapsed() < first_head * 5 {
        let request = format!("{}{{}}", head("content-length: 2\r\n"));
        stream.write_all(request.as_bytes()).await.unwrap();
        asked += 1;
        while String::from_utf8_lossy(&answers).matches("HTTP/1.1 503").count() < asked {
            let more = stream.read_buf(&mut answers).await.unwrap();
            assert!(more > 0, "closed after {asked} requests, {:?}", begun.elapsed());
        }
    }
    assert!(asked > 1, "one request alone proves nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_after_its_time() {
    let omni = start_without_kafka(|config| config.collector.idle_ms_max = 100).await;
    let mut stream = TcpStream::connect(omni.address).await.unwrap();
    stream
        .write_all(head("content-length: 2\r\n").as_bytes())
        .await
        .unwrap();
    stream.write_all(b"{}").await.unwrap();
    assert_eq!(status(&read(&mut stream).await), "503");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_413_however_it_is_sent() {
    let omni = start_without_kafka(|_| {}).await;
    let body = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(omni.post(PATH, body.clone()).await.status(), 413);

    let mut chunked = head("transfer-encoding: chunked\r\n").into_bytes();
    for chunk in body.chunks(100_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunked.extend_from_slice(chunk);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(status(&omni.raw(&chunked).await), "413");
    assert_eq!(
        omni.post(PATH, body[1..].to_vec()).await.status(),
        503,
        "one byte less is read whole"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_still_sends_gets_the_answer_and_no_reset() {
    let omni = start_without_kafka(|_| {}).await;
    let mut request =
        format!("POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000\r\n\r\n").into_bytes();
    request.resize(request.len() + 4_000_000, b' ');
    assert_eq!(status(&omni.raw(&request).await), "401");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compression_bomb_is_413_and_broken_gzip_400() {
    let omni = start_without_kafka(|_| {}).await;
    let bomb = gzip(&vec![b' '; 200 * 1024 * 1024]);
    let post = |body: Vec<u8>| {
        let mut request = head(&format!(
            "content-encoding: gzip\r\ncontent-length: {}\r\n",
            body.len()
        ))
        .into_bytes();
        request.extend(body);
        request
    };
    assert_eq!(status(&omni.raw(&post(bomb)).await), "413");
    assert_eq!(status(&omni.raw(&post(b"{}".to_vec())).await), "400");
    still_answers(&omni).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_answered_400_and_a_huge_head_431() {
    let omni = start_without_kafka(|_| {}).await;
    assert_eq!(
        status(&omni.raw(b"\x16\x03\x01\x00\xff\x00\x00\r\n\r\n").await),
        "400"
    );
    let flood = format!("POST {PATH} HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(128 * 1024));
    assert_eq!(status(&omni.raw(flood.as_bytes()).await), "431");
    let many = "x: y\r\n".repeat(500);
    assert_eq!(status(&omni.raw(head(&many).as_bytes()).await), "431");
    still_answers(&omni).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_each() {
    let omni = start_without_kafka(|_| {}).await;
    let one = format!("{}{{}}", head("content-length: 2\r\n"));
    let answers = omni.raw(format!("{one}{one}{one}").as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 503").count(), 3, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_waits_for_another_to_end() {
    let omni = start_without_kafka(|config| config.collector.connections_max = 1).await;
    let first = TcpStream::connect(omni.address).await.unwrap();
    let request = format!("{}{{}}", head("content-length: 2\r\nconnection: close\r\n"));
    let mut second = TcpStream::connect(omni.address).await.unwrap();
    second.write_all(request.as_bytes()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), second.readable()).await;
    assert!(early.is_err(), "answered while the only place was taken");
    drop(first);
    assert_eq!(status(&read(&mut second).await), "503");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_take_no_more_memory_than_is_theirs() {
    let omni = start_without_kafka(|config| {
        config.collector.body_bytes_max = 10_000;
        config.collector.memory_bytes_max = 20_000;
        config.collector.body_ms_max = 60_000;
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(omni.address).await.unwrap();
        stream
            .write_all(head("content-length: 10000\r\n").as_bytes())
            .await
            .unwrap();
        stream.write_all(&[b' '; 9_999]).await.unwrap();
        slow.push(stream);
    }
    crate::support::until("the memory is taken", async || {
        omni.post(PATH, vec![b' '; 100])
            .await
            .text()
            .await
            .unwrap()
            .contains("\"full\"")
    })
    .await;
    drop(slow);
    crate::support::until("the memory is given back", async || {
        omni.post(PATH, vec![b' '; 100])
            .await
            .text()
            .await
            .unwrap()
            .contains("\"not_taken\"")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_closes_idle_connections_at_once() {
    let mut omni = start_without_kafka(|_| {}).await;
    let mut idle = TcpStream::connect(omni.address).await.unwrap();
    idle.write_all(format!("{}{{}}", head("content-length: 2\r\n")).as_bytes())
        .await
        .unwrap();
    idle.readable().await.unwrap();
    let begun = Instant::now();
    omni.request_stop();
    assert_eq!(status(&read(&mut idle).await), "503");
    omni.stopped().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
