//! `GET /deliveries`: the newest deliveries of all stand-ins, for people; it keeps itself up to date.
//!
//! Everything that was sent is escaped, and the page may load nothing but its own style and script.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::told::Asked;
use super::{Counts, Deliveries, Delivery, Destination};
use crate::world::{World, locked};

const POLICY: &str = "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deliveries to the stand-ins</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 9l4 4 8-10' fill='none' stroke='%23116329' stroke-width='3'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/deliveries.css">
<noscript><meta http-equiv="refresh" content="3"></noscript>
<script src="/deliveries.js" defer></script>
</head>
<body>
<h1>Deliveries</h1>
<p>What the stand-ins of the destinations were sent, the newest first. Nothing here left this machine.</p>
"#;

pub(super) fn router() -> Router<Arc<World>> {
    let file = |kind, text| get(move || async move { ([(CONTENT_TYPE, kind)], text) });
    Router::new()
        .route("/deliveries", get(page))
        .route("/deliveries.css", file("text/css; charset=utf-8", STYLE))
        .route("/deliveries.js", file("text/javascript; charset=utf-8", SCRIPT))
}

async fn page(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> impl IntoResponse {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, Html(written(&locked(&world.deliveries), &asked)))
}

fn written(deliveries: &Deliveries, asked: &Asked) -> String {
    let rows = deliveries.newest(asked.destination, asked.most());
    let last = rows.first().map_or(0, |delivery| delivery.number);
    let mut page = format!("{HEAD}<main data-last=\"{last}\">\n<nav aria-label=\"Destinations\">\n");
    let counts = Destination::ALL.map(|destination| deliveries.counts(destination));
    let all = counts.into_iter().fold(Counts::default(), Counts::plus);
    tile(&mut page, "/deliveries", "All", all, asked.destination.is_none());
    for (destination, counts) in Destination::ALL.into_iter().zip(counts) {
        let href = format!("/deliveries?destination={}", destination.name());
        tile(
            &mut page,
            &href,
            destination.title(),
            counts,
            asked.destination == Some(destination),
        );
    }
    page.push_str(
        "</nav>\n<table>\n<thead><tr><th>Time (UTC)</th><th>Destination</th><th>Event</th><th>Identity</th>\
         <th class=\"worth\">Value</th><th>Outcome</th></tr></thead>\n<tbody>\n",
    );
    for delivery in rows {
        row(&mut page, delivery);
    }
    page.push_str("</tbody>\n</table>\n</main>\n</body>\n</html>\n");
    page
}

fn tile(page: &mut String, href: &str, title: &str, counts: Counts, is_current: bool) {
    let current = if is_current { " aria-current=\"page\"" } else { "" };
    let told = [
        (counts.accepted, "accepted"),
        (counts.duplicates, "known"),
        (counts.refused, "refused"),
    ];
    let told: Vec<String> = told
        .iter()
        .filter(|(count, word)| *count > 0 || *word == "accepted")
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let told = told.join(" · ");
    push(
        page,
        format_args!("<a href=\"{href}\"{current}><strong>{title}</strong><span>{told}</span></a>\n"),
    );
}

fn row(page: &mut String, delivery: &Delivery) {
    let text = |text: &Option<String>| escaped(text.as_deref().unwrap_or_default());
    let small = |text: &Option<String>| {
        text.as_deref()
            .map_or_else(String::new, |text| format!("<small>{}</small>", escaped(text)))
    };
    let time = delivery.received_at.get(11..23).unwrap_or_default();
    let outcome = delivery.outcome.name();
    push(
        page,
        format_args!(
            "<tr data-number=\"{}\"><td class=\"time\"><time datetime=\"{}\">{time}</time></td><td>{}</td>\
             <td>{}{}</td><td class=\"id\">{}</td><td class=\"worth\">{} {}</td>\
             <td class=\"outcome {outcome}\"><b>{outcome}</b> {}{}</td></tr>\n",
            delivery.number,
            delivery.received_at,
            delivery.destination.title(),
            text(&delivery.event_name),
            small(&delivery.mode),
            text(&delivery.event_id),
            text(&delivery.value),
            text(&delivery.currency),
            delivery.status,
            small(&delivery.why),
        ),
    );
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = page.write_fmt(text);
}

/// Safe between tags and in a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Item, Verdict};
    use super::*;

    #[test]
    fn nothing_that_was_sent_becomes_markup() {
        let evil = "<script>'\"&".to_owned();
        let item = Item {
            name: Some(evil.clone()),
            id: Some(evil.clone()),
            value: Some(evil.clone()),
            currency: Some(evil.clone()),
            sent: Value::Null,
        };
        let mut deliveries = Deliveries::default();
        let verdict = Verdict::refused(400, evil.clone()).in_mode(Some(evil.clone()));
        deliveries.note(Destination::Ga4, item, verdict);
        let page = written(&deliveries, &Asked::default());
        assert!(!page.contains(&evil));
        assert_eq!(page.matches("&lt;script&gt;&#39;&quot;&amp;").count(), 6);
        assert!(page.contains("1 refused"));
    }
}
