//! What a token opens, on every address there is, and what it does not.
use omni_reporting::access::keys::Ring;
use omni_reporting::access::{Asks, since_1970, token};
use omni_reporting::{ROUTES, Route};
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::opened::{BOARD, HOST, Opened, claims, embed_key, lock};

const MARCH: &str = "period=custom&from=2026-03-01&to=2026-03-31&tz=Europe/Berlin";

/// Requests to an address of the table: one for each form that it has.
fn requests(route: &Route) -> Vec<String> {
    let path = route
        .path
        .replace("{id}", "pipedrive-deals")
        .replace("{template}", "pipedrive-deals")
        .replace("{variable}", "source")
        .replace("{panel}", "won_value")
        .replace("{list}", "closed_deals");
    let mut paths = vec![path.clone()];
    if route.path.ends_with("{panel}") || route.path.ends_with("{list}") {
        paths.push(format!("{path}.csv"));
    }
    assert!(
        paths.iter().all(|path| !path.contains('{')),
        "say what stands for a part of {}",
        route.path
    );
    paths
}

#[tokio::test]
async fn no_address_opens_to_a_token_that_is_not_right() {
    let opened = Opened::new().await;
    let now = since_1970().as_secs();
    let mut other = Ring::default();
    let other_key = other.add_embed(embed_key()).unwrap();
    let good = opened.token(|_| {});
    let [head, _, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let wider = opened.token(|claims| claims.company = 4004);
    let body_of_wider = wider.split('.').nth(1).unwrap();
    let wrong = [
        (
            "expired",
            opened.token(|claims| (claims.iat, claims.exp) = (now - 900, now - 1)),
        ),
        (
            "another key",
            token::sign(&claims(), &other_key, &other.embed[&other_key]).unwrap(),
        ),
        (
            "the name of a key and the secret of another",
            token::sign(&claims(), &opened.key, &other.embed[&other_key]).unwrap(),
        ),
        ("tampered", format!("{head}.{body_of_wider}.{signature}")),
        ("without a signature", format!("{head}.{body_of_wider}.")),
        (
            "another board",
            opened.token(|claims| claims.template = "pipedrive-leads".to_owned()),
        ),
        (
            "a company that its key does not open",
            opened.token(|claims| claims.company = 2002),
        ),
        (
            "a lock that is none",
            opened.token(|claims| claims.lock = lock(&json!({"owners": [7]}))),
        ),
        (
            "locked to nothing",
            opened.token(|claims| claims.lock = lock(&json!({"owner": []}))),
        ),
        (
            "longer than may be",
            opened.token(|claims| claims.exp = now + 3_600),
        ),
        ("no token", String::new()),
        ("an API key that is none", "omni_0011_2233".to_owned()),
        ("an API key that makes tokens", opened.api_key.clone()),
    ];
    for route in ROUTES {
        for path in requests(route) {
            for (what, token) in &wrong {
                let (status, body) = opened.ask(route.method, &path, token).await;
                match route.asks {
                    // Empty until a token opens something.
                    Asks::EmbedPage | Asks::File => assert!(!body.contains("won_value"), "{what} on {path}"),
                    Asks::MakeToken if what.ends_with("makes tokens") => assert_eq!(status, 400, "{body}"),
                    // A list of boards shows none of what it may not.
                    _ if status == 200 => assert_eq!(body, r#"{"boards":[]}"#, "{what} on {path}"),
                    _ => assert!([401, 403].contains(&status), "{what} on {path}: {status} {body}"),
                }
            }
            let (status, body) = opened.ask(route.method, &path, &good).await;
            let is_closed = matches!(route.asks, Asks::MakeToken | Asks::Page);
            // It is let in, and what it says is then looked at.
            let is_empty = path.ends_with("/on-screen");
            let expected = if is_closed {
                403
            } else if is_empty {
                400
            } else {
                200
            };
            assert_eq!(status, expected, "{path}: {body}");
        }
    }
    opened.served.stop().await;
}

#[tokio::test]
async fn what_a_token_locks_holds_on_every_address() {
    let opened = Opened::new().await;
    let narrow = opened.token(|claims| claims.lock = lock(&json!({"owner": [7], "currency": "EUR"})));
    for (query, status) in [
        (MARCH, 200),
        ("owner=7", 200),
        ("owner=8", 403),
        ("owner=7,8", 403),
        ("currency=USD", 200),
        ("company=1001", 200),
        ("company=4004", 403),
        ("company=2002", 403),
    ] {
        for (path, got) in opened.on_each_data_route(query, &narrow).await {
            assert_eq!(got, status, "{path}?{query}");
        }
    }
    // The same numbers as somebody sees who chose that owner, whatever else is asked.
    let (_, chosen) = opened
        .served
        .get(&format!(
            "{BOARD}/panels/won_by_source?company=1001&owner=7&{MARCH}"
        ))
        .await;
    let (_, all) = opened
        .served
        .get(&format!("{BOARD}/panels/won_by_source?company=1001&{MARCH}"))
        .await;
    let chosen: Value = serde_json::from_str(&chosen).unwrap();
    let all: Value = serde_json::from_str(&all).unwrap();
    let held = opened
        .read(&format!("/panels/won_by_source?{MARCH}&owner="), &narrow)
        .await;
    assert_eq!(held["rows"], chosen["rows"]);
    assert_ne!(held["rows"], all["rows"]);
    let options = opened.read("/options/source", &narrow).await;
    let (_, whole) = opened
        .served
        .get(&format!("{BOARD}/options/source?company=1001"))
        .await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let count = |list: &Value| -> u64 {
        let items = list["options"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["count"].as_str().unwrap().parse::<u64>().unwrap())
            .sum()
    };
    assert!(count(&options) < count(&whole));
    // A list of several stays a choice among them.
    let several = opened.token(|claims| claims.lock = lock(&json!({"owner": [7, 8]})));
    let owners = opened.read("/options/owner", &several).await;
    for owner in owners["options"].as_array().unwrap() {
        assert!(["7", "8"].contains(&owner["value"].as_str().unwrap()), "{owners}");
    }
    opened.served.stop().await;
}

#[tokio::test]
async fn a_token_shows_the_choices_and_panels_it_names_and_no_others() {
    let opened = Opened::new().await;
    let usual = opened.token(|claims| claims.allow = None);
    let manifest = opened.read("", &usual).await;
    let names: Vec<_> = manifest["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["period", "compare"]);
    assert_eq!(manifest["variables"][0]["locked"], false);
    // What is held stands on the page in words, and cannot be chosen there.
    let held = opened.token(|claims| claims.lock = lock(&json!({"period": "7d", "currency": "USD"})));
    let held = opened.read("", &held).await;
    let period = &held["variables"][0];
    assert_eq!(
        (&period["default"], &period["locked"]),
        (&json!("7d"), &json!(true))
    );
    assert_eq!(held["currency"], "USD");
    assert_eq!(manifest["companies"], json!([{"id": "1001"}]));
    assert!(
        manifest["panels"]
            .as_array()
            .unwrap()
            .iter()
            .all(|panel| panel["filter_on_click"].is_null())
    );
    for path in ["/options/source", "/panels/won_value?source=google"] {
        let (status, body) = opened.ask("GET", &format!("{BOARD}{path}"), &usual).await;
        assert_eq!(status, 403, "{path}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"]["parameter"], "source", "{body}");
    }
    // One owner: a board that ranks owners has nothing to say.
    let one = opened.token(|claims| claims.lock = lock(&json!({"owner": [7]})));
    let manifest = opened.read("", &one).await;
    assert!(!manifest.to_string().contains("\"leaderboard\""), "{manifest}");
    assert_eq!(
        opened
            .ask("GET", &format!("{BOARD}/panels/leaderboard"), &one)
            .await
            .0,
        403
    );
    let part = opened.token(|claims| {
        claims.panels = vec!["won_value".to_owned()];
        claims.sections = vec!["team".to_owned()];
    });
    let manifest = opened.read("", &part).await;
    let ids: Vec<_> = manifest["panels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["won_value", "leaderboard"]);
    for path in ["/panels/win_rate", "/panels/win_rate.csv"] {
        assert_eq!(
            opened.ask("GET", &format!("{BOARD}{path}"), &part).await.0,
            403,
            "{path}"
        );
    }
    let mut listener = Listener::open_by(&opened.served, &part).await;
    assert_eq!(
        listener.next().await.unwrap().data["panels"],
        json!(["won_value", "leaderboard"])
    );
    listener.panel("won_value").await;
    drop(listener);
    opened.served.stop().await;
}

/// What passes over a filter tells of everything, also of what a lock keeps away; how old the newest event is tells nothing.
#[tokio::test]
async fn what_a_lock_does_not_narrow_is_not_shown() {
    let opened = Opened::new().await;
    let one = opened.token(|claims| claims.lock = lock(&json!({"owner": [7, 8]})));
    let manifest = opened.read("", &one).await.to_string();
    for (panel, is_shown) in [
        ("won_value", true),
        ("freshness", true),
        ("contacts_by_deals", false),
    ] {
        assert_eq!(
            manifest.contains(&format!("\"id\":\"{panel}\"")),
            is_shown,
            "{panel}"
        );
        let path = format!("{BOARD}/panels/{panel}");
        let status = opened.ask("GET", &path, &one).await.0;
        assert_eq!(status, if is_shown { 200 } else { 403 }, "{panel}");
    }
    for (list, status) in [
        ("closed_deals", 200),
        ("counted_contacts", 403),
        ("received_events", 403),
    ] {
        for ending in ["", ".csv"] {
            let path = format!("{BOARD}/lists/{list}{ending}");
            assert_eq!(opened.ask("GET", &path, &one).await.0, status, "{path}");
        }
    }
    let whole = opened.token(|_| {});
    for path in ["/panels/contacts_by_deals", "/lists/counted_contacts"] {
        assert_eq!(
            opened.ask("GET", &format!("{BOARD}{path}"), &whole).await.0,
            200,
            "{path}"
        );
    }
    opened.served.stop().await;
}

#[tokio::test]
async fn who_persons_are_is_shown_by_a_token_that_says_so() {
    let opened = Opened::new().await;
    let query = "period=custom&from=2026-01-01&to=2026-03-31";
    for (pii, name) in [(false, "#901"), (true, "Kari Nordmann")] {
        let token = opened.token(|claims| (claims.company, claims.pii) = (4004, pii));
        let shown = opened
            .read(&format!("/panels/top_contacts?{query}"), &token)
            .await;
        assert_eq!(shown["rows"].to_string().contains("Kari"), pii);
        assert_eq!(shown["rows"][0][2], name);
        let (_, csv) = opened
            .ask("GET", &format!("{BOARD}/panels/top_contacts.csv?{query}"), &token)
            .await;
        assert_eq!(csv.contains("Kari"), pii, "{csv}");
        let mut listener = Listener::open_by(&opened.served, &token).await;
        let pushed = listener.panel("live_activity").await;
        let titles = pushed.data["columns"]
            .as_array()
            .unwrap()
            .iter()
            .position(|column| column["name"] == "title")
            .unwrap();
        let rows = pushed.data["rows"].as_array().unwrap();
        assert!(!rows.is_empty());
        assert_eq!(rows.iter().any(|row| row[titles] != ""), pii, "{rows:?}");
    }
    opened.served.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_a_revoked_key_opens_nothing() {
    let opened = Opened::new().await;
    let short = opened.token(|claims| claims.exp = claims.iat + 2);
    let mut listener = Listener::open_by(&opened.served, &short).await;
    listener.next_named("ended").await;
    assert!(listener.next().await.is_none(), "nothing comes after it");
    assert_eq!(opened.ask("GET", BOARD, &short).await.0, 401);
    let good = opened.token(|_| {});
    assert_eq!(opened.ask("GET", BOARD, &good).await.0, 200);
    Ring::default().write(&opened.keys).unwrap();
    opened
        .served
        .until("the key is gone", async || {
            opened.ask("GET", BOARD, &good).await.0 == 401
        })
        .await;
    opened.served.stop().await;
}

#[tokio::test]
async fn a_backend_makes_tokens_by_its_api_key() {
    let opened = Opened::new().await;
    let wish = async |wanted: Value| {
        let request = reqwest::Client::new().post(opened.served.url("/api/v1/embed/tokens"));
        let answer = request
            .bearer_auth(&opened.api_key)
            .json(&wanted)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, made) = wish(json!({
        "template": "pipedrive-deals", "company": 1001, "lock": {"owner": [7]}, "allow": ["source"], "ttl_seconds": 60,
    }))
    .await;
    assert_eq!(status, 200, "{made}");
    let token = made["token"].as_str().unwrap();
    assert_eq!(
        made["path"],
        format!("/e/pipedrive-deals?k={}#t={token}", opened.key)
    );
    assert_eq!(opened.read("/panels/won_value", token).await["state"], "ok");
    assert_eq!(
        opened
            .ask("GET", &format!("{BOARD}/panels/won_value?owner=8"), token)
            .await
            .0,
        403
    );
    for (wanted, field) in [
        (json!({"template": "other", "company": 1001}), "template"),
        (json!({"template": "pipedrive-deals"}), "company"),
        (json!({"template": "pipedrive-deals", "company": 4004}), "company"),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "pii": true}),
            "pii",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "ttl_seconds": 901}),
            "ttl_seconds",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "lock": {"owners": [7]}}),
            "lock",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "lock": {"owner": []}}),
            "lock",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "allow": ["owners"]}),
            "allow",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "panels": ["nothing"]}),
            "panels",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "sections": ["nothing"]}),
            "sections",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "origins": ["https://evil.example.com"]}),
            "key",
        ),
        (
            json!({"template": "pipedrive-deals", "company": 1001, "locks": {}}),
            "body",
        ),
    ] {
        let (status, body) = wish(wanted).await;
        assert_eq!(
            (status, body["error"]["parameter"].as_str()),
            (400, Some(field)),
            "{body}"
        );
    }
    opened.served.stop().await;
}

#[tokio::test]
async fn the_origins_of_the_named_key_may_frame_the_page_and_nobody_else() {
    let opened = Opened::new().await;
    let key = &opened.key;
    for (address, ancestors) in [
        (format!("/e/pipedrive-deals?k={key}"), HOST),
        ("/e/pipedrive-deals".to_owned(), "https://intranet.example.com"),
        ("/e/pipedrive-deals?k=unknown".to_owned(), "'self'"),
        ("/".to_owned(), "'self'"),
    ] {
        let request = reqwest::Client::new().get(opened.served.url(&address));
        // What the request says of where it comes from plays no part.
        let answer = request
            .header("referer", "https://evil.example.com/")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{address}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.ends_with(&format!("; frame-ancestors {ancestors}")),
            "{address}: {policy}"
        );
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"));
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    assert_eq!(opened.served.get("/e/nothing").await.0, 404);
    opened.served.stop().await;
}
